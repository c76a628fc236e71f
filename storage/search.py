"""What a search means, for every store: columns, comparable values, and the predicate over rows in memory.

A row is the summary of an execution, or a task.

`field != value` is the negation of `=`, so it holds for an unset field. Every other comparison fails on an unset one.
Letters compare exactly, but `*` patterns and free text ignore the case of ASCII letters (as SQLite's LIKE does).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from engine.errors import InvalidInput
from engine.model import Summary, Task
from engine.search import (
    SEARCH_FIELDS,
    TASK_FIELDS,
    TEXT_FIELDS,
    TIME_FIELDS,
    And,
    Comparison,
    Field,
    IsNull,
    OneOf,
    Operator,
    Or,
    Query,
    Search,
    Sort,
    StartsWith,
)

Value = str | int
Row = TypeVar("Row", Summary, Task)
Predicate = Callable[[Summary | Task], bool]

COLUMNS: dict[Field, str] = {
    "workflowId": "workflow_id",
    "workflowType": "workflow_type",
    "correlationId": "correlation_id",
    "status": "status",
    "parentWorkflowId": "parent_workflow_id",
    "classifier": "classifier",
    "startTime": "start_time",
    "endTime": "end_time",
    "updateTime": "update_time",
    "version": "version",
    "priority": "priority",
    "taskId": "task_id",
    "taskType": "task_type",
    "taskDefName": "task_def_name",
    "scheduledTime": "scheduled_time",
}
SUMMARY_COLUMNS = {field: column for field, column in COLUMNS.items() if field in SEARCH_FIELDS}
TASK_COLUMNS = {field: column for field, column in COLUMNS.items() if field in TASK_FIELDS}

_TEST: dict[Operator, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
LONGEST_PATTERN = 10_000
_INT64 = 2**63 - 1
_json = msgspec.json.Encoder()


def stored_value(row: Summary | Task, field: Field) -> Value | None:
    """The comparable value of a field; None when it is unset (a time of 0 is)."""
    if field == "workflowId":
        return row.workflow_instance_id if isinstance(row, Task) else row.workflow_id
    value: Value | None = getattr(row, COLUMNS[field])
    return None if field in TIME_FIELDS and not value else value


def asked_value(field: Field, value: Value) -> Value | None:
    """A value of a query in the type of its field; None when no stored value can equal it."""
    if field in TEXT_FIELDS:
        return str(value)
    try:
        return max(-_INT64, min(int(value), _INT64))
    except ValueError:
        return None


def wildcard(field: Field, sign: Operator, value: Value) -> str | None:
    """The pattern, when this comparison is one; `InvalidInput` for one that no store could work off."""
    if field not in TEXT_FIELDS or sign not in ("=", "!=") or not isinstance(value, str) or "*" not in value:
        return None
    if len(value) > LONGEST_PATTERN:
        raise InvalidInput(f"A pattern with * may have {LONGEST_PATTERN} characters; the one for {field} is longer.")
    return value


def order_of(search: Search) -> tuple[Sort, ...]:
    """The sort keys of a search, made total: newest first by default, and ids break ties."""
    return (*(search.sort or (Sort("startTime", descending=True),)), Sort("workflowId"))


def task_order_of(search: Search) -> tuple[Sort, ...]:
    """The same for a search for tasks."""
    return (*(search.sort or (Sort("startTime", descending=True),)), Sort("taskId"))


def summary_json(summary: Summary) -> str:
    """The text that free text is looked for in."""
    return _json.encode(summary).decode()


def matches(wanted: Query, free_text: str) -> Predicate:
    """The predicate of a query and a free text."""
    query, needle = predicate(wanted), free_text.encode().lower()
    if not needle:
        return query
    return lambda row: query(row) and needle in _json.encode(row).lower()


def predicate(query: Query) -> Predicate:
    """What `query` says of one row."""
    match query:
        case And(parts):
            tests = [predicate(part) for part in parts]
            return lambda row: all(test(row) for test in tests)
        case Or(parts):
            tests = [predicate(part) for part in parts]
            return lambda row: any(test(row) for test in tests)
        case IsNull(field, negated):
            return lambda row: (stored_value(row, field) is None) != negated
        case StartsWith(field, prefix):
            return _known(field, lambda value: str(value).startswith(prefix))
        case OneOf(field, values):
            wanted = {asked_value(field, value) for value in values}
            return _known(field, lambda value: value in wanted)
        case Comparison():
            return _comparison(query)


def in_order(rows: Iterable[Row], sort: tuple[Sort, ...]) -> list[Row]:
    """Sorted by all keys; unset values are lowest."""
    ordered = list(rows)
    for key in reversed(sort):
        ordered.sort(key=lambda row: _sort_value(row, key.field), reverse=key.descending)
    return ordered


def _sort_value(row: Summary | Task, field: Field) -> tuple[bool, Value]:
    value = stored_value(row, field)
    return (value is not None, value if value is not None else 0)


def _known(field: Field, test: Callable[[Value], bool]) -> Predicate:
    def holds(row: Summary | Task) -> bool:
        value = stored_value(row, field)
        return value is not None and test(value)

    return holds


def _comparison(comparison: Comparison) -> Predicate:
    field, sign = comparison.field, comparison.operator
    positive = _known(field, _value_test(field, "=" if sign == "!=" else sign, comparison.value))
    return (lambda row: not positive(row)) if sign == "!=" else positive


def _value_test(field: Field, sign: Operator, value: Value) -> Callable[[Value], bool]:
    if pattern := wildcard(field, sign, value):
        return _like(pattern)
    asked, test = asked_value(field, value), _TEST[sign]
    if asked is None:
        return lambda _: False
    return lambda stored: test(stored, asked)


def _like(pattern: str) -> Callable[[Value], bool]:
    """`*` stands for any text; one pass, so that no pattern is expensive."""
    first, *middle, last = pattern.encode().lower().split(b"*")

    def test(value: Value) -> bool:
        text = str(value).encode().lower()
        position, end = len(first), len(text) - len(last)
        if position > end or not text.startswith(first) or not text.endswith(last):
            return False
        for part in middle:
            at = text.find(part, position, end)
            if at < 0:
                return False
            position = at + len(part)
        return True

    return test
