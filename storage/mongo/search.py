"""Searches as queries over the columns of `summaries`; `engine.search_rows` says what they mean."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence, Set
from typing import Any

import msgspec
from pymongo.asynchronous.collection import AsyncCollection

from engine.errors import InvalidInput
from engine.model import Summary
from engine.ports import Page
from engine.search import TEXT_FIELDS, And, Comparison, Field, IsNull, OneOf, Or, Query, Search, Sort, StartsWith
from engine.search_rows import Value, asked_value, wildcard
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections
from storage.search import COLUMNS, order_of

_TRUE: Doc = {}
_FALSE: Doc = {"_id": {"$in": []}}
_THERE: Doc = {"workflow_type": {"$gte": ""}}
"""Not what is left of a removed execution."""
_SILENT = frozenset({"workflowId"})
"""What a removed execution keeps."""
_RANGES = frozenset({"$lt", "$gt", "$lte", "$gte"})
_SIGNS = {"<": "$lt", ">": "$gt", "<=": "$lte", ">=": "$gte", "!=": "$ne"}
_END = "(?![\\s\\S])"
"""The very end of a text; `$` would also match before a last line break."""
_LONGEST = 32_000
"""Characters of a regular expression that MongoDB takes."""
_DIGITS = 19

_summary = msgspec.json.Decoder(Summary)


async def page_of(collections: Collections, wanted: Search, only: Doc | None = None) -> Page:
    """One page, and the exact number of hits at about the same moment; `only` is a condition beside the search's."""
    where = _all([condition(wanted), only or {}])
    sort = _sort(order_of(wanted))

    total, docs = await found_in(collections.summaries, where, sort, wanted)
    return Page(total, tuple(map(_summary.decode, docs)))


async def found_in(
    rows: AsyncCollection[Doc], where: Doc, sort: dict[str, int], wanted: Search
) -> tuple[int, list[bytes]]:
    """How many fit, and the documents of the page that is wanted."""

    async def page() -> list[Doc]:
        if not wanted.size:
            return []
        fits, order = rows.find, list(sort.items())
        return await listed(lambda: fits(where, {"doc": 1}).sort(order).skip(wanted.start).limit(wanted.size))

    total, hits = await asyncio.gather(insist(lambda: rows.count_documents(where)), page())
    return total, [row["doc"] for row in hits]


def condition(wanted: Search) -> Doc:
    """The condition of a search: its query and its free text."""
    found = compiled(wanted.query, wanted.free_text)
    return found if wanted.free_text or tells(wanted.query, _SILENT) else _all([found, _THERE])


def compiled(query: Query, free_text: str) -> Doc:
    """What a query and a free text ask, whatever is left of what was removed."""
    return _all([_compile(query), *([{"doc": _regex(_any_case(free_text))}] if free_text else [])])


def _sort(order: Sequence[Sort]) -> dict[str, int]:
    """A column that comes again decides nothing. Whoever sorts by id first has the index that every collection has."""
    if order[0].field == "workflowId":
        return {"_id": -1 if order[0].descending else 1}
    sort: dict[str, int] = {}
    for key in order:
        sort.setdefault(COLUMNS[key.field], -1 if key.descending else 1)
    return sort


def _column(field: Field) -> str:
    return "_id" if field == "workflowId" else COLUMNS[field]


def tells(query: Query, silent: Set[Field]) -> bool:
    """True when nothing that has only the `silent` fields left fits this query."""
    match query:
        case And(parts):
            return any(tells(part, silent) for part in parts)
        case Or(parts):
            return all(tells(part, silent) for part in parts)
        case IsNull(field, negated):
            return negated and field not in silent
        case Comparison(field, sign):
            return sign != "!=" and field not in silent
        case OneOf(field) | StartsWith(field):
            return field not in silent


def _all(parts: list[Doc]) -> Doc:
    """One flat document where each column stands once, which every planner understands; else a conjunction."""
    flat: Doc = {}
    for part in parts:
        for column, asked in part.items():
            if column not in flat:
                flat[column] = asked
            elif _is_range(flat[column]) and _is_range(asked) and not flat[column].keys() & asked.keys():
                flat[column] = {**flat[column], **asked}
            else:
                return {"$and": [part for part in parts if part]}
    return flat


def _is_range(asked: Any) -> bool:
    return isinstance(asked, dict) and asked.keys() <= _RANGES


def _compile(query: Query) -> Doc:
    match query:
        case And(parts):
            return _all([_compile(part) for part in parts])
        case Or(parts):
            return _any([_compile(part) for part in parts])
        case IsNull(field, negated):
            return {_column(field): {"$ne" if negated else "$eq": None}}
        case StartsWith(field, prefix):
            return _prefix(field, prefix)
        case OneOf(field, values):
            asked = [found for value in values if (found := asked_value(field, value)) is not None]
            return {_column(field): {"$in": asked}}
        case Comparison():
            return _comparison(query)


def _any(parts: list[Doc]) -> Doc:
    if not all(parts):
        return _TRUE
    return parts[0] if len(parts) == 1 else {"$or": parts} if parts else _FALSE


def _comparison(comparison: Comparison) -> Doc:
    column, sign = _column(comparison.field), comparison.operator
    if pattern := wildcard(comparison.field, sign, comparison.value):
        like = {column: _regex(_like(pattern))}
        return {"$nor": [like]} if sign == "!=" else like
    asked: Value | None = asked_value(comparison.field, comparison.value)
    if asked is None:
        return _TRUE if sign == "!=" else _FALSE
    return {column: asked if sign == "=" else {_SIGNS[sign]: asked}}


def _like(pattern: str) -> str:
    """Parts between wildcards are taken as early as possible, so a long text costs no more than one pass."""
    parts = re.sub(r"\*+", "*", pattern).split("*")
    return "^" + "[\\s\\S]*".join(_any_case(part) for part in parts) + _END


def _any_case(text: str) -> str:
    """Only letters of ASCII match in both cases; the option for it would fold all alphabets."""
    return "".join(
        f"[{letter.lower()}{letter.upper()}]" if letter.isascii() and letter.isalpha() else re.escape(letter)
        for letter in text
    )


def _regex(expression: str) -> Doc:
    if len(expression) > _LONGEST:
        raise InvalidInput("The text to search for is too long.")
    return {"$regex": expression}


def _prefix(field: Field, prefix: str) -> Doc:
    column = _column(field)
    if not prefix:
        return {column: {"$ne": None}}
    if field in TEXT_FIELDS:
        return {column: {"$gte": prefix, **_below(prefix)}}
    return _any([{column: {"$gte": low, "$lte": high}} for low, high in _numbers(prefix)])


def _below(prefix: str) -> Doc:
    """The first text in the order of code points that is behind all that begin like this."""
    for end in range(len(prefix), 0, -1):
        point = ord(prefix[end - 1]) + 1
        if point <= sys.maxunicode:
            following = chr(0xE000 if 0xD800 <= point < 0xE000 else point)
            return {"$lt": prefix[: end - 1] + following}
    return {}


def _numbers(prefix: str) -> list[tuple[int, int]]:
    """The ranges of whole numbers whose digits begin like this: 1, 10 to 19, 100 to 199 ..."""
    if not re.fullmatch("0|[1-9][0-9]*", prefix):
        return []
    if prefix == "0":
        return [(0, 0)]
    widths = [10**more for more in range(_DIGITS - len(prefix))]
    return [(int(prefix) * width, (int(prefix) + 1) * width - 1) for width in widths]
