"""Engine values as the JSON that clients of Conductor expect (api/schemas).

One rule covers nearly everything: a field that is None is left out, every other field is shown, whatever its default,
also in nested definitions; what stands inside a free map (an input, an output, metadata) is shown as it is.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from engine.definitions import EventHandler, Json, JsonObject, TaskDef, WorkflowDef
from engine.requests import BulkResponse, TaskExecLog

ACTION_DEFAULTS: Mapping[str, Mapping[str, Json]] = MappingProxyType(
    {"start_workflow": {"input": {}}, "complete_task": {"output": {}}, "fail_task": {"output": {}}}
)
"""What the reference shows in the parts of an event action that were sent without it (golden handler-crud)."""


class ShownField(typing.NamedTuple):
    """One field of a struct: where it is, what it is called in JSON, whether it can hold structs."""

    attribute: str
    name: str
    nested: bool


def shown(value: Json) -> Json:
    """The JSON form of a struct (or of lists and maps of structs) under the rule above."""
    if isinstance(value, msgspec.Struct):
        return _shown_struct(value)
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return value


def definition(value: WorkflowDef | TaskDef) -> JsonObject:
    """A definition with all its defaults."""
    return _shown_struct(value)


def definitions(values: Sequence[WorkflowDef] | Sequence[TaskDef]) -> list[JsonObject]:
    """Several definitions, in the order given."""
    return [_shown_struct(value) for value in values]


def event_handler(handler: EventHandler) -> JsonObject:
    """An event handler; its actions carry the defaults the reference fills in."""
    return {**_shown_struct(handler), "actions": [_action(action) for action in handler.actions]}


def task_log(log: TaskExecLog) -> JsonObject:
    """One log line of a task."""
    return _shown_struct(log)


def bulk(response: BulkResponse) -> JsonObject:
    """What became of each item of a request for many."""
    return _shown_struct(response)


def _action(action: JsonObject) -> JsonObject:
    filled = {"expandInlineJSON": False, **{name: value for name, value in action.items() if value is not None}}
    for part, defaults in ACTION_DEFAULTS.items():
        if isinstance(filled.get(part), dict):
            filled[part] = {**defaults, **filled[part]}
    return filled


def _shown_struct(value: msgspec.Struct) -> JsonObject:
    result: JsonObject = {}
    for field in fields_of(type(value)):
        content = getattr(value, field.attribute)
        if content is not None:
            result[field.name] = shown(content) if field.nested else content
    return result


@functools.cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[ShownField, ...]:
    """The field table of a struct type, made once."""
    hints = typing.get_type_hints(struct)
    names = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return tuple(ShownField(attribute, name, _holds_structs(hints[attribute])) for attribute, name in names)


def _holds_structs(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return True
    return any(_holds_structs(argument) for argument in typing.get_args(annotation))
