"""Executions and tasks show what the reference shows, and nothing of the engine's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.definitions import TaskDef, WorkflowTask
from engine.model import Task, Workflow
from engine.status import WorkflowStatus
from handlers.execution_shapes import ExecutionShapes
from tests.unit.handlers.values import NODE, task_view, workflow_view

ALWAYS_IN_A_TASK = {
    "taskType", "status", "inputData", "referenceTaskName", "retryCount", "seq", "pollCount", "taskDefName",
    "scheduledTime", "startTime", "endTime", "updateTime", "startDelayInSeconds", "retried", "executed",
    "callbackFromWorker", "responseTimeoutSeconds", "workflowInstanceId", "workflowType", "taskId",
    "callbackAfterSeconds", "outputData", "workflowTask", "rateLimitPerFrequency", "rateLimitFrequencyInSeconds",
    "workflowPriority", "iteration", "subworkflowChanged", "firstStartTime", "executionMetadata", "taskDefinition",
    "loopOverTask", "queueWaitTime",
}  # fmt: skip
ALWAYS_IN_A_WORKFLOW = {
    "ownerApp", "createTime", "updateTime", "status", "endTime", "workflowId", "tasks", "input", "output",
    "taskToDomain", "failedReferenceTaskNames", "workflowDefinition", "priority", "variables", "lastRetriedTime",
    "failedTaskNames", "history", "rateLimited", "startTime", "workflowName", "workflowVersion",
}  # fmt: skip
ENGINE_ONLY_IN_A_TASK = {
    "rev", "node", "own_node", "loop_task_id", "first_scheduled_time", "available_at", "wait_timeout", "deadline",
    "waits_for", "own_task_def",
}  # fmt: skip
ENGINE_ONLY_IN_A_WORKFLOW = {
    "definition_id", "version", "failed_task_id", "started_for", "followers", "last_seq", "deadline", "outbox",
    "messages",
}  # fmt: skip


def task_json(shapes: ExecutionShapes | None = None, node: WorkflowTask = NODE, **fields: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode((shapes or ExecutionShapes()).task(task_view(node, **fields)))
    return decoded


def workflow_json(*tasks: Any, **fields: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(ExecutionShapes().workflow(workflow_view(*tasks, **fields)))
    return decoded


def test_a_bare_task_shows_exactly_what_is_always_present() -> None:
    assert set(task_json()) == ALWAYS_IN_A_TASK


def test_a_bare_workflow_shows_exactly_what_is_always_present() -> None:
    assert set(workflow_json()) == ALWAYS_IN_A_WORKFLOW


def test_every_stored_task_field_is_either_shown_or_known_to_be_the_engines_own() -> None:
    optional: dict[str, Any] = {
        name: "x" for name in Task.__struct_fields__ if str(Task.__annotations__[name]) == "str | None"
    }
    shown = set(task_json(**optional))
    encoded = dict(zip(Task.__struct_fields__, Task.__struct_encode_fields__, strict=True))
    assert {name for name, camel in encoded.items() if camel not in shown} == ENGINE_ONLY_IN_A_TASK


def test_every_stored_workflow_field_is_either_shown_or_known_to_be_the_engines_own() -> None:
    optional = {name: "x" for name in Workflow.__struct_fields__ if str(Workflow.__annotations__[name]) == "str | None"}
    shown = set(workflow_json(**optional))
    encoded = dict(zip(Workflow.__struct_fields__, Workflow.__struct_encode_fields__, strict=True))
    assert {name for name, camel in encoded.items() if camel not in shown} == ENGINE_ONLY_IN_A_WORKFLOW


def test_a_task_shows_its_node_and_its_task_definition_with_all_defaults() -> None:
    shown = task_json()
    assert shown["workflowTask"]["type"] == "SIMPLE"
    assert shown["workflowTask"]["taskDefinition"] == shown["taskDefinition"]
    assert shown["taskDefinition"]["retryCount"] == 3
    assert "description" not in shown["taskDefinition"]


def test_a_task_without_task_definition_says_null() -> None:
    shown = task_json(node=WorkflowTask(name="w", task_reference_name="w", type="WAIT"))
    assert "taskDefinition" in shown
    assert shown["taskDefinition"] is None
    assert "taskDefinition" not in shown["workflowTask"]


def test_nulls_inside_payloads_stay() -> None:
    shown = task_json(input_data={"a": None, "b": [None]}, output_data={"c": {"d": None}})
    assert shown["inputData"] == {"a": None, "b": [None]}
    assert shown["outputData"] == {"c": {"d": None}}


@pytest.mark.parametrize(
    ("fields", "wait"),
    [
        ({"scheduled_time": 10, "start_time": 32}, 22),
        ({"scheduled_time": 10, "start_time": 9}, 0),
        ({"scheduled_time": 10}, 0),
    ],
)
def test_queue_wait_time(fields: dict[str, Any], wait: int) -> None:
    assert task_json(**fields)["queueWaitTime"] == wait


def test_a_task_of_an_iteration_is_a_loop_over_task() -> None:
    assert task_json(iteration=1)["loopOverTask"] is True
    assert task_json(iteration=0)["loopOverTask"] is False


@pytest.mark.parametrize(
    ("fields", "child"),
    [
        ({"sub_workflow_id": "c1", "output_data": {"subWorkflowId": "c2"}}, "c1"),
        ({"output_data": {"subWorkflowId": "c2"}, "input_data": {"subWorkflowId": "c3"}}, "c2"),
        ({"input_data": {"subWorkflowId": "c3"}}, "c3"),
        ({"input_data": {"subWorkflowId": 3}}, None),
        ({}, None),
    ],
)
def test_the_child_is_also_looked_for_in_the_payloads(fields: dict[str, Any], child: str | None) -> None:
    assert task_json(**fields).get("subWorkflowId") == child


def test_a_task_shows_its_own_child_whatever_the_child_has_put_out() -> None:
    """What the child put out stays in the row: a JOIN behind it shows the grandchild, as the reference does."""
    output = {"subWorkflowId": "grandchild", "x": 1}
    assert task_json(sub_workflow_id="child", output_data=output)["outputData"] == {"subWorkflowId": "child", "x": 1}
    assert output["subWorkflowId"] == "grandchild"
    assert task_json(sub_workflow_id="child", output_data={"x": 1})["outputData"] == {"x": 1}


def test_payloads_that_lie_elsewhere_are_blanked() -> None:
    shown = task_json(input_data={"a": 1}, external_input_payload_storage_path="s3/x", output_data={"b": 1})
    assert (shown["inputData"], shown["outputData"]) == ({}, {"b": 1})
    whole = workflow_json(output={"a": 1}, external_output_payload_storage_path="s3/y", input={"b": 1})
    assert (whole["input"], whole["output"]) == ({"b": 1}, {})


def test_a_workflow_shows_its_tasks_in_order_and_its_definition() -> None:
    shown = workflow_json(task_view(task_id="t1"), task_view(task_id="t2", seq=2), create_time=7)
    assert [task["taskId"] for task in shown["tasks"]] == ["t1", "t2"]
    assert shown["workflowDefinition"]["tasks"][0]["taskReferenceName"] == "pack_ref"
    assert (shown["workflowName"], shown["workflowVersion"], shown["startTime"]) == ("ship", 2, 7)
    assert (shown["history"], shown["rateLimited"], shown["ownerApp"]) == ([], False, "")
    assert shown["status"] == WorkflowStatus.RUNNING


def test_equal_nodes_of_different_snapshots_are_not_mixed_up() -> None:
    shapes = ExecutionShapes()
    other = WorkflowTask(name="other", task_reference_name="pack_ref")
    assert task_json(shapes, definition_id="d1")["workflowTask"]["name"] == "pack"
    assert task_json(shapes, other, definition_id="d2")["workflowTask"]["name"] == "other"
    assert task_json(shapes, definition_id="d1")["workflowTask"]["name"] == "pack"


def test_a_task_with_a_node_of_its_own_is_never_served_from_the_snapshot() -> None:
    shapes = ExecutionShapes()
    own = WorkflowTask(name="forked", task_reference_name="pack_ref")
    task_json(shapes)
    assert task_json(shapes, own, own_node=own)["workflowTask"]["name"] == "forked"


def test_full_caches_forget_and_still_answer() -> None:
    shapes = ExecutionShapes(nodes_kept=2)
    nodes = [
        WorkflowTask(name=f"n{i}", task_reference_name=f"r{i}", task_definition=TaskDef(name="x")) for i in range(5)
    ]
    for node in [*nodes, *nodes]:
        assert task_json(shapes, node)["workflowTask"]["name"] == node.name


def test_lists_and_correlated_executions() -> None:
    shapes = ExecutionShapes()
    assert [task["taskId"] for task in msgspec.json.decode(shapes.tasks([task_view(), task_view(task_id="t2")]))] == [
        "t1",
        "t2",
    ]
    found = msgspec.json.decode(shapes.correlated({"c1": [workflow_view(workflow_id="w9")], "c2": []}))
    assert [workflow["workflowId"] for workflow in found["c1"]] == ["w9"]
    assert found["c2"] == []


def test_a_full_cache_of_definitions_forgets_and_still_answers() -> None:
    shapes = ExecutionShapes(definitions_kept=1)
    for definition_id in ("d1", "d2", "d1"):
        shown = msgspec.json.decode(shapes.workflow(workflow_view(definition_id=definition_id)))
        assert shown["workflowDefinition"]["name"] == "ship"
