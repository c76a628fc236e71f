"""Which days of a month a cron expression means: numbers and ranges, and the signs L, W and # of its two day fields.

Weekdays count as in ISO 8601: Monday is 1, Sunday is 7.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

_SATURDAY, _SUNDAY = 6, 7


class OnDays(msgspec.Struct, frozen=True, tag=True):
    """These days of the month."""

    days: frozenset[int]


class OnWeekdays(msgspec.Struct, frozen=True, tag=True):
    """Every day that falls on one of these weekdays."""

    weekdays: frozenset[int]


class LastDay(msgspec.Struct, frozen=True, tag=True):
    """`L`: the last day of the month; `L-n`: so many days before it, never in another month."""

    before: int = 0


class LastWorkday(msgspec.Struct, frozen=True, tag=True):
    """`LW`: the last day from Monday to Friday."""


class NearestWorkday(msgspec.Struct, frozen=True, tag=True):
    """`nW`: the day from Monday to Friday nearest to the nth, in the same month; none in a month without an nth."""

    day: int


class LastWeekday(msgspec.Struct, frozen=True, tag=True):
    """`nL`: the last such weekday of the month."""

    weekday: int


class NthWeekday(msgspec.Struct, frozen=True, tag=True):
    """`n#k`: the kth such weekday; none in a month that has fewer."""

    weekday: int
    ordinal: int


DayRule = OnDays | OnWeekdays | LastDay | LastWorkday | NearestWorkday | LastWeekday | NthWeekday


class Month:
    """The days of one month, with their weekdays."""

    def __init__(self, year: int, month: int) -> None:
        first = date(year, month, 1)
        self.last = (date(year + month // 12, month % 12 + 1, 1) - first).days
        self._shift = first.weekday()

    def weekday(self, day: int) -> int:
        """1 (Monday) to 7."""
        return (self._shift + day - 1) % 7 + 1

    def on(self, weekday: int) -> range:
        """Every such weekday."""
        return range((weekday - 1 - self._shift) % 7 + 1, self.last + 1, 7)


def days_of(rules: Iterable[DayRule], month: Month) -> set[int]:
    """The days of the month that fit one of the rules."""
    return {day for rule in rules for day in _fitting(rule, month)}


def _fitting(rule: DayRule, month: Month) -> Iterable[int]:
    match rule:
        case OnDays(days):
            return (day for day in days if day <= month.last)
        case OnWeekdays(weekdays):
            return (day for weekday in weekdays for day in month.on(weekday))
        case LastDay(before):
            return [month.last - before] if before < month.last else []
        case LastWorkday():
            return [_workday_near(month.last, month)]
        case NearestWorkday(day):
            return [_workday_near(day, month)] if day <= month.last else []
        case LastWeekday(weekday):
            return [month.on(weekday)[-1]]
        case NthWeekday(weekday, ordinal):
            return month.on(weekday)[ordinal - 1 : ordinal]


def _workday_near(day: int, month: Month) -> int:
    """A Saturday gives way to the Friday before, a Sunday to the Monday after, but never out of the month."""
    weekday = month.weekday(day)
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < month.last else day - 2
    return day
