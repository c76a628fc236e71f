"""Request bodies (parsed JSON) as the structs of the engine.

Clients send null for what they do not set, so null means absent wherever a struct expects a value; inside free maps
(input, output, metadata) null is a value and stays. Numbers and booleans may come as text (api/errors "Ours").
The common body has nothing to repair and is converted in one pass; the slow paths run only when that pass fails.
"""

from __future__ import annotations

import functools
import typing
from typing import Any, TypeVar

import msgspec

from engine.definitions import Json
from engine.errors import InvalidInput

T = TypeVar("T")


def parse(body: Json, type_: type[T], where: str = "body") -> T:
    """The body as a value of `type_`, or InvalidInput that names the path; `where` is the name of the body itself."""
    try:
        return msgspec.convert(body, type_, strict=False)
    except msgspec.ValidationError:
        return _parse_repaired(without_nulls(body, type_), type_, where)


def _parse_repaired(body: Json, type_: type[T], where: str) -> T:
    try:
        return msgspec.convert(body, type_, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(_located(str(error), where)) from error


def without_nulls(value: Json, annotation: Any) -> Json:
    """The value less its null properties, wherever the annotation says what they would be."""
    if isinstance(value, dict):
        return _object_without_nulls(value, annotation)
    item = _item_type(annotation)
    if item is not None and isinstance(value, list):
        return [without_nulls(part, item) for part in value]
    return value


def _object_without_nulls(value: dict[str, Json], annotation: Any) -> dict[str, Json]:
    struct = _struct_in(annotation)
    if struct is not None:
        types = _types_by_name(struct)
        return {name: without_nulls(part, types.get(name)) for name, part in value.items() if part is not None}
    part_type = _map_value_type(annotation)
    if part_type is None or part_type is Any:
        return value
    return {name: without_nulls(part, part_type) for name, part in value.items() if part is not None}


def _located(problem: str, where: str) -> str:
    """msgspec's sentence with the path in front: "body.tasks[0].retryCount: expected `int`, got `str`"."""
    sentence, _, path = problem.partition(" - at `$")
    return f"{where}{path.rstrip('`')}: {sentence[0].lower()}{sentence[1:]}"


@functools.cache
def _types_by_name(struct: type[msgspec.Struct]) -> dict[str, Any]:
    hints = typing.get_type_hints(struct)
    names = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return {encoded: hints[name] for name, encoded in names}


def _arms(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation alone."""
    arguments = typing.get_args(annotation)
    return arguments if type(None) in arguments else (annotation,)


def _struct_in(annotation: Any) -> type[msgspec.Struct] | None:
    structs = (arm for arm in _arms(annotation) if isinstance(arm, type) and issubclass(arm, msgspec.Struct))
    return next(structs, None)


def _item_type(annotation: Any) -> Any:
    return next((typing.get_args(arm)[0] for arm in _arms(annotation) if typing.get_origin(arm) is list), None)


def _map_value_type(annotation: Any) -> Any:
    return next((typing.get_args(arm)[1] for arm in _arms(annotation) if typing.get_origin(arm) is dict), None)
