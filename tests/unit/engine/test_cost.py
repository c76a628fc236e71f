"""A step costs what it changes, whatever the size of the workflow (DESIGN §3; P1, P6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.commands import Command, ExtendLease, HandOut, PushMessage, UpdateTask
from engine.model import Task
from engine.rows import Rows
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import World

SMALL, LARGE = 10, 10_000


def wide(width: int) -> World:
    """That many open tasks between a fork and its join, one task more behind each, and one that waits for a message."""
    branches = [[simple(f"t{number}"), simple(f"u{number}")] for number in range(width)]
    return started(
        fork("f", *branches, [task("PULL_WORKFLOW_MESSAGES", "p")]),
        join("j", *(f"u{number}" for number in range(width))),
        simple("last"),
    )


class Count:
    """Counts how often rows are looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks = 0
        get, put, every = Rows.get, Rows.put, Rows.__iter__

        def counted_get(rows: Rows, task_id: str) -> Task | None:
            self.looks += 1
            return get(rows, task_id)

        def counted_put(rows: Rows, task: Task) -> None:
            self.looks += 1
            put(rows, task)

        def counted_iter(rows: Rows) -> object:
            self.looks += len(rows)
            return every(rows)

        monkeypatch.setattr(Rows, "get", counted_get)
        monkeypatch.setattr(Rows, "put", counted_put)
        monkeypatch.setattr(Rows, "__iter__", counted_iter)


COMMANDS: list[tuple[str, Callable[[World, str], Command], int]] = [
    ("a poll", lambda _, task_id: HandOut(task_id, "me"), 1),
    ("a lease", lambda _, task_id: ExtendLease(task_id), 1),
    ("a report", lambda world, task_id: UpdateTask(world.result(task_id)), 2),
    ("a message", lambda *_: PushMessage("m", {}, limit=1), 1),
    ("a task handed back", lambda world, task_id: UpdateTask(world.result(task_id, "IN_PROGRESS")), 1),
]


@pytest.mark.parametrize(("command", "changes"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
def test_a_step_among_ten_thousand_open_tasks_looks_at_as_many_rows_as_among_ten(
    monkeypatch: pytest.MonkeyPatch, command: Callable[[World, str], Command], changes: int
) -> None:
    worlds = [wide(SMALL), wide(LARGE)]
    count, costs = Count(monkeypatch), []
    for world in worlds:
        made = command(world, world.open("t5").task_id)
        count.looks = 0
        commit = world.decide(made).commit
        costs.append(count.looks)
        assert commit is not None
        assert len(commit.tasks) == changes
    assert costs[0] == costs[1] <= 60


def test_the_last_branch_alone_pays_for_the_join(monkeypatch: pytest.MonkeyPatch) -> None:
    world = wide(500)
    for number in range(500):
        world.answer(f"t{number}")
    count, costs = Count(monkeypatch), []
    for number in range(500):
        made = UpdateTask(world.result(world.open(f"u{number}").task_id))
        count.looks = 0
        world.do(made)
        costs.append(count.looks)
    assert max(costs[:-1]) <= 60
    assert costs[-1] > 500
    assert world.newest("last").status == "SCHEDULED"
