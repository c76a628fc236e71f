"""Queries as SQL over the columns of `summary` and `task`; `engine.search_rows` says what they mean.

Every value is a parameter.
"""

from __future__ import annotations

import msgspec

from engine.search import And, Comparison, Field, IsNull, OneOf, Or, Query, StartsWith
from engine.search_rows import Value, asked_value, wildcard
from storage.search import COLUMNS

Condition = tuple[str, list[Value]]
"""A piece of SQL and its parameters."""

_TRUE: Condition = ("1", [])
_FALSE: Condition = ("0", [])
_LIST = "(select value from json_each(?))"
"""One parameter for a whole list: SQLite bounds the number of parameters."""

_encode = msgspec.json.Encoder().encode


def condition(query: Query, free_text: str) -> Condition:
    """The condition of a query and a free text."""
    where, values = compiled(query)
    if not free_text:
        return where, values
    return f"({where}) and instr(lower(cast(doc as text)), lower(?)) > 0", [*values, free_text]


def joined(word: str, conditions: list[Condition]) -> Condition:
    """Joined as a balanced tree: SQLite bounds the depth of an expression, and a long chain is deep."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    (left, before), (right, after) = joined(word, conditions[:middle]), joined(word, conditions[middle:])
    return (f"({left} {word} {right})", [*before, *after])


def fields(query: Query) -> frozenset[Field]:
    """The fields that a query is about."""
    if isinstance(query, And | Or):
        return frozenset().union(*(fields(part) for part in query.parts))
    return frozenset({query.field})


def compiled(query: Query) -> Condition:
    """The condition of a query."""
    match query:
        case And(parts):
            return joined("and", [compiled(part) for part in parts]) if parts else _TRUE
        case Or(parts):
            return joined("or", [compiled(part) for part in parts]) if parts else _FALSE
        case IsNull("parentWorkflowId", negated):
            return (f"child = {int(negated)}", [])
        case IsNull(field, negated):
            return (f"{COLUMNS[field]} is {'not ' if negated else ''}null", [])
        case StartsWith(field, prefix):
            return (f"substr(cast({COLUMNS[field]} as text), 1, ?) = ?", [len(prefix), prefix])
        case OneOf(field, values):
            asked = [found for value in values if (found := asked_value(field, value)) is not None]
            return (f"{COLUMNS[field]} in {_LIST}", [_encode(asked).decode()])
        case Comparison():
            return _comparison(query)


def _comparison(comparison: Comparison) -> Condition:
    column, sign = COLUMNS[comparison.field], comparison.operator
    if pattern := wildcard(comparison.field, sign, comparison.value):
        like = f"{column} like ? escape '\\'"
        return (f"({column} is null or not {like})" if sign == "!=" else like, [_like(pattern)])
    asked = asked_value(comparison.field, comparison.value)
    if asked is None:
        return _TRUE if sign == "!=" else _FALSE
    return (f"{column} {'is not' if sign == '!=' else sign} ?", [asked])


def _like(pattern: str) -> str:
    for special in "\\%_":
        pattern = pattern.replace(special, "\\" + special)
    return pattern.replace("*", "%")
