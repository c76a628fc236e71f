"""Search parameters to a `Search` (api/search "Ours"): a superset of what any store of the reference understands.

    query = and { "OR" and } ;  and = term { "AND" term }
    term  = "(" query ")" | field op value | field "IN" "(" value { "," value } ")"
          | field "BETWEEN" value "AND" value | field "IS" [ "not" ] "null" | field "STARTS_WITH" value

AND and OR count in capitals only: `rock and roll` is a value. A clause about an unknown field is left out, as the
reference's default store does. Nested ANDs and ORs are flattened, so equal queries have equal trees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import cast

from engine.errors import InvalidInput, Violation
from engine.search import (
    EVERYTHING,
    SCHEDULE_FIELDS,
    SEARCH_FIELDS,
    TASK_FIELDS,
    TEXT_FIELDS,
    And,
    Comparison,
    Field,
    HasTask,
    IsNull,
    OneOf,
    Operator,
    Or,
    Query,
    Search,
    Sort,
    StartsWith,
)
from engine.search_summary_text import JSON_DATA, without_summary_text
from engine.search_text import SearchText, Unreadable, Value
from engine.search_values import column_value

MAX_SIZE = 5000
MAX_DEPTH = 50
"""How deep parentheses may be nested."""

_BARE = re.compile(r"""\s*((?!.*\s(?:IN|IS|BETWEEN|STARTS_WITH)\s)[^=<>!()'"\s](?:[^=<>!()'"]*[^=<>!()'"\s])?)\s*""")
"""A query without any operator."""
_ENDS = frozenset({"AND", "OR"})


def parse_search(
    query: str | None = None,
    free_text: str | None = None,
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
    *,
    classifier: str | None = None,
    top_level_only: bool = False,
) -> Search:
    """One page of a search as its parameters ask for it; InvalidInput says what cannot be understood, and where.

    `classifier` is a comma-separated list of which one must hold; `top_level_only` leaves sub-workflows out.
    """
    _check_page(start, size)
    wanted, text = _parse_summary_query(query or "", free_text, SEARCH_FIELDS)
    parts = [wanted]
    classes = [name.strip() for name in (classifier or "").split(",") if name.strip()]
    if classes:
        parts.append(_one_of("classifier", classes))
    if top_level_only:
        parts.append(IsNull("parentWorkflowId"))
    return Search(_all(parts), text, start, size, _parse_sort(sort or "", SEARCH_FIELDS))


def parse_task_search(
    query: str | None = None, free_text: str | None = None, start: int = 0, size: int = 100, sort: str | None = None
) -> Search:
    """One page of a search for tasks, by the same grammar over the columns of tasks."""
    _check_page(start, size)
    wanted, text = _parse_summary_query(query or "", free_text, TASK_FIELDS)
    return Search(wanted, text, start, size, _parse_sort(sort or "", TASK_FIELDS))


def parse_search_by_tasks(
    query: str | None = None, free_text: str | None = None, start: int = 0, size: int = 100, sort: str | None = None
) -> Search:
    """One page of the executions that have a task which the query and the free text fit; sorted as executions are."""
    _check_page(start, size)
    wanted = HasTask(*_parse_summary_query(query or "", free_text, TASK_FIELDS))
    return Search(start=start, size=size, sort=_parse_sort(sort or "", SEARCH_FIELDS), has_task=wanted)


def parse_schedule_execution_search(
    query: str | None = None, free_text: str | None = None, start: int = 0, size: int = 100, sort: str | None = None
) -> Search:
    """One page of a search for what schedules have started, by the same grammar over its columns.

    A query that is no clause is the name of a schedule, as in the reference.
    """
    _check_page(start, size)
    name = _BARE.fullmatch(query or "")
    wanted = Comparison("scheduleName", "=", name[1]) if name else _parse_query(query or "", SCHEDULE_FIELDS)
    return Search(wanted, _free_text(free_text), start, size, _parse_sort(sort or "", SCHEDULE_FIELDS))


def _free_text(text: str | None) -> str:
    given = (text or "").strip()
    return "" if given == "*" else given


def _check_page(start: int, size: int) -> None:
    violations = []
    if start < 0:
        violations.append(Violation("searchWorkflows.arg0", "start must be greater than or equal to 0", str(start)))
    if size < 0:
        violations.append(Violation("searchWorkflows.arg1", "size must be greater than or equal to 0", str(size)))
    if size > MAX_SIZE:
        message = f"Cannot return more than {MAX_SIZE} workflows. Please use pagination."
        violations.append(Violation("searchWorkflows.arg1", message, str(size)))
    if violations:
        raise InvalidInput("Validation failed, check below errors for detail.", violations)


def _parse_sort(text: str, fields: frozenset[Field]) -> tuple[Sort, ...]:
    """The valid entries of `field:ASC|field:DESC`; the newest first when there is none."""
    entries = (entry.split(":") for entry in text.split("|"))
    keys = {
        field.strip(): direction.strip().upper() == "DESC"
        for field, direction in (entry for entry in entries if len(entry) == 2)
        if field.strip() in fields and direction.strip().upper() in {"ASC", "DESC"}
    }
    return tuple(Sort(field, descending) for field, descending in keys.items()) or Search().sort


def _parse_summary_query(text: str, free_text: str | None, fields: frozenset[Field]) -> tuple[Query, str]:
    """A query and a free text over rows that have a summary."""
    return without_summary_text(_parse_query(text, fields | {JSON_DATA}), _free_text(free_text))


def _parse_query(text: str, fields: frozenset[Field]) -> Query:
    if not text.strip():
        return EVERYTHING
    cursor = SearchText(text, fields)
    try:
        query = _alternatives(cursor, 0)
        if not cursor.at_end:
            raise cursor.expected("AND, OR or the end")
    except Unreadable as error:
        message = f"Incorrectly formatted query string: {text} (column {error.position + 1}: expected {error})"
        raise InvalidInput(message) from error
    return query or EVERYTHING


# What follows answers None for a part that is left out because its field is unknown.


def _alternatives(cursor: SearchText, depth: int) -> Query | None:
    return _chain(cursor, depth, "OR", _conjunction, _any)


def _conjunction(cursor: SearchText, depth: int) -> Query | None:
    return _chain(cursor, depth, "AND", _term, _all)


def _chain(
    cursor: SearchText,
    depth: int,
    keyword: str,
    part: Callable[[SearchText, int], Query | None],
    join: Callable[[Iterable[Query]], Query],
) -> Query | None:
    parts = [part(cursor, depth)]
    while cursor.take_keyword(keyword, any_case=False):
        parts.append(part(cursor, depth))
    known = [query for query in parts if query is not None]
    return join(known) if known else None


def _term(cursor: SearchText, depth: int) -> Query | None:
    if not cursor.take_sign("("):
        return _clause(cursor)
    if depth == MAX_DEPTH:
        raise cursor.expected(f"at most {MAX_DEPTH} parentheses inside each other")
    query = _alternatives(cursor, depth + 1)
    if not cursor.take_sign(")"):
        raise cursor.expected("AND, OR or )")
    return query


def _clause(cursor: SearchText) -> Query | None:
    field = cursor.take_field()
    if field is None:
        raise cursor.expected("a field name")
    for keyword, rest in _KEYWORD_CLAUSES.items():
        if cursor.take_keyword(keyword):
            return rest(cursor, field)
    operator = cursor.take_operator()
    if operator is None:
        raise cursor.expected(f"an operator behind {field}: =, !=, <, >, <=, >=, {', '.join(_KEYWORD_CLAUSES)}")
    return _comparison(cursor, field, cast(Operator, operator), cursor.take_value(_ENDS))


def _comparison(cursor: SearchText, field: Field, operator: Operator, value: Value) -> Query | None:
    if field not in cursor.fields:
        return None
    column = _column(field, value)
    if column == "" and operator in {"=", "!="}:
        # `parentWorkflowId=""` is how the reference asks for workflows without a parent.
        return IsNull(field, negated=operator == "!=")
    if field == "classifier" and operator == "=":
        return _one_of(field, [str(column)])
    return Comparison(field, operator, column)


def _in(cursor: SearchText, field: Field) -> Query | None:
    if not cursor.take_sign("("):
        raise cursor.expected("( behind IN")
    values = [cursor.take_value(frozenset())]
    while cursor.take_sign(","):
        values.append(cursor.take_value(frozenset()))
    if not cursor.take_sign(")"):
        raise cursor.expected(", or )")
    if field not in cursor.fields:
        return None
    if len(values) == 1:
        # As in the reference, so that a wildcard works in a list of one.
        return _comparison(cursor, field, "=", values[0])
    return _one_of(field, [_column(field, value) for value in values])


def _between(cursor: SearchText, field: Field) -> Query | None:
    low = cursor.take_value(_ENDS)
    if not cursor.take_keyword("AND"):
        raise cursor.expected("AND and the upper value of BETWEEN")
    high = cursor.take_value(_ENDS)
    if field not in cursor.fields:
        return None
    return And((Comparison(field, ">=", _column(field, low)), Comparison(field, "<=", _column(field, high))))


def _is(cursor: SearchText, field: Field) -> Query | None:
    negated = cursor.take_keyword("NOT")
    if not cursor.take_keyword("NULL"):
        raise cursor.expected("null or not null behind IS")
    return IsNull(field, negated) if field in cursor.fields else None


def _starts_with(cursor: SearchText, field: Field) -> Query | None:
    position, prefix = cursor.position, cursor.take_value(_ENDS).text
    if field in cursor.fields and field not in TEXT_FIELDS:
        raise Unreadable(position, f"no STARTS_WITH for {field}, which is not a text")
    return StartsWith(field, prefix) if field in cursor.fields else None


_KEYWORD_CLAUSES: dict[str, Callable[[SearchText, Field], Query | None]] = {
    "IN": _in,
    "BETWEEN": _between,
    "IS": _is,
    "STARTS_WITH": _starts_with,
}


def _column(field: Field, value: Value) -> str | int:
    try:
        return column_value(field, value.text)
    except ValueError as error:
        raise Unreadable(value.position, str(error)) from error


def _one_of(field: Field, values: list[str | int] | list[str]) -> Query:
    """The field has one of the values; a workflow without a classifier is of the class `workflow` (api/search)."""
    distinct = tuple(dict.fromkeys(values))
    query: Query = Comparison(field, "=", distinct[0]) if len(distinct) == 1 else OneOf(field, distinct)
    return Or((query, IsNull(field))) if field == "classifier" and "workflow" in distinct else query


def _all(parts: Iterable[Query]) -> Query:
    flat = _distinct(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)


def _any(parts: Iterable[Query]) -> Query:
    flat = _distinct(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,)))
    return flat[0] if len(flat) == 1 else Or(flat)


def _distinct(parts: Iterable[Query]) -> tuple[Query, ...]:
    return tuple(dict.fromkeys(parts))
