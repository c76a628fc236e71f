"""Values as the JSON that clients see (api/schemas).

One rule: a field that is None is left out, every other field is shown, whatever its default, also in nested structs;
what stands inside a free map (an input, an output, metadata) is shown as it is.
"""

from __future__ import annotations

import functools
import typing
from typing import Any

import msgspec

from engine.definitions import Json, JsonObject


class ShownField(typing.NamedTuple):
    """One field of a struct: where it is, what it is called in JSON, whether it can hold structs."""

    attribute: str
    name: str
    nested: bool


def shown(value: Json) -> Json:
    """The JSON form of a struct (or of lists and maps of structs) under the rule above."""
    if isinstance(value, msgspec.Struct):
        return shown_struct(value)
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return value


def shown_struct(value: msgspec.Struct) -> JsonObject:
    """The same of one struct."""
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
