"""Totals of searches for executions: sums over `tally`, and for the ends of a time range a count in an index.

What lies in stretches of 2^26 ms that are wholly in a range is a sum; at each end there remain some of 2^20 ms, which
are another, and less than one of these, which is counted.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.search import And, Comparison, IsNull, Or, Query
from engine.search_rows import asked_value
from storage.sqlite.conditions import Condition, compiled
from storage.sqlite.tallies import SPANS

_TALLIED = frozenset({"workflowType", "status", "classifier"})
_TALLY = """(select span, bucket, workflow_type, status, child, iif(class = '', null, substr(class, 2)) as classifier, n
    from tally)"""
_ALWAYS = 2**62
"""Later than any time, and a multiple of every stretch, so that an open end leaves nothing to count."""


class Uncounted(Exception):
    """The tally does not know what the query asks for."""


class Range(NamedTuple):
    """Start times from `low` on, below `high`."""

    low: int
    high: int


def tallied(query: Query) -> tuple[list[Condition], list[Query]]:
    """Statements that add up most of the hits, and queries for the hits that remain to be counted.

    Raises `Uncounted` for a query that asks for more than kinds and a range of start times.
    """
    kinds, times = _split(query)
    if times is None:
        return [_sum(kinds, 0, Range(0, 1))], []
    sums, edges = [], [times]
    for span in SPANS:
        inner = [(edge, _whole(edge, span)) for edge in edges]
        sums += [_sum(kinds, span, whole) for _, whole in inner if whole.low < whole.high]
        edges = [rest for edge, whole in inner for rest in _around(edge, whole, span)]
    return sums, [_at(kinds, edge) for edge in edges]


def _split(query: Query) -> tuple[And, Range | None]:
    """What the query says of kinds, and of start times (None = nothing)."""
    parts = query.parts if isinstance(query, And) else (query,)
    times = [part for part in parts if isinstance(part, Comparison) and part.field == "startTime"]
    kinds = tuple(part for part in parts if part not in times)
    if not all(map(_is_kind, kinds)):
        raise Uncounted
    range_ = Range(-_ALWAYS, _ALWAYS)
    for time in times:
        range_ = _narrowed(range_, time)
    return And(kinds), range_ if times else None


def _is_kind(query: Query) -> bool:
    match query:
        case And(parts) | Or(parts):
            return all(map(_is_kind, parts))
        case IsNull("parentWorkflowId"):
            return True
        case _:
            return query.field in _TALLIED


def _narrowed(range_: Range, time: Comparison) -> Range:
    value = asked_value("startTime", time.value)
    if not isinstance(value, int):
        raise Uncounted
    match time.operator:
        case ">":
            return Range(max(range_.low, value + 1), range_.high)
        case ">=":
            return Range(max(range_.low, value), range_.high)
        case "<":
            return Range(range_.low, min(range_.high, value))
        case "<=":
            return Range(range_.low, min(range_.high, value + 1))
        case _:
            raise Uncounted


def _whole(range_: Range, span: int) -> Range:
    """The buckets that lie wholly in a range."""
    return Range(-(-range_.low >> span), range_.high >> span)


def _around(range_: Range, whole: Range, span: int) -> list[Range]:
    """What whole buckets leave of a range."""
    if whole.low >= whole.high:
        return [range_] if range_.low < range_.high else []
    ends = (Range(range_.low, whole.low << span), Range(whole.high << span, range_.high))
    return [end for end in ends if end.low < end.high]


def _sum(kinds: And, span: int, buckets: Range) -> Condition:
    where, values = compiled(kinds)
    places = "span = ? and bucket >= ? and bucket < ?"
    return f"select coalesce(sum(n), 0) from {_TALLY} where {places} and ({where})", [span, *buckets, *values]  # noqa: S608


def _at(kinds: And, edge: Range) -> Query:
    return And((*kinds.parts, Comparison("startTime", ">=", edge.low), Comparison("startTime", "<", edge.high)))
