"""Searches as SQL over the columns of `summary`; `storage.search` says what they mean. Every value is a parameter."""

from __future__ import annotations

import sqlite3

import msgspec

from engine.model import Summary
from engine.ports import Page
from engine.search import And, Comparison, Field, IsNull, OneOf, Or, Query, Search, Sort, StartsWith
from storage.search import COLUMNS, Value, asked_value, order_of, wildcard
from storage.sqlite.reads import one_state

Condition = tuple[str, list[Value]]
"""A piece of SQL and its parameters."""

_TRUE: Condition = ("1", [])
_FALSE: Condition = ("0", [])
_TALLIED = frozenset({"workflowType", "status"})
_LIST = "(select value from json_each(?))"
"""One parameter for a whole list: SQLite bounds the number of parameters."""

_summary = msgspec.json.Decoder(Summary)
_encode = msgspec.json.Encoder().encode


def page_of(db: sqlite3.Connection, wanted: Search) -> Page:
    """One page, and the exact number of hits."""
    where, values = condition(wanted)
    ids = f"select id from summary where {where} order by {_order(wanted)} limit ? offset ?"  # noqa: S608
    with one_state(db):
        total = _total(db, wanted, where, values)
        # Only ids are sorted, so that a sort without an index does not carry the documents along.
        hits = db.execute(ids, [*values, wanted.size, wanted.start]).fetchall()
        found = [db.execute("select doc from summary where id = ?", hit).fetchone()[0] for hit in hits]
    return Page(total, tuple([_summary.decode(doc) for doc in found]))


def condition(wanted: Search) -> Condition:
    """The condition of a search: its query and its free text."""
    where, values = _compile(wanted.query)
    if not wanted.free_text:
        return where, values
    return f"({where}) and instr(lower(doc), lower(?)) > 0", [*values, wanted.free_text]


def _total(db: sqlite3.Connection, wanted: Search, where: str, values: list[Value]) -> int:
    if wanted.free_text or not _fields(wanted.query) <= _TALLIED:
        statement = f"select count(*) from summary where {where}"  # noqa: S608
    else:
        statement = f"select coalesce(sum(n), 0) from tally where {where}"  # noqa: S608
    return int(db.execute(statement, values).fetchone()[0])


def _order(wanted: Search) -> str:
    return ", ".join(_order_key(key) for key in order_of(wanted))


def _order_key(key: Sort) -> str:
    return f"{COLUMNS[key.field]} {'desc' if key.descending else 'asc'}"


def _fields(query: Query) -> frozenset[Field]:
    if isinstance(query, And | Or):
        return frozenset().union(*(_fields(part) for part in query.parts))
    return frozenset({query.field})


def _compile(query: Query) -> Condition:
    match query:
        case And(parts):
            return _joined("and", [_compile(part) for part in parts]) if parts else _TRUE
        case Or(parts):
            return _joined("or", [_compile(part) for part in parts]) if parts else _FALSE
        case IsNull(field, negated):
            return (f"{COLUMNS[field]} is {'not ' if negated else ''}null", [])
        case StartsWith(field, prefix):
            return (f"substr(cast({COLUMNS[field]} as text), 1, ?) = ?", [len(prefix), prefix])
        case OneOf(field, values):
            asked = [found for value in values if (found := asked_value(field, value)) is not None]
            return (f"{COLUMNS[field]} in {_LIST}", [_encode(asked).decode()])
        case Comparison():
            return _comparison(query)


def _joined(word: str, conditions: list[Condition]) -> Condition:
    """Joined as a balanced tree: SQLite bounds the depth of an expression, and a long chain is deep."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    (left, before), (right, after) = _joined(word, conditions[:middle]), _joined(word, conditions[middle:])
    return (f"({left} {word} {right})", [*before, *after])


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
