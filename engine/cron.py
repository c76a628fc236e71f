"""Cron expressions as Conductor understands them, which is as Spring does: six fields, the seconds first.

    second 0-59 | minute 0-59 | hour 0-23 | day of month 1-31 | month 1-12 or JAN-DEC | day of week 0-7 or MON-SUN

    field = item { "," item } ;  item = ( "*" | number [ "-" number ] ) [ "/" step ]

`n/step` runs to the end of the field. The day fields also take `?` for `*`, days of the month `L`, `L-n`, `LW` and
`nW`, days of the week `nL` and `n#k` (`engine.cron_days`). Sunday is 0 or 7. Names count in any case,
L and W do not. A day has to fit
both day fields, unlike in the cron of Unix. `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight` and
`@hourly` stand for whole expressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from engine.cron_days import (
    DayRule,
    LastDay,
    LastWeekday,
    LastWorkday,
    NearestWorkday,
    NthWeekday,
    OnDays,
    OnWeekdays,
)
from engine.errors import InvalidInput

_MACROS: Mapping[str, str] = MappingProxyType(
    {
        "@yearly": "0 0 0 1 1 *",
        "@annually": "0 0 0 1 1 *",
        "@monthly": "0 0 0 1 * *",
        "@weekly": "0 0 0 * * 0",
        "@daily": "0 0 0 * * *",
        "@midnight": "0 0 0 * * *",
        "@hourly": "0 0 * * * *",
    }
)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_FIELDS = "second, minute, hour, day of month, month, day of week"
_DIGITS = re.compile(r"\+?[0-9]{1,9}")


class BadCron(InvalidInput):
    """The cron expression cannot be read."""


class Cron(msgspec.Struct, frozen=True):
    """A cron expression; the times of day are sorted."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[DayRule, ...]
    months: frozenset[int]
    weekdays: tuple[DayRule, ...]


class _Unreadable(ValueError):
    """A field that breaks its rules."""


class _Field(msgspec.Struct, frozen=True):
    """What one field may hold; `first` to `last` is what `*` means, `lowest` the least number."""

    name: str
    first: int
    last: int
    lowest: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        """The number of a text of digits or a name."""
        if text.upper() in self.names:
            return self.names.index(text.upper()) + 1
        if not _DIGITS.fullmatch(text):
            raise self._wrong(f"'{text}' is not a number")
        if not self.lowest <= (value := int(text)) <= self.last:
            raise self._wrong(f"{text} is not from {self.lowest} to {self.last}")
        return value

    def numbers(self, text: str) -> frozenset[int]:
        """The numbers that a list of items stands for."""
        return frozenset().union(*map(self._item, text.split(",")))

    def _item(self, item: str) -> range:
        span, slash, step = item.partition("/")
        low, high = self._span(span, open_end=bool(slash))
        if not slash:
            return range(low, high + 1)
        if not _DIGITS.fullmatch(step) or int(step) < 1:
            raise self._wrong(f"the step '{step}' is not a number from 1")
        return range(low, high + 1, int(step))

    def _span(self, span: str, open_end: bool) -> tuple[int, int]:
        if span == "*":
            return self.first, self.last
        first, hyphen, last = span.partition("-")
        low = self.number(first)
        if not hyphen:
            return low, self.last if open_end else low
        high = self.number(last)
        if self is _WEEKDAY and low == self.last:
            low = self.lowest  # SUN-TUE begins with the Sunday before
        if low > high:
            raise self._wrong(f"{span} runs backwards")
        return low, high

    def _wrong(self, problem: str) -> _Unreadable:
        return _Unreadable(f"{self.name}: {problem}")


_SECOND = _Field("second", 0, 59, 0)
_MINUTE = _Field("minute", 0, 59, 0)
_HOUR = _Field("hour", 0, 23, 0)
_DAY = _Field("day of month", 1, 31, 1)
_BEFORE_LAST = _Field("day of month", 1, 30, 1)
_MONTH = _Field("month", 1, 12, 1, _MONTHS)
_WEEKDAY = _Field("day of week", 1, 7, 0, _WEEKDAYS)
_ORDINAL = _Field("day of week", 1, 999_999_999, 1)


def parse_cron(expression: str) -> Cron:
    """Raises `BadCron`, which names the field and what is wrong with it."""
    fields = _MACROS.get(expression.strip().lower(), expression).split()
    if len(fields) != 6:
        raise BadCron(f"Invalid cron expression '{expression}': it has {len(fields)} fields, not six ({_FIELDS}).")
    second, minute, hour, day, month, weekday = fields
    try:
        return Cron(
            tuple(sorted(_SECOND.numbers(second))),
            tuple(sorted(_MINUTE.numbers(minute))),
            tuple(sorted(_HOUR.numbers(hour))),
            tuple([_day_rule(item) for item in day.split(",")]),
            _MONTH.numbers(month),
            tuple([_weekday_rule(item) for item in weekday.split(",")]),
        )
    except _Unreadable as problem:
        raise BadCron(f"Invalid cron expression '{expression}': {problem}.") from None


def _day_rule(item: str) -> DayRule:
    if item == "L":
        return LastDay()
    if item == "LW":
        return LastWorkday()
    if item.startswith("L-"):
        return LastDay(_BEFORE_LAST.number(item[2:]))
    if item.endswith("W"):
        return NearestWorkday(_DAY.number(item[:-1]))
    return OnDays(_DAY.numbers("*" if item == "?" else item))


def _weekday_rule(item: str) -> DayRule:
    day, number_sign, ordinal = item.partition("#")
    if number_sign:
        return NthWeekday(_iso(_WEEKDAY.number(day)), _ORDINAL.number(ordinal))
    if item.endswith("L"):
        return LastWeekday(_iso(_WEEKDAY.number(item[:-1])))
    return OnWeekdays(frozenset(map(_iso, _WEEKDAY.numbers("*" if item == "?" else item))))


def _iso(weekday: int) -> int:
    return weekday or 7
