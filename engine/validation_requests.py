"""What event handlers, start requests and task results must be (api/errors; texts recorded on 3.32.1)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions import EventHandler, Json
from engine.errors import Violation
from engine.requests import StartWorkflowRequest, TaskResult
from engine.status import TaskStatus
from engine.validation import TaskDefLookup, validate_workflow_def

REPORTABLE = frozenset(
    {
        TaskStatus.IN_PROGRESS,
        TaskStatus.COMPLETED,
        TaskStatus.FAILED,
        TaskStatus.FAILED_WITH_TERMINAL_ERROR,
        TaskStatus.CANCELED,
    }
)
"""The statuses that a worker may report."""

ACTIONS = (
    "start_workflow",
    "complete_task",
    "fail_task",
    "terminate_workflow",
    "update_workflow_variables",
    "start_agent",
)
"""The kinds of action of an event handler (api/schemas)."""

MAX_PRIORITY = 99


def validate_event_handler(handler: EventHandler, path: str = "addEventHandler.arg0") -> list[Violation]:
    """Everything that is wrong with an event handler; [] when it may be registered."""
    return [
        *_required(handler.name, f"{path}.name", "Missing event handler name"),
        *_required(handler.event, f"{path}.event", "Missing event location"),
        *_action_violations(handler, f"{path}.actions"),
    ]


def validate_start_request(
    request: StartWorkflowRequest, task_defs: TaskDefLookup, path: str = "startWorkflow.arg0"
) -> list[Violation]:
    """Everything that is wrong with a start request, its inline definition included."""
    violations = [
        *_required(request.name, f"{path}.name", "Workflow name cannot be null or empty"),
        *_priority_violations(request.priority, f"{path}.priority"),
    ]
    if request.workflow_def is not None:
        violations += validate_workflow_def(request.workflow_def, task_defs, f"{path}.workflowDef")
    return violations


def validate_task_result(result: TaskResult, path: str = "updateTask.arg0") -> list[Violation]:
    """Everything that is wrong with what a worker reports."""
    return [
        *_required(result.workflow_instance_id, f"{path}.workflowInstanceId", "Workflow Id cannot be null or empty"),
        *_required(result.task_id, f"{path}.taskId", "Task ID cannot be null or empty"),
        *_status_violations(result.status, f"{path}.status"),
    ]


def _required(text: str, path: str, message: str) -> Iterator[Violation]:
    if not text:
        yield Violation(path, message, "")


def _action_violations(handler: EventHandler, path: str) -> Iterator[Violation]:
    if not handler.actions:
        yield Violation(path, "No actions specified. Please specify at-least one action")
    for index, action in enumerate(handler.actions):
        kind: Json = action.get("action")
        if kind not in ACTIONS:
            named = "null" if kind is None else kind
            message = f"Event handler {handler.name}: action {named} is not one of {', '.join(ACTIONS)}"
            yield Violation(f"{path}[{index}].action", message, kind if isinstance(kind, str) else None)


def _priority_violations(priority: int, path: str) -> Iterator[Violation]:
    if priority < 0:
        yield Violation(path, f"priority: {priority} should be minimum 0", str(priority))
    if priority > MAX_PRIORITY:
        yield Violation(path, f"priority: {priority} should be maximum {MAX_PRIORITY}", str(priority))


def _status_violations(status: TaskStatus, path: str) -> Iterator[Violation]:
    if status not in REPORTABLE:
        names = ", ".join(sorted(REPORTABLE))
        yield Violation(path, f"status: {status} cannot be reported by a worker, use one of {names}", str(status))
