"""The search grammar's syntax tree; `engine.search_parser` makes it, every store compiles it."""

from __future__ import annotations

from typing import Literal

import msgspec

Field = str
"""A declared column of `SEARCH_FIELDS`."""

Operator = Literal["=", "!=", "<", ">", "<=", ">="]

TEXT_FIELDS = frozenset({"workflowId", "workflowType", "correlationId", "status", "parentWorkflowId", "classifier"})
TIME_FIELDS = frozenset({"startTime", "endTime", "updateTime"})
NUMBER_FIELDS = frozenset({"version", "priority"})
SEARCH_FIELDS = TEXT_FIELDS | TIME_FIELDS | NUMBER_FIELDS


class Comparison(msgspec.Struct, frozen=True, tag=True):
    """`field operator value`; a text value under `=` or `!=` may hold `*` as a wildcard. Times are epoch ms."""

    field: Field
    operator: Operator
    value: str | int


class OneOf(msgspec.Struct, frozen=True, tag=True):
    """`field IN (…)`."""

    field: Field
    values: tuple[str | int, ...]


class IsNull(msgspec.Struct, frozen=True, tag=True):
    """`field IS [not] null`; an unset time (0) is null."""

    field: Field
    negated: bool = False


class StartsWith(msgspec.Struct, frozen=True, tag=True):
    """`field STARTS_WITH prefix`."""

    field: Field
    prefix: str


class And(msgspec.Struct, frozen=True, tag=True):
    """All parts hold; an empty tuple is always true."""

    parts: tuple[Query, ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    """One of the parts holds."""

    parts: tuple[Query, ...]


Query = Comparison | OneOf | IsNull | StartsWith | And | Or
EVERYTHING = And(())


class Sort(msgspec.Struct, frozen=True):
    """One sort key."""

    field: Field
    descending: bool = False


class Search(msgspec.Struct, frozen=True):
    """One page of a search. `free_text` is a case-insensitive substring of the summary's JSON; "" = none."""

    query: Query = EVERYTHING
    free_text: str = ""
    start: int = 0
    size: int = 100
    sort: tuple[Sort, ...] = (Sort("startTime", descending=True),)
