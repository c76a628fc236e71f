"""When a cron expression comes true, in a time zone.

A moment fits when the clocks on the walls of the zone fit. So a time that is skipped when clocks are set forward does
not come on that day, and a time that clocks show twice when they are set back comes twice (as in Spring).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.cron import Cron
from engine.cron_days import Month, days_of
from engine.errors import InvalidInput
from engine.model import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Millis = 32_503_680_000_000
"""Behind the year 3000 nothing is looked for."""
_MONTHS_AHEAD = 41 * 12
"""A 29th of February that is a certain weekday can be 40 years away."""
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])([0-9]{1,2})(?::?([0-5][0-9]))?")
_OF_THE_MACHINE = ("localtime", "posixrules", "Factory", "posix/", "right/")


class BadZone(InvalidInput):
    """There is no such time zone."""


def parse_zone(zone_id: str) -> tzinfo:
    """The time zone of a name such as `Europe/Berlin`, or of an offset such as `+02:00` or `UTC+2`; else `BadZone`."""
    if zone_id in ("Z", "UT"):
        return UTC
    if found := _OFFSET.fullmatch(zone_id):
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if offset <= timedelta(hours=18):
            return timezone(-offset if sign == "-" else offset)
    try:
        if not zone_id.startswith(_OF_THE_MACHINE):
            return ZoneInfo(zone_id)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # a name that is no name, a folder, or something outside of the zones
    raise BadZone(f"Invalid zoneId '{zone_id}': it is neither a time zone such as Europe/Berlin nor an offset.")


def next_time(cron: Cron, zone: tzinfo, after: Millis) -> Millis | None:
    """The first fitting moment later than `after`; None = there is none in the next 40 years."""
    if after > _LATEST:
        return None
    now = _EPOCH + timedelta(milliseconds=max(after, 0))
    local = now.astimezone(zone)
    found = _later(cron, zone, local.replace(tzinfo=None), now)
    if not local.fold and (twice := local.replace(fold=1).astimezone(UTC) - now):
        found = _sooner(cron, zone, local, twice, found)
    return None if found is None else (found - _EPOCH) // timedelta(milliseconds=1)


def _later(cron: Cron, zone: tzinfo, wall: datetime, now: datetime) -> datetime | None:
    """The first moment behind `now` whose wall clock fits and shows more than `wall`."""
    while (following := next_wall(cron, wall)) is not None:
        wall = following
        for moment in _moments(wall, zone):
            if moment > now:
                return moment
    return None


def _sooner(cron: Cron, zone: tzinfo, local: datetime, twice: timedelta, found: datetime | None) -> datetime | None:
    """Clocks show `local` for the first of two times, `twice` apart: what fits may come earlier on the second round."""
    now = local.astimezone(UTC)
    if found and found - now < twice and found.astimezone(zone).utcoffset() == local.utcoffset():
        return found  # still in the first round
    shown = local.replace(tzinfo=None)
    again = _later(cron, zone, shown - twice, now)
    return again if found is None or (again is not None and again < found) else found


def _moments(wall: datetime, zone: tzinfo) -> list[datetime]:
    """When clocks show this: once, twice if they are set back, never if they are set forward over it."""
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in both if moment.astimezone(zone).replace(tzinfo=None) == wall)


def next_wall(cron: Cron, wall: datetime) -> datetime | None:
    """What clocks show when the expression next comes true, later than `wall`; both without a zone."""
    start = wall.replace(microsecond=0) + timedelta(seconds=1)
    if start.day in _days(cron, start.year, start.month) and (clock := _clock(cron, start)):
        hour, minute, second = clock
        return start.replace(hour=hour, minute=minute, second=second)
    day = _next_day(cron, start.date())
    if day is None:
        return None
    return datetime.combine(day, time(cron.hours[0], cron.minutes[0], cron.seconds[0]))


def _clock(cron: Cron, start: datetime) -> tuple[int, int, int] | None:
    """The first fitting time of day at or behind that of `start`."""
    for hour in cron.hours[bisect_left(cron.hours, start.hour) :]:
        if hour > start.hour:
            return hour, cron.minutes[0], cron.seconds[0]
        for minute in cron.minutes[bisect_left(cron.minutes, start.minute) :]:
            if minute > start.minute:
                return hour, minute, cron.seconds[0]
            if rest := cron.seconds[bisect_left(cron.seconds, start.second) :]:
                return hour, minute, rest[0]
    return None


def _next_day(cron: Cron, behind: date) -> date | None:
    year, month, last = behind.year, behind.month, behind.day
    for _ in range(_MONTHS_AHEAD):
        if days := [day for day in _days(cron, year, month) if day > last]:
            return date(year, month, min(days))
        year, month, last = (year + 1, 1, 0) if month == 12 else (year, month + 1, 0)
    return None


def _days(cron: Cron, year: int, month: int) -> set[int]:
    """The days of a month that fit both day fields."""
    if month not in cron.months:
        return set()
    days = Month(year, month)
    return days_of(cron.days, days) & days_of(cron.weekdays, days)
