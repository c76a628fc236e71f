"""A search cut into parts that no two rows share, so that each walks one index and SQLite merges them in order.

A part is made for an index; what a part holds besides is passed over while walking it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from engine.search import And, Comparison, Field, OneOf, Or, Query, Sort
from engine.search_rows import Value
from storage.search import COLUMNS
from storage.sqlite.conditions import Condition, compiled

OPEN: Condition = ("ended = 0", [])
ENDED: Condition = ("ended = 1", [])
NOT_COMPLETED: Condition = ("status <> 'COMPLETED'", [])
"""As the indexes of failures say it."""
MOST_PARTS = 24
MOST_VALUES = 5_000
"""IN lists that would make more parts, or parameters in all of them together, are left whole, their hits sorted.
SQLite takes 32,766 parameters, and each part may come several times.
"""


class Part(NamedTuple):
    """A condition, its parameters, and the index to walk ("" = SQLite chooses).

    `twin` names two columns that are equal in all of its rows: the first is read from the second, which has the index.
    """

    where: str
    values: list[Value]
    walk: str = ""
    twin: tuple[str, str] = ("", "")

    def rows(self, table: str) -> str:
        """What to select from."""
        return f"{table} indexed by {self.walk} where {self.where}" if self.walk else f"{table} where {self.where}"


def part(*conditions: Condition, walk: str = "", twin: tuple[str, str] = ("", "")) -> Part:
    """Where all of the conditions hold."""
    where = " and ".join(f"({text})" for text, _ in conditions)
    return Part(where, [value for _, values in conditions for value in values], walk, twin)


def union(columns: str, table: str, parts: Sequence[Part]) -> Condition:
    """These columns of the rows in all parts."""
    selects = [f"select {columns} from {part.rows(table)}" for part in parts]  # noqa: S608
    return " union all ".join(selects), values_of(parts)


def counted(table: str, part: Part) -> Condition:
    """Counts the rows of a part."""
    return f"select count(*) from {table} where {part.where}", part.values  # noqa: S608


def total_of(db: sqlite3.Connection, counts: Sequence[Condition]) -> int:
    """The sum of what these statements count."""
    return sum(int(db.execute(*count).fetchone()[0]) for count in counts)


def values_of(parts: Sequence[Part]) -> list[Value]:
    """The parameters of all parts."""
    return [value for part in parts for value in part.values]


def merged(table: str, key: Sequence[str], parts: Sequence[Part], sort: Sequence[Sort]) -> Condition:
    """The key columns of the rows in all parts, in order; lacks the values of the last two parameters, size and start.

    The sort keys stand behind the key columns and are named by their places, as a sort over a union needs it.
    """
    columns = list(dict.fromkeys([*key, *(COLUMNS[each.field] for each in sort)]))
    places = [f"{columns.index(COLUMNS[each.field]) + 1} {'desc' if each.descending else 'asc'}" for each in sort]
    selects = [f"select {_list(columns, part.twin)} from {part.rows(table)}" for part in parts]  # noqa: S608
    return f"{' union all '.join(selects)} order by {', '.join(places)} limit ? offset ?", values_of(parts)


def _list(columns: Sequence[str], twin: tuple[str, str]) -> str:
    return ", ".join(twin[1] if column == twin[0] else column for column in columns)


def spread(query: Query, named: frozenset[Field]) -> list[Query]:
    """The query once for each value of its IN lists of these fields, as a walk in order needs one value."""
    parts = query.parts if isinstance(query, And) else (query,)
    choices = [_values(part) if isinstance(part, OneOf) and part.field in named else [part] for part in parts]
    number = prod(map(len, choices))
    if not 1 < number <= MOST_PARTS or number * len(compiled(query)[1]) > MOST_VALUES:
        return [query]
    return [And(tuple(chosen)) for chosen in product(*choices)]


def _values(part: OneOf) -> list[Query]:
    distinct = dict.fromkeys(map(str, part.values))
    return [OneOf(part.field, (value,)) if "*" in value else Comparison(part.field, "=", value) for value in distinct]


def says(query: Query, test: Callable[[Query], bool]) -> bool:
    """Whether all that fits the query passes a test that some of its clauses guarantee."""
    match query:
        case And(parts):
            return any(says(part, test) for part in parts)
        case Or(parts):
            return bool(parts) and all(says(part, test) for part in parts)
        case _:
            return test(query)


def never_completed(query: Query) -> bool:
    """True for a clause that nothing COMPLETED fits."""
    match query:
        case Comparison("status", "=", value):
            return value != "COMPLETED" and "*" not in str(value)
        case Comparison("status", "!=", value):
            return value == "COMPLETED"
        case OneOf("status", values):
            return "COMPLETED" not in values
        case _:
            return False


def by_outcome(query: Query, outcomes: Sequence[str]) -> list[Query]:
    """A query that nothing COMPLETED fits, once for each other outcome unless it names one: these are indexed."""
    if not says(query, never_completed) or says(query, lambda clause: exact(clause, frozenset({"status"}))):
        return [query]
    return [And((Comparison("status", "=", outcome), query)) for outcome in outcomes]


def exact(query: Query, fields: frozenset[Field]) -> bool:
    """True for a clause that gives one of these fields a value, or a list of values."""
    match query:
        case Comparison(field, "=", value):
            return field in fields and "*" not in str(value)
        case OneOf(field):
            return field in fields
        case _:
            return False
