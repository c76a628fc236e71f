"""E76: the grammars of `duration` and `until`. The tables hold the reference's own answers."""

from __future__ import annotations

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.wait_time import FOREVER_SECONDS, BadWaitTime, parse_duration, parse_until

HOUR = 3_600
DAY = 24 * HOUR
DURATIONS: list[tuple[str, int]] = [
    ("1 days 2h 30 mins", DAY + 2 * HOUR + 1_800),
    ("1d2h3m4s", 93_784),
    ("1 day2hours", 93_600),
    ("2s", 2),
    ("2 S", 2),
    ("  5 seconds ", 5),
    ("0s", 0),
    ("1sec", 1),
    ("1 second", 1),
    ("2 secs", 2),
    ("1 hr", HOUR),
    ("2hrs", 2 * HOUR),
    ("1 hour", HOUR),
    ("90 minutes", 5_400),
    ("1 minuteS", 60),
    ("3min", 180),
    ("1d 1s", DAY + 1),
    ("1h\n2m", 3_720),
    ("1\th", HOUR),
    ("2147483647s", FOREVER_SECONDS),
]
NO_DURATIONS = [
    "1h1h", "1m 1h", "5", "5x", "1.5h", "-1s", "+1s", "1d, 1s", "\uff11s", "1 h 2 h", "1ms", "1 week", "0", "soon",
    "true", "null s", "", "  ", "s", "2147483648s", "60000d", "99999999999999999999s", "1s" + " " * 200,
    "9" * 5_000 + "s",
]  # fmt: skip
ELEVEN = 1_909_134_000_000
"""2030-07-01 11:00 UTC."""
ZONES: list[tuple[str, int]] = [
    ("GMT", 0), ("gmt", 0), ("UTC", 0), ("WET", 0), ("BST", 60), ("CET", 60), ("CEST", 120), ("EET", 120), ("IST", 120),
    ("MSK", 180), ("PKT", 300), ("HKT", 480), ("JST", 540), ("ACST", 570), ("AEST", 600), ("NZDT", 780), ("EST", -300),
    ("EDT", -240), ("ET", -300), ("CST", -360), ("MDT", -360), ("PST", -480), ("Pst", -480), ("PT", -480),
    ("NDT", -150), ("HST", -600), ("Pacific Standard Time", -480), ("India Standard Time", 330),
    ("Central European Summer Time", 120),
    ("+0200", 120), ("-0800", -480), ("+0530", 330), ("+2359", 1_439), ("GMT+02:00", 120), ("GMT+2:00", 120),
    ("GMT-8:00", -480), ("GMT+00:00", 0),
]  # fmt: skip
NO_MOMENTS = [
    "2030-01-01T10:00", "2030-01-01 10:00:30", "2030-01-01x", " 2030-01-01 ", "soon", "2030/01/01", "1893456000000",
    "", "  ",    "2030-07-01 10:00 xyz", "2030-07-01 10:00 Z", "2030-07-01 10:00 GMT+2", "2030-07-01 10:00 UTC+02:00",
    "2030-07-01 10:00 GMT+0200", "2030-07-01 10:00 +02", "2030-07-01 10:00 +2400", "2030-07-01 10:00 GMT+24:00",
    "2030-07-01 10:00 Europe/Berlin", "2030-07-01 10:00GMT", "2030-07-01 10:00  GMT", "2030-07-01 10:00 GMT ",
    "2030-07-01 GMT", "2030-07-0110:00", "2030 -07-01", "2030-07-01 -1:00", "-2030-07-01", "2030-07-01\t10:00",
    "2030-07-01 10", "2030-+7-01", "2030-07-01 10:00 GMT+02:00x", "2030-07-01\n",
]  # fmt: skip


def at(*fields: int) -> int:
    return calendar.timegm(fields) * 1_000


@pytest.mark.parametrize(("text", "seconds"), DURATIONS)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_e76_what_is_no_duration_says_so(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^Not valid duration: ") as raised:
        parse_duration(text)
    assert text in raised.value.message


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-01", at(2030, 1, 1, 0, 0, 0)),
        ("2030-01-01 10:00", at(2030, 1, 1, 10, 0, 0)),
        ("2030-1-1 1:1", at(2030, 1, 1, 1, 1, 0)),
        ("2030-01-01  10:00", at(2030, 1, 1, 10, 0, 0)),
        ("2030-007- 01 010:000", at(2030, 7, 1, 10, 0, 0)),
        ("2030-13-01", at(2031, 1, 1, 0, 0, 0)),
        ("2030-02-30", at(2030, 3, 2, 0, 0, 0)),
        ("2028-02-29", at(2028, 2, 29, 0, 0, 0)),
        ("2030-0-0", at(2029, 11, 30, 0, 0, 0)),
        ("2030-01-01 25:00", at(2030, 1, 2, 1, 0, 0)),
        ("2030-01-01 10:60", at(2030, 1, 1, 11, 0, 0)),
        ("1970-01-01", 0),
        ("10000-01-01", 253_402_300_800_000),
    ],
)
def test_moments(text: str, moment: int) -> None:
    assert parse_until(text) == moment


@pytest.mark.parametrize(("zone", "minutes"), ZONES)
def test_zones_are_fixed_offsets(zone: str, minutes: int) -> None:
    assert parse_until(f"2030-07-01 11:00 {zone}") == ELEVEN - minutes * 60_000


def test_the_servers_zone_counts_where_none_is_named() -> None:
    assert parse_until("2030-07-01 11:00", 120) == ELEVEN - 120 * 60_000
    assert parse_until("2030-07-01 11:00 GMT", 120) == ELEVEN


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_e76_what_is_no_moment_says_so(text: str) -> None:
    with pytest.raises(BadWaitTime) as raised:
        parse_until(text)
    assert raised.value.message == f"Invalid/Unsupported Wait Until format.  Provided: {text}"


@given(st.dates())
def test_every_date_of_the_calendar(date: datetime.date) -> None:
    days = date.toordinal() - datetime.date(1970, 1, 1).toordinal()
    assert parse_until(f"{date.year}-{date.month:02}-{date.day:02}") == days * DAY * 1_000


@given(st.text(alphabet="0123456789dhms -:+GMTu年٣\n", max_size=30) | st.text())
def test_any_text_is_a_time_or_bad_input(text: str) -> None:
    for parse in (parse_duration, parse_until):
        try:
            assert isinstance(parse(text), int)
        except BadWaitTime as error:
            assert text in error.message
