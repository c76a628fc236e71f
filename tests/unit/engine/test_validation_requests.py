"""Event handlers, start requests, task results (golden errors-event-handler, -start-workflow, -update-task)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import EventHandler, WorkflowDef, WorkflowTask
from engine.errors import Violation
from engine.requests import StartWorkflowRequest, TaskResult
from engine.status import TaskStatus
from engine.validation_requests import (
    ACTIONS,
    REPORTABLE,
    validate_event_handler,
    validate_start_request,
    validate_task_result,
)


def no_task_defs(_: str) -> None:
    return None


def test_an_empty_event_handler() -> None:
    assert validate_event_handler(EventHandler()) == [
        Violation("addEventHandler.arg0.name", "Missing event handler name", ""),
        Violation("addEventHandler.arg0.event", "Missing event location", ""),
        Violation("addEventHandler.arg0.actions", "No actions specified. Please specify at-least one action"),
    ]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_good_event_handler(action: str) -> None:
    assert validate_event_handler(EventHandler("h", "conductor:x", actions=[{"action": action, action: {}}])) == []


@pytest.mark.parametrize(("action", "shown"), [("boo", "boo"), (None, None), ({}, None), (["fail_task"], None)])
def test_an_action_of_no_known_kind(action: Any, shown: str | None) -> None:
    handler = EventHandler("h", "conductor:x", actions=[{"action": "fail_task"}, {"action": action}])
    (violation,) = validate_event_handler(handler, "updateEventHandler.arg0")
    assert violation.path == "updateEventHandler.arg0.actions[1].action"
    named = "null" if action is None else action
    assert violation.message.startswith(f"Event handler h: action {named} is not one of start_workflow, ")
    assert violation.invalid_value == shown


@pytest.mark.parametrize(
    ("priority", "message"), [(-1, "priority: -1 should be minimum 0"), (100, "priority: 100 should be maximum 99")]
)
def test_a_priority_outside_its_range(priority: int, message: str) -> None:
    violations = validate_start_request(StartWorkflowRequest("w", priority=priority), no_task_defs)
    assert violations == [Violation("startWorkflow.arg0.priority", message, str(priority))]


def test_a_start_needs_a_name() -> None:
    assert validate_start_request(StartWorkflowRequest(""), no_task_defs) == [
        Violation("startWorkflow.arg0.name", "Workflow name cannot be null or empty", "")
    ]


def test_an_inline_definition_is_validated() -> None:
    inline = WorkflowDef(name="w", tasks=[WorkflowTask(name="a", task_reference_name="a")] * 2)
    message = "taskReferenceName: a should be unique across tasks for a given workflowDefinition: w"
    assert validate_start_request(StartWorkflowRequest("w", workflow_def=inline, priority=99), no_task_defs) == [
        Violation("startWorkflow.arg0.workflowDef", message)
    ]


def test_a_task_result_needs_its_ids() -> None:
    assert validate_task_result(TaskResult("", "", TaskStatus.COMPLETED)) == [
        Violation("updateTask.arg0.workflowInstanceId", "Workflow Id cannot be null or empty", ""),
        Violation("updateTask.arg0.taskId", "Task ID cannot be null or empty", ""),
    ]


@pytest.mark.parametrize("status", TaskStatus)
def test_the_statuses_that_a_worker_may_report(status: TaskStatus) -> None:
    violations = validate_task_result(TaskResult("w", "t", status), "updateTaskV2.arg0")
    assert [violation.path for violation in violations] == (
        [] if status in REPORTABLE else ["updateTaskV2.arg0.status"]
    )
