"""The search grammar's syntax tree; `engine.search_parser` makes it, every store compiles it."""

from __future__ import annotations

from typing import Literal

import msgspec

Field = str
"""A declared column of `SEARCH_FIELDS`, or of `TASK_FIELDS` in a search for tasks."""

Operator = Literal["=", "!=", "<", ">", "<=", ">="]

_SHARED_TEXTS = frozenset({"workflowId", "workflowType", "correlationId", "status"})
_SHARED_TIMES = frozenset({"startTime", "endTime", "updateTime"})
NUMBER_FIELDS = frozenset({"version", "priority"})
SEARCH_FIELDS = _SHARED_TEXTS | _SHARED_TIMES | NUMBER_FIELDS | {"parentWorkflowId", "classifier"}
"""What executions are searched by."""
TASK_FIELDS = _SHARED_TEXTS | _SHARED_TIMES | {"taskId", "taskType", "taskDefName", "scheduledTime"}
"""What tasks are searched by; a name that executions have too is a column of the same kind."""
_SCHEDULE_TEXTS = frozenset({"executionId", "scheduleName", "state", "workflowName"})
SCHEDULE_FIELDS = _SCHEDULE_TEXTS | {
    "workflowId",
    "workflowType",
    "status",
    "startTime",
    "scheduledTime",
    "executionTime",
}
"""What the records of schedules are searched by."""
TEXT_FIELDS = _SHARED_TEXTS | _SCHEDULE_TEXTS | {"parentWorkflowId", "classifier", "taskId", "taskType", "taskDefName"}
TIME_FIELDS = _SHARED_TIMES | {"scheduledTime", "executionTime"}


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


class HasTask(msgspec.Struct, frozen=True):
    """Executions with a task that fits; `query` is over `TASK_FIELDS`."""

    query: Query = EVERYTHING
    free_text: str = ""


class Search(msgspec.Struct, frozen=True):
    """One page of a search. `free_text` is a substring, in any case, of the JSON of a summary, or of a task in a search
    for tasks; "" = none."""

    query: Query = EVERYTHING
    free_text: str = ""
    start: int = 0
    size: int = 100
    sort: tuple[Sort, ...] = (Sort("startTime", descending=True),)
    has_task: HasTask | None = None
    """Only in searches for executions; None = whatever tasks they have."""
