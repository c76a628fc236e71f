"""The parts of a JSONPath and how they are read (§3.6).

A path is a chain of steps. Each step turns one value into the values below it that match, in document order; nothing
raises, a mismatch is no match. A path is *definite* when it can match once at most: its value is then that match, and
otherwise the list of all matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Final, Protocol

import msgspec

from engine.definitions import Json


class Missing(Enum):
    """The type of `MISSING`: there is nothing at that place, not even a null."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
WHOLE: Final = "$"
"""The root name under which a path asks for the whole context document."""

Lookup = Callable[[str], Json]
"""The document under one top-level key of the context, or `MISSING`."""


class Step(Protocol):
    """One part of a path."""

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:
        """The matches below one value."""
        ...


class Function(Protocol):
    """What a path ends with: a value made of one match, `MISSING` when it has no answer for it."""

    def __call__(self, value: Json, lookup: Lookup) -> Json: ...


class JsonPath(msgspec.Struct, frozen=True):
    """A parsed path. `root` is the top-level key it starts at ("" = the value at hand, `@`)."""

    root: str
    steps: tuple[Step, ...]
    function: Function | None
    definite: bool
    roots: frozenset[str]
    """Every top-level key that reading may ask for: its own, and those in filters and function arguments."""
    keys: tuple[str | int, ...] | None
    """The whole path where it is nothing but names and indexes."""

    def read(self, lookup: Lookup) -> Json:
        """The value in a context: None for a definite path without a match, all matches for an indefinite one."""
        found = self.find(lookup(self.root), lookup)
        return None if found is MISSING else found

    def find(self, start: Json, lookup: Lookup) -> Json:
        """As `read`, from a given value; `MISSING` for a definite path without a match or a function without answer."""
        if self.keys is not None:
            return _walk(start, self.keys)
        matches: list[Json] = [] if start is MISSING else [start]
        for step in self.steps:
            matches = [match for value in matches for match in step.select(value, lookup)]
        if self.function is not None:
            matches = [self.function(value, lookup) for value in matches]
            if MISSING in matches:
                return MISSING
        if self.definite:
            return matches[0] if matches else MISSING
        return matches


def _walk(value: Json, keys: tuple[str | int, ...]) -> Json:
    for key in keys:
        if isinstance(key, str):
            if not isinstance(value, dict):
                return MISSING
            value = value.get(key, MISSING)
        elif isinstance(value, list) and -len(value) <= key < len(value):
            value = value[key]
        else:
            return MISSING
    return value


class Name(msgspec.Struct, frozen=True):
    """`.name` or `['name']`."""

    name: str

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:  # noqa: ARG002 - the common form of a step
        """The value of that key."""
        return (value[self.name],) if isinstance(value, dict) and self.name in value else ()


class Names(msgspec.Struct, frozen=True):
    """`['a','b']`: at the end of a path a map of these keys, elsewhere their values."""

    names: tuple[str, ...]
    last: bool

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:  # noqa: ARG002
        """The keys that are there."""
        if not isinstance(value, dict):
            return ()
        there = {name: value[name] for name in self.names if name in value}
        return (there,) if self.last else tuple(there.values())


class Indexes(msgspec.Struct, frozen=True):
    """`[0]`, `[-1]`, `[0,2]`; negative ones count from the end."""

    indexes: tuple[int, ...]

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:  # noqa: ARG002
        """The items that are there."""
        if not isinstance(value, list):
            return ()
        size = len(value)
        return tuple(value[index] for index in self.indexes if -size <= index < size)


class Slice(msgspec.Struct, frozen=True):
    """`[1:3]`, `[-2:]`, `[:2]`."""

    start: int | None
    stop: int | None

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:  # noqa: ARG002
        """The items between; limits outside the list are cut to it."""
        return value[self.start : self.stop] if isinstance(value, list) else ()


class Wildcard(msgspec.Struct, frozen=True):
    """`.*` or `[*]`."""

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:  # noqa: ARG002
        """All values of a map, all items of a list."""
        if isinstance(value, dict):
            return tuple(value.values())
        return value if isinstance(value, list) else ()


class Condition(Protocol):
    """The inside of a filter."""

    def holds(self, value: Json, lookup: Lookup) -> bool:
        """Does it hold for this value (`@`)?"""
        ...


class Filter(msgspec.Struct, frozen=True):
    """`[?(…)]`: the items of a list for which it holds; a map is tested itself."""

    condition: Condition

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:
        """What remains."""
        if isinstance(value, dict):
            return (value,) if self.condition.holds(value, lookup) else ()
        if isinstance(value, list):
            return [item for item in value if self.condition.holds(item, lookup)]
        return ()


class Descend(msgspec.Struct, frozen=True):
    """`..` and the step behind it, applied to the value and everything below it, containers before their content."""

    step: Step

    def select(self, value: Json, lookup: Lookup) -> Sequence[Json]:
        """All matches at any depth. A filter looks at maps only, so that no item is found twice."""
        maps_only = isinstance(self.step, Filter)
        return [
            match
            for container in _containers(value)
            if not maps_only or isinstance(container, dict)
            for match in self.step.select(container, lookup)
        ]


def _containers(value: Json) -> Iterator[Json]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            yield item
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            yield item
            pending.extend(reversed(item))
