"""Searches in a file: each usual one has its index, totals are counted in one, and older files get both."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest

from engine.ports import Commit
from engine.search_parser import parse_task_search
from engine.status import TaskStatus
from storage.sqlite import commits, schema
from storage.sqlite.rows import rows_of
from storage.sqlite.tallies import Place
from storage.sqlite.task_search import task_counts, tasks_of, tasks_statement
from tests.contract.executions import NOW, creation, task
from tests.unit.storage.plans import plan

FIRST = "insert into task(workflow_id, seq, task_id, status, deadline, entry, doc) values(?,?,?,?,?,?,?)"


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "INDEX task_start"),
        ("taskType=pay", "INDEX task_type (task_type=?)"),
        ("taskType=pay AND startTime>5", "INDEX task_type (task_type=? AND start_time>?)"),
        ("taskType=pay AND status=FAILED", "INDEX task_outcome (status=? AND task_type=?)"),
        ("taskType IN (pay, ship) AND status=FAILED", "INDEX task_outcome (status=? AND task_type=?)"),
        ("status=FAILED", "INDEX task_failed (status=?)"),
        ("status IN (FAILED, TIMED_OUT)", "INDEX task_failed (status=?)"),
        ("workflowType=flow", "INDEX task_flow (workflow_type=?)"),
        ("workflowType IN (flow, other)", "INDEX task_flow (workflow_type=?)"),
        ("taskDefName=pay", "INDEX task_name (task_def_name=?)"),
        ("taskDefName IN (pay, ship)", "INDEX task_name (task_def_name=?)"),
        ("startTime>5 AND startTime<9", "INDEX task_start (start_time>? AND start_time<?)"),
        ("workflowId=w", "PRIMARY KEY (workflow_id=?)"),
        ("taskId=t", "INDEX task_id (task_id=?)"),
    ],
)
def test_tasks_are_found_by_an_index(db: sqlite3.Connection, query: str, index: str) -> None:
    schema.migrate(db)
    wanted = parse_task_search(query, size=10)
    statement, values = tasks_statement(wanted)
    found = plan(db, (statement, [*values, 10, 0]))
    assert index in found
    assert "SCAN task\n" not in found + "\n"
    # Only the few tasks that are open are sorted, or all those of one execution.
    assert found.count("USE TEMP B-TREE FOR ORDER BY") == (0 if query == "taskId=t" else 1)
    for counted in task_counts(wanted):
        assert "SCAN task\n" not in plan(db, counted) + "\n"


@pytest.mark.parametrize(
    "query",
    ["", "taskType=pay", "status IN (FAILED, COMPLETED)", "taskType=pay AND status=FAILED", "workflowType=flow"],
)
def test_types_and_statuses_are_counted_already(db: sqlite3.Connection, query: str) -> None:
    schema.migrate(db)
    tallied, still_open = task_counts(parse_task_search(query))
    assert "task_tally" in plan(db, tallied)
    assert "task_open" in plan(db, still_open)


def test_a_range_of_a_type_is_counted_in_its_index(db: sqlite3.Connection) -> None:
    schema.migrate(db)
    *_, ended = task_counts(parse_task_search("taskType=pay AND startTime>5"))
    assert "COVERING INDEX task_type" in plan(db, ended)


def test_a_file_of_the_first_version_is_searched_like_any(db: sqlite3.Connection) -> None:
    for statement in schema.MIGRATIONS[0]:
        db.execute(statement)
    db.execute("pragma user_version = 1")
    rows = (
        task("t1", seq=1, task_type="pay", status=TaskStatus.FAILED, start_time=NOW, end_time=NOW + 1),
        task("t2", seq=2, task_type="pay", correlation_id="c"),
    )
    for row in rows:
        document = msgspec.json.encode(row)
        db.execute(FIRST, ("w1", row.seq, row.task_id, row.status.value, 0, None, document))
    schema.migrate(db)
    assert tasks_of(db, parse_task_search("status=FAILED")).results == rows[:1]
    assert tasks_of(db, parse_task_search("correlationId=c")).results == rows[1:]
    everything = tasks_of(db, parse_task_search())
    assert (everything.total_hits, everything.results) == (2, rows)


@pytest.mark.parametrize("forgets", [True, False])
def test_the_tally_follows_what_becomes_of_tasks(db: sqlite3.Connection, forgets: bool) -> None:
    schema.migrate(db)
    unended: set[Place] = set()

    def write(*batch: Commit) -> None:
        if forgets:
            unended.clear()
        commits.write(db, [rows_of(commit) for commit in batch], unended)

    def tally() -> dict[tuple[str, str, str], int]:
        rows = db.execute("select workflow_type, task_type, status, n from task_tally where n <> 0")
        return {(flow, kind, status): n for flow, kind, status, n in rows}

    def put(*statuses: TaskStatus, task_type: str = "SIMPLE") -> None:
        """In one batch."""
        rows = [task(status=status, workflow_type="flow", task_type=task_type) for status in statuses]
        write(*(Commit(workflow_id="w1", expected=1, touch=True, tasks=(row,)) for row in rows))

    write(creation(tasks=(task(), task("t2", seq=2, status=TaskStatus.CANCELED))))
    canceled = {("", "SIMPLE", "CANCELED"): 1}
    assert tally() == canceled
    put(TaskStatus.FAILED)
    assert tally() == canceled | {("flow", "SIMPLE", "FAILED"): 1}
    put(TaskStatus.COMPLETED, TaskStatus.COMPLETED)
    assert tally() == canceled | {("flow", "SIMPLE", "COMPLETED"): 1}
    put(TaskStatus.IN_PROGRESS)
    assert tally() == canceled
    put(TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, task_type="pay")
    assert tally() == canceled | {("flow", "pay", "COMPLETED"): 1}
    write(Commit(workflow_id="w1", expected=1, removed=("t1",)))
    assert tally() == canceled
    assert commits.remove(db, "w1") == ["t2"]
    assert tally() == {}
