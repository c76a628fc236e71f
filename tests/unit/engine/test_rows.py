"""The indexes over the tasks of an execution, alone and in layers."""

from __future__ import annotations

from engine.model import Task
from engine.rows import Rows, finished, unsettled
from engine.status import TaskStatus


def row(reference: str, seq: int, status: TaskStatus = TaskStatus.SCHEDULED, **fields: object) -> Task:
    task_type = "JOIN" if "waits_for" in fields else "work"
    return Task(f"id-{seq}", "w", reference, task_type, "work", seq, status, node=reference, **fields)  # type: ignore[arg-type]


def test_the_newest_attempt_counts() -> None:
    rows = Rows([row("t", 1, TaskStatus.FAILED, retried=True), row("t", 2)])
    newest = rows.newest("t")
    assert newest is not None
    assert (newest.seq, len(rows), rows.last_seq, rows.open_count) == (2, 2, 2, 1)
    assert [task.seq for task in rows.unsuccessful()] == [1]


def test_the_order_in_which_rows_arrive_does_not_count() -> None:
    tasks = [row("t", number, TaskStatus.FAILED, retried=True) for number in range(1, 5)]
    assert Rows(reversed(tasks)).newest("t") == Rows(tasks).newest("t") == tasks[-1]
    assert list(Rows(reversed(tasks))) == tasks


def test_a_layer_hides_nothing_and_spoils_nothing() -> None:
    below = Rows([row("a", 1), row("j", 2, TaskStatus.IN_PROGRESS, waits_for=("a", "b"))])
    before = list(below), below.open_count, below.remaining("id-2")
    layer = Rows(under=below)
    layer.put(row("a", 1, TaskStatus.COMPLETED, executed=True))
    layer.put(row("b", 3))
    assert (layer.remaining("id-2"), layer.open_count, layer.last_seq) == (1, 2, 3)
    assert [task.reference_task_name for task in layer.open()] == ["j", "b"]
    assert [task.seq for task in layer.changed()] == [1, 3]
    assert (list(below), below.open_count, below.remaining("id-2")) == before


def test_a_join_counts_each_name_once_and_only_what_is_decided() -> None:
    rows = Rows([row("j", 1, TaskStatus.IN_PROGRESS, waits_for=("a", "a", "b"))])
    assert rows.remaining("id-1") == 2
    rows.put(row("a", 2, TaskStatus.FAILED))
    assert rows.remaining("id-1") == 2
    rows.put(row("a", 2, TaskStatus.FAILED, retried=True))
    rows.put(row("a", 3))
    rows.put(row("a", 3, TaskStatus.COMPLETED, executed=True))
    assert rows.remaining("id-1") == 1
    rows.put(row("b", 4, TaskStatus.SKIPPED))
    assert rows.remaining("id-1") == 0


def test_a_join_counts_up_when_what_it_joins_runs_again() -> None:
    rows = Rows(
        [row("j", 1, TaskStatus.IN_PROGRESS, waits_for=("a",)), row("a", 2, TaskStatus.COMPLETED, executed=True)]
    )
    assert rows.remaining("id-1") == 0
    rows.put(row("a", 2))
    assert rows.remaining("id-1") == 1


def test_the_last_row_is_not_a_skipped_one() -> None:
    rows = Rows([row("a", 1, TaskStatus.COMPLETED), row("b", 2, TaskStatus.SKIPPED)])
    last = rows.last()
    assert last is not None
    assert last.seq == 1
    assert Rows([row("b", 2, TaskStatus.SKIPPED)]).last() is None


def test_finished_and_unsettled() -> None:
    assert not finished(None)
    assert not finished(row("t", 1, TaskStatus.FAILED))
    assert finished(row("t", 1, TaskStatus.SKIPPED))
    assert unsettled(row("t", 1, TaskStatus.FAILED))
    assert not unsettled(row("t", 1, TaskStatus.FAILED, retried=True))
    assert not unsettled(row("t", 1, TaskStatus.SKIPPED))
    assert not unsettled(row("t", 1))
