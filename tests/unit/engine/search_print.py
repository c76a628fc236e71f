"""Search queries as text, for the tests that read them back."""

from __future__ import annotations

from engine.search import And, Comparison, IsNull, OneOf, Or, Query, StartsWith


def print_query(query: Query) -> str:
    """The query in the grammar of `engine.search_parser`; text values are quoted, times are epoch milliseconds."""
    match query:
        case Comparison(field=field, operator=operator, value=value):
            return f"{field} {operator} {_value(value)}"
        case OneOf(field=field, values=values):
            return f"{field} IN ({', '.join(map(_value, values))})"
        case IsNull(field=field, negated=negated):
            return f"{field} IS {'not ' if negated else ''}null"
        case StartsWith(field=field, prefix=prefix):
            return f"{field} STARTS_WITH {_value(prefix)}"
        case And(parts=parts):
            return " AND ".join(map(_inner, parts))
        case Or(parts=parts):
            return " OR ".join(map(_inner, parts))


def _inner(query: Query) -> str:
    return f"({print_query(query)})" if isinstance(query, And | Or) else print_query(query)


def _value(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
