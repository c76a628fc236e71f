"""The values of a search as their columns hold them: text, whole numbers, times in epoch milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from engine.search import NUMBER_FIELDS, TIME_FIELDS, Field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


def column_value(field: Field, text: str) -> str | int:
    """The text as a value of the column; ValueError says what the column holds instead."""
    if field in TIME_FIELDS:
        return _time(field, text)
    if field in NUMBER_FIELDS:
        return _number(field, text, "a whole number")
    return text


def _time(field: Field, text: str) -> int:
    if _NUMBER.fullmatch(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _number(field, text, "epoch milliseconds or an ISO-8601 time")
    # A time without a zone is UTC, as in the answers.
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)


def _number(field: Field, text: str, kind: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{kind} for {field}, not '{text}'")
    return int(text)
