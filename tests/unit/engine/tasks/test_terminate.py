"""TERMINATE (§2.20): how the workflow ends, and with what."""

from __future__ import annotations

import pytest

from engine.definitions import JsonObject
from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, task

TERMINATIONS: list[tuple[str, JsonObject, str, JsonObject, str]] = [
    ("completed", {"terminationStatus": "COMPLETED"}, "COMPLETED", {}, "Workflow is COMPLETED by TERMINATE task: {id}"),
    ("failed", {"terminationStatus": "FAILED"}, "FAILED", {}, "Workflow is FAILED by TERMINATE task: {id}"),
    ("terminated", {"terminationStatus": "TERMINATED", "terminationReason": "so"}, "TERMINATED", {}, "so"),
    ("an output", {"terminationStatus": "COMPLETED", "workflowOutput": {"a": 1}}, "COMPLETED", {"a": 1}, "Workflow is"),
    (
        "a bare output",
        {"terminationStatus": "COMPLETED", "workflowOutput": 7},
        "COMPLETED",
        {"output": 7},
        "Workflow is",
    ),
]


@pytest.mark.parametrize(
    ("given", "status", "output", "reason"), [row[1:] for row in TERMINATIONS], ids=[row[0] for row in TERMINATIONS]
)
def test_terminate_ends_the_workflow_as_it_says(
    given: JsonObject, status: str, output: JsonObject, reason: str
) -> None:
    world = started(task("TERMINATE", "end", given), simple("never"))
    assert world.table() == [("end", "COMPLETED")]
    assert (world.status.value, world.header.output) == (status, output)
    assert str(world.header.reason_for_incompletion).startswith(reason.format(id=world.newest("end").task_id))


def test_terminate_with_a_status_that_is_none_at_run_time_fails() -> None:
    world = started(task("TERMINATE", "end", {"terminationStatus": "${workflow.input.nothing}"}))
    assert (world.table(), world.status) == ([("end", "FAILED")], WorkflowStatus.FAILED)
    assert "given termination status is not valid" in str(world.header.reason_for_incompletion)
