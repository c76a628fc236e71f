"""What registering a definition would change on a server, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from engine.definitions import Json, JsonObject, TaskDef, WorkflowDef
from handlers import codec, shapes
from handlers.seed_files import Kind

AUDIT_FIELDS = frozenset({"createTime", "updateTime", "createdBy", "updatedBy", "ownerApp"})
"""Fields that the server keeps by itself; they are not compared."""

_STRUCTS: dict[Kind, type[TaskDef] | type[WorkflowDef]] = {"task": TaskDef, "workflow": WorkflowDef}
_ABSENT: Final = object()
_WIDTH = 60


class Change(NamedTuple):
    """One field that differs, with both values as short JSON; "(absent)" where there is none."""

    path: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}: {self.before} -> {self.after}"


def complete(kind: Kind, body: JsonObject, where: str) -> JsonObject:
    """The definition with its defaults and without its audit fields; InvalidInput when it is none."""
    whole = shapes.definition(codec.parse(body, _STRUCTS[kind], where))
    return {name: value for name, value in whole.items() if name not in AUDIT_FIELDS}


def changes(stored: JsonObject, wanted: JsonObject) -> list[Change]:
    """The fields in which two complete definitions differ."""
    return list(_differences("", stored, wanted))


def _differences(path: str, before: Json, after: Json) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            inner = f"{path}.{key}" if path else key
            yield from _differences(inner, before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            yield from _differences(f"{path}[{index}]", _item(before, index), _item(after, index))
    elif not _same(before, after):
        yield Change(path, _short(before), _short(after))


def _item(values: list[Json], index: int) -> Json:
    return values[index] if index < len(values) else _ABSENT


def _same(before: Json, after: Json) -> bool:
    """Equal as JSON: `true` is not 1."""
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)


def _short(value: Json) -> str:
    if value is _ABSENT:
        return "(absent)"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
