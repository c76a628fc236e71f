"""How long a WAIT waits: the texts of `duration` and `until` (§2.13, E76)."""

from __future__ import annotations

import re

from engine.definitions import Json
from engine.errors import InvalidInput
from engine.java_text import java_text
from engine.model import Millis
from engine.zone_names import ZONE_MINUTES

FOREVER_SECONDS = 2_147_483_647
"""The longest wait there is, about 68 years."""

_LONGEST_TEXT = 100
_DURATION = re.compile(
    r"\s*(?:(?P<days>[0-9]+)\s*(?:d|day|days)\s*)?(?:(?P<hours>[0-9]+)\s*(?:h|hr|hrs|hour|hours)\s*)?"
    r"(?:(?P<minutes>[0-9]+)\s*(?:m|min|mins|minute|minutes)\s*)?"
    r"(?:(?P<seconds>[0-9]+)\s*(?:s|sec|secs|second|seconds)\s*)?",
    re.IGNORECASE | re.ASCII,
)
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_MOMENT = re.compile(
    r"(?P<year>[0-9]{1,6})- *(?P<month>[0-9]{1,6})- *(?P<day>[0-9]{1,6})"
    r"(?: +(?P<hour>[0-9]{1,6}): *(?P<minute>[0-9]{1,6})(?: (?P<zone>\S.*))?)?"
)
_OFFSET = re.compile(r"(?:GMT(?=.+:))?(?P<sign>[+-])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-5][0-9])", re.IGNORECASE)
_MINUTE = 60_000


class BadWaitTime(InvalidInput, ValueError):
    """The time of a WAIT cannot be read."""


def wait_text(value: Json) -> str | None:
    """The text that counts for a value of `duration` or `until`: Java's; None for none at all, as is blank text."""
    text = None if value is None else java_text(value)
    return text if text and text.strip() else None


def parse_duration(text: str) -> int:
    """The seconds of a text like `1 days 2h 30 mins`: days, hours, minutes, seconds in this order, each once at most.

    Raises `BadWaitTime` for anything else, blank text included, and for more than `FOREVER_SECONDS`.
    """
    found = _DURATION.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    counts = found.groupdict() if found else {}
    if not any(counts.values()):
        raise BadWaitTime(f"Not valid duration: {text}")
    seconds = sum(int(count) * _SECONDS[unit] for unit, count in counts.items() if count)
    if seconds > FOREVER_SECONDS:
        raise BadWaitTime(f"Not valid duration: {text} (the longest is {FOREVER_SECONDS} seconds)")
    return seconds


def parse_until(text: str, zone_minutes: int = 0) -> Millis:
    """The moment of `yyyy-MM-dd`, `yyyy-MM-dd HH:mm` or `yyyy-MM-dd HH:mm z`; raises `BadWaitTime` for anything else.

    `zone_minutes` is the offset from UTC that counts where no zone is named. As in the reference, fields that are too
    large carry over: the 30th of February is the 2nd of March.
    """
    found = _MOMENT.fullmatch(text)
    offset = _offset(found["zone"], zone_minutes) if found else None
    if found is None or offset is None:
        raise BadWaitTime(f"Invalid/Unsupported Wait Until format.  Provided: {text}")
    year, month, day, hour, minute = (int(found[field] or 0) for field in ("year", "month", "day", "hour", "minute"))
    days = _days_before_month(year, month) + day - 1
    return ((days * 24 + hour) * 60 + minute - offset) * _MINUTE


def _offset(zone: str | None, default: int) -> int | None:
    """Minutes east of UTC; None when nobody knows the zone."""
    if zone is None:
        return default
    written = _OFFSET.fullmatch(zone)
    if written is None:
        return ZONE_MINUTES.get(zone.upper())
    minutes = int(written["hours"]) * 60 + int(written["minutes"])
    if minutes >= 24 * 60:
        return None
    return -minutes if written["sign"] == "-" else minutes


def _days_before_month(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first day of a month, for any year and any month count, by the Gregorian rules.

    Years are taken to begin in March, so that the leap day is the last of its year.
    """
    months = year * 12 + month - 1
    march_year, since_march = divmod(months - 2, 12)
    leap_days = march_year // 4 - march_year // 100 + march_year // 400
    return march_year * 365 + leap_days + (153 * since_march + 2) // 5 - 719_468
