"""Definitions, event handlers and small objects: None is left out, everything else is shown."""

from __future__ import annotations

from engine.definitions import (
    EventHandler,
    JsonObject,
    RateLimitConfig,
    SubWorkflowParams,
    TaskDef,
    WorkflowDef,
    WorkflowTask,
)
from engine.requests import BulkResponse, TaskExecLog
from engine.shown import shown_struct
from handlers import shapes

DEFAULT_NODE = {
    "name": "a", "taskReferenceName": "a", "inputParameters": {}, "type": "SIMPLE", "decisionCases": {},
    "defaultCase": [], "forkTasks": [], "startDelay": 0, "joinOn": [], "optional": False,
    "defaultExclusiveJoinTask": [], "asyncComplete": False, "loopOver": [], "onStateChange": {}, "permissive": False,
    "metadata": {},
}  # fmt: skip


def test_a_minimal_workflow_definition_shows_what_the_reference_shows() -> None:
    """golden metadata-workflow-defaults"""
    shown = shapes.definition(WorkflowDef(name="w", tasks=[WorkflowTask(name="a", task_reference_name="a")]))
    assert shown == {
        "name": "w", "version": 1, "tasks": [DEFAULT_NODE], "inputParameters": [], "outputParameters": {},
        "schemaVersion": 2, "restartable": True, "workflowStatusListenerEnabled": False,
        "timeoutPolicy": "ALERT_ONLY", "timeoutSeconds": 0, "variables": {}, "inputTemplate": {},
        "enforceSchema": True, "metadata": {}, "maskedFields": [], "createTime": 0, "updateTime": 0,
    }  # fmt: skip


def test_a_minimal_task_definition_shows_what_the_reference_shows() -> None:
    """golden metadata-taskdef-defaults"""
    assert shapes.definition(TaskDef(name="t")) == {
        "name": "t", "retryCount": 3, "timeoutSeconds": 0, "inputKeys": [], "outputKeys": [], "runtimeMetadata": [],
        "timeoutPolicy": "TIME_OUT_WF", "retryLogic": "FIXED", "retryDelaySeconds": 60,
        "responseTimeoutSeconds": 3600, "inputTemplate": {}, "rateLimitPerFrequency": 0,
        "rateLimitFrequencyInSeconds": 1, "backoffScaleFactor": 1, "maxRetryDelaySeconds": 0, "backoffJitterMs": 0,
        "totalTimeoutSeconds": 0, "taskStatusListenerEnabled": True, "enforceSchema": False, "createTime": 0,
        "updateTime": 0,
    }  # fmt: skip


def test_nested_nodes_show_their_defaults_too() -> None:
    child = WorkflowTask(name="a", task_reference_name="a")
    node = WorkflowTask(
        name="s",
        task_reference_name="s",
        decision_cases={"x": [child]},
        default_case=[child],
        fork_tasks=[[child], [child]],
        loop_over=[child],
        sub_workflow_param=SubWorkflowParams(name="kid", version=1),
        task_definition=TaskDef(name="s"),
    )
    shown = shown_struct(node)
    assert shown["decisionCases"] == {"x": [DEFAULT_NODE]}
    assert shown["defaultCase"] == shown["loopOver"] == [DEFAULT_NODE]
    assert shown["forkTasks"] == [[DEFAULT_NODE], [DEFAULT_NODE]]
    assert shown["subWorkflowParam"] == {"name": "kid", "version": 1}
    assert shown["taskDefinition"]["retryCount"] == 3


def test_free_maps_keep_their_nulls_and_their_names() -> None:
    parameters = {"a": None, "snake_case": {"b": None}, "list": [None, {"c": None}]}
    shown = shown_struct(WorkflowTask(name="a", task_reference_name="a", input_parameters=parameters))
    assert shown["inputParameters"] == parameters


def test_an_optional_struct_is_shown_when_it_is_set() -> None:
    shown = shapes.definition(WorkflowDef(name="w", rate_limit_config=RateLimitConfig(rate_limit_key="k")))
    assert shown["rateLimitConfig"] == {"rateLimitKey": "k", "concurrentExecLimit": 0, "policy": "QUEUE"}


def test_several_definitions_keep_their_order() -> None:
    assert [shown["name"] for shown in shapes.definitions([TaskDef(name="b"), TaskDef(name="a")])] == ["b", "a"]


def test_an_event_handler_shows_the_defaults_of_its_actions() -> None:
    """golden handler-crud"""
    actions: list[JsonObject] = [
        {"action": "start_workflow", "start_workflow": {"name": "kid"}, "complete_task": None},
        {"action": "fail_task", "fail_task": {"taskId": "t", "output": {"a": 1}}, "expandInlineJSON": True},
    ]
    shown = shapes.event_handler(EventHandler(name="h", event="conductor:x", actions=actions))
    assert shown == {
        "name": "h",
        "event": "conductor:x",
        "active": False,
        "actions": [
            {"action": "start_workflow", "start_workflow": {"name": "kid", "input": {}}, "expandInlineJSON": False},
            {"action": "fail_task", "fail_task": {"taskId": "t", "output": {"a": 1}}, "expandInlineJSON": True},
        ],
    }


def test_small_objects() -> None:
    assert shapes.task_log(TaskExecLog(log="x", task_id="t")) == {"log": "x", "taskId": "t", "createdTime": 0}
    outcome = BulkResponse(bulk_error_results={"a": "no"}, bulk_successful_results=["b"])
    assert shapes.bulk(outcome) == {"bulkErrorResults": {"a": "no"}, "bulkSuccessfulResults": ["b"]}
