"""When a server has come to rest, and what its rows give away of races."""

from __future__ import annotations

from typing import Any

import pytest

from tests.differential.tree import broken_join, moves, open_tasks, overcome, plain

Json = Any


def row(reference: str, status: str, kind: str = "SIMPLE", **fields: Json) -> Json:
    facts = {"referenceTaskName": reference, "taskType": kind, "status": status, "retryCount": 0, "inputData": {}}
    return {**facts, "executed": status != "IN_PROGRESS" and status != "SCHEDULED", "retried": False, **fields}


def execution(*tasks: Json, status: str = "RUNNING") -> Json:
    return {"workflowId": "w", "status": status, "tasks": list(tasks)}


JOIN = {"inputData": {"joinOn": ["a"]}}
RESTS = [
    ("a worker's turn", execution(row("a", "SCHEDULED")), False),
    ("a call", execution(row("h", "SCHEDULED", "HTTP"), row("a", "SCHEDULED")), True),
    ("a JOIN that can end", execution(row("a", "COMPLETED"), row("j", "IN_PROGRESS", "JOIN", **JOIN)), True),
    ("a JOIN that waits", execution(row("a", "SCHEDULED"), row("j", "IN_PROGRESS", "JOIN", **JOIN)), False),
    ("nobody's turn", execution(row("a", "COMPLETED")), True),
    ("a row without successors yet", execution(row("a", "COMPLETED", executed=False), row("b", "SCHEDULED")), True),
    ("a child about to start", execution(row("k", "SCHEDULED", "SUB_WORKFLOW")), True),
    ("the end", execution(row("a", "COMPLETED"), status="COMPLETED"), False),
    ("open rows after the end", execution(row("a", "SCHEDULED"), status="FAILED"), True),
    ("a pause", execution(row("a", "COMPLETED", executed=False), status="PAUSED"), False),
]


@pytest.mark.parametrize(("workflow", "moving"), [row[1:] for row in RESTS], ids=[row[0] for row in RESTS])
def test_what_still_moves(workflow: Json, moving: bool) -> None:
    assert moves([workflow]) is moving


def test_what_somebody_may_answer() -> None:
    tasks = [row("b", "SCHEDULED"), row("a__1", "IN_PROGRESS", "HUMAN"), row("j", "IN_PROGRESS", "JOIN")]
    assert [plain(task) for task in open_tasks([execution(*tasks)])] == ["a", "b"]
    assert open_tasks([execution(*tasks, status="FAILED")]) == []


def test_c4_a_join_that_failed_too_early_is_known_by_what_it_joins() -> None:
    join = row("j", "FAILED", "JOIN", **JOIN)
    first = row("a", "FAILED", retried=True)
    node: dict[str, Json] = {"workflowTask": {"taskDefinition": {"retryCount": 1}}}
    assert broken_join([execution(first, row("a", "CANCELED", retryCount=1), join)])
    assert broken_join([execution(row("a", "FAILED", **node), join)])
    assert not broken_join([execution(row("a", "FAILED"), join)])
    assert not broken_join([execution(first, row("a", "FAILED", retryCount=1, **node), join)])


def test_what_had_been_overcome_before_a_task() -> None:
    first, second, target = row("a", "FAILED", seq=1), row("a", "COMPLETED", seq=2), row("t", "FAILED", seq=3)
    assert overcome([first, second, target], target)
    assert not overcome([second, target, row("b", "FAILED", seq=4)], target)
    assert not overcome([row("t", "FAILED", seq=1, retried=True), target], target)
    assert not overcome([row("a", "FAILED", seq=1, executed=False), target], target)
