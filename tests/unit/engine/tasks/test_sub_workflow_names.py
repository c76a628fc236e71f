"""How a SUB_WORKFLOW names its child, and what becomes of a name that means nothing (§2.10, probed on 3.32.1)."""

from __future__ import annotations

from typing import Any

from engine.definitions import JsonObject, SubWorkflowParams, TaskDef
from engine.effects import StartWorkflow
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import started, task
from tests.world import World

INLINE: JsonObject = {
    "name": "inline",
    "version": 3,
    "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}],
}


def begun(definition: Any) -> tuple[World, JsonObject]:
    params = SubWorkflowParams(name="other", version=7, workflow_definition=definition)
    world = started(task("SUB_WORKFLOW", "s", sub_workflow_param=params), header={"input": {"d": INLINE}})
    return world, world.newest("s").input_data


def test_an_inline_definition_names_the_child_and_has_no_version() -> None:
    world, given = begun(INLINE)
    assert (given["subWorkflowName"], given["subWorkflowVersion"]) == ("inline", None)
    assert given["subWorkflowDefinition"]["version"] == 3
    (effect,) = world.header.outbox
    assert isinstance(effect, StartWorkflow)
    assert effect.name == "inline"


def test_the_name_beside_an_expression_stays() -> None:
    world, given = begun("${workflow.input.d}")
    assert (given["subWorkflowName"], given["subWorkflowVersion"]) == ("other", None)
    (effect,) = world.header.outbox
    assert isinstance(effect, StartWorkflow)
    assert effect.name == "inline"


def test_a_missing_definition_fails_the_task_which_is_tried_again() -> None:
    own = TaskDef(name="s", retry_count=1, retry_delay_seconds=0)
    params = SubWorkflowParams(name="nope", version=2)
    world = started(task("SUB_WORKFLOW", "s", sub_workflow_param=params, task_definition=own))
    text = "No such workflow defined. name=nope, version=2"
    assert [(row.status, row.reason_for_incompletion) for row in world.rows] == [(TaskStatus.FAILED, text)] * 2
    assert world.status is WorkflowStatus.FAILED
    assert world.header.reason_for_incompletion == (
        f"Task {world.newest('s').task_id} failed with status: FAILED and reason: '{text}'"
    )


def test_an_optional_child_may_be_missing() -> None:
    params = SubWorkflowParams(name="nope", version=2)
    world = started(task("SUB_WORKFLOW", "s", sub_workflow_param=params, optional=True))
    assert (world.newest("s").status, world.status) == (TaskStatus.COMPLETED_WITH_ERRORS, WorkflowStatus.COMPLETED)


def test_s1_a_name_that_is_none_fails_the_task_for_good() -> None:
    own = TaskDef(name="s", retry_count=1, retry_delay_seconds=0)
    params = SubWorkflowParams(name="${workflow.input.nobody}", version=2)
    world = started(task("SUB_WORKFLOW", "s", sub_workflow_param=params, task_definition=own))
    (row,) = world.rows
    assert row.status is TaskStatus.FAILED_WITH_TERMINAL_ERROR
    assert row.reason_for_incompletion == "subWorkflowParam.name is no name: null"


def test_a_child_that_is_tried_again_gets_the_same_input() -> None:
    own = TaskDef(name="s", retry_count=1, retry_delay_seconds=0)
    params = SubWorkflowParams(name="nope", version=2)
    world = started(task("SUB_WORKFLOW", "s", {"x": "<${s.status}>"}, sub_workflow_param=params, task_definition=own))
    assert [row.input_data["workflowInput"] for row in world.rows] == [{"x": "<null>"}] * 2
