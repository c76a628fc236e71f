"""Engine values as the JSON that clients of Conductor expect (api/schemas); the rule is that of `engine.shown`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from engine.definitions import EventHandler, Json, JsonObject, TaskDef, WorkflowDef
from engine.requests import BulkResponse, TaskExecLog
from engine.shown import shown_struct

ACTION_DEFAULTS: Mapping[str, Mapping[str, Json]] = MappingProxyType(
    {"start_workflow": {"input": {}}, "complete_task": {"output": {}}, "fail_task": {"output": {}}}
)
"""What the reference shows in the parts of an event action that were sent without it (golden handler-crud)."""


def definition(value: WorkflowDef | TaskDef) -> JsonObject:
    """A definition with all its defaults."""
    return shown_struct(value)


def definitions(values: Sequence[WorkflowDef] | Sequence[TaskDef]) -> list[JsonObject]:
    """Several definitions, in the order given."""
    return [shown_struct(value) for value in values]


def event_handler(handler: EventHandler) -> JsonObject:
    """An event handler; its actions carry the defaults the reference fills in."""
    return {**shown_struct(handler), "actions": [_action(action) for action in handler.actions]}


def task_log(log: TaskExecLog) -> JsonObject:
    """One log line of a task."""
    return shown_struct(log)


def bulk(response: BulkResponse) -> JsonObject:
    """What became of each item of a request for many."""
    return shown_struct(response)


def _action(action: JsonObject) -> JsonObject:
    filled = {"expandInlineJSON": False, **{name: value for name, value in action.items() if value is not None}}
    for part, defaults in ACTION_DEFAULTS.items():
        if isinstance(filled.get(part), dict):
            filled[part] = {**defaults, **filled[part]}
    return filled
