"""What a search says of rows in memory: the one predicate, for whatever has columns.

`field != value` is the negation of `=`, so it holds for an unset field. Every other comparison fails on an unset one.
Letters compare exactly, but `*` patterns ignore the case of ASCII letters (as SQLite's LIKE does).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from engine.errors import InvalidInput
from engine.search import TEXT_FIELDS, And, Comparison, Field, IsNull, OneOf, Operator, Or, Query, Sort, StartsWith

Value = str | int
Row = TypeVar("Row")
Predicate = Callable[[Row], bool]

_TEST: dict[Operator, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
LONGEST_PATTERN = 10_000
_INT64 = 2**63 - 1


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


class RowSearch(Generic[Row]):
    """Searches rows of one kind. `value` is the comparable value of a row's field, None when it is unset."""

    def __init__(self, value: Callable[[Row, Field], Value | None]) -> None:
        self._value = value

    def predicate(self, query: Query) -> Predicate[Row]:
        """What `query` says of one row."""
        match query:
            case And(parts):
                every = [self.predicate(part) for part in parts]
                return lambda row: all(test(row) for test in every)
            case Or(parts):
                some = [self.predicate(part) for part in parts]
                return lambda row: any(test(row) for test in some)
            case IsNull(field, negated):
                return lambda row: (self._value(row, field) is None) != negated
            case StartsWith(field, prefix):
                return self._known(field, lambda value: str(value).startswith(prefix))
            case OneOf(field, values):
                wanted = {asked_value(field, value) for value in values}
                return self._known(field, lambda value: value in wanted)
            case Comparison():
                return self._comparison(query)

    def in_order(self, rows: Iterable[Row], sort: Iterable[Sort]) -> list[Row]:
        """Sorted by all keys; unset values are lowest, equal rows stay in their order."""
        ordered = list(rows)
        for key in reversed(tuple(sort)):
            ordered.sort(key=lambda row: self._sort_value(row, key.field), reverse=key.descending)
        return ordered

    def _sort_value(self, row: Row, field: Field) -> tuple[bool, Value]:
        value = self._value(row, field)
        return (value is not None, value if value is not None else 0)

    def _known(self, field: Field, test: Callable[[Value], bool]) -> Predicate[Row]:
        def holds(row: Row) -> bool:
            value = self._value(row, field)
            return value is not None and test(value)

        return holds

    def _comparison(self, comparison: Comparison) -> Predicate[Row]:
        field, sign = comparison.field, comparison.operator
        positive = self._known(field, _value_test(field, "=" if sign == "!=" else sign, comparison.value))
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
