"""What a failure workflow is told, and how much of it."""

from __future__ import annotations

from typing import Any

from engine import failed_workflow
from engine.definitions import WorkflowTask
from engine.failed_workflow import as_input
from engine.model import Task, Workflow
from engine.payload_limits import KB, LIMIT_KB, size
from tests.unit.engine.flows import fork, join, simple, started
from tests.unit.handlers.test_execution_shapes import ENGINE_ONLY_IN_A_TASK, ENGINE_ONLY_IN_A_WORKFLOW
from tests.world import World

TOLD_TO_FAILURE_WORKFLOWS_ONLY = {"failedTaskId", "firstScheduledTime", "waitTimeout"}
"""What the reference's own model has, and none of its answers shows."""


def told(world: World) -> dict[str, Any]:
    return as_input(world.header, world.execution.graph, list(world.execution.rows))


def stored_names(struct: type[Workflow | Task], fields: set[str]) -> set[str]:
    names = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return {encoded for name, encoded in names if name in fields}


def test_what_the_engine_keeps_for_itself_is_told_to_nobody() -> None:
    own = failed_workflow._OWN_OF_WORKFLOWS | failed_workflow._OWN_OF_TASKS
    workflow = stored_names(Workflow, ENGINE_ONLY_IN_A_WORKFLOW)
    kept = workflow | stored_names(Task, ENGINE_ONLY_IN_A_TASK)
    assert own == kept - TOLD_TO_FAILURE_WORKFLOWS_ONLY


def branches(number: int, padding: str) -> list[list[WorkflowTask]]:
    return [[simple(f"t{each}", input_parameters={}, description=padding)] for each in range(number)]


def test_tasks_come_with_their_nodes() -> None:
    (row,) = told(started(simple("a")))["tasks"]
    assert row["workflowTask"]["taskReferenceName"] == row["referenceTaskName"] == "a"
    assert row["taskDefinition"] == row["workflowTask"]["taskDefinition"]


def test_what_would_be_too_much_is_told_without_the_nodes() -> None:
    padding = "x" * (LIMIT_KB * KB // 40)
    world = started(fork("f", *branches(15, padding)), join("j", "t0"))
    found = told(world)
    assert size(found) < LIMIT_KB * KB
    assert len(found["tasks"]) == 17
    assert not any("workflowTask" in row or "taskDefinition" in row for row in found["tasks"])
