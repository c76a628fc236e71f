"""Cron expressions and their times, against what the reference answered (cron_answers.json) and where we depart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.cron import BadCron, parse_cron
from engine.cron_times import BadZone, next_time, parse_zone
from engine.schedules import few_times

ANSWERS: dict[str, Any] = json.loads(Path(__file__).with_name("cron_answers.json").read_text(encoding="utf-8"))
DEPARTURES = {"0 0 0 31W * *", "0 0 0 30W * *", "0 0 0 L-30 * *"}
"""See docs/compatibility.md."""


def millis(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def text(time: int | None) -> str | None:
    return None if time is None else f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def five(expression: str, start: str) -> list[str | None] | None:
    """The first five times at or behind the start; None when the expression is refused."""
    try:
        cron = parse_cron(expression)
    except BadCron:
        return None
    return [text(time) for time in few_times(cron, "UTC", millis(start) - 1, None, 5)]


def after(expression: str, zone: str, start: str) -> str | None:
    return text(next_time(parse_cron(expression), parse_zone(zone), millis(start) - 1))


def test_expressions_mean_what_they_mean_to_the_reference() -> None:
    rows = [(expression, start, times) for expression, start, times in ANSWERS["utc"] if expression not in DEPARTURES]
    assert [(expression, start, five(expression, start)) for expression, start, _ in rows] == rows


def test_zones_and_changes_of_clocks_are_those_of_the_reference() -> None:
    rows = [tuple(row) for row in ANSWERS["zones"]]
    assert [(*row[:3], after(*row[:3])) for row in rows] == rows


def test_a_workday_is_never_looked_for_in_another_month() -> None:
    assert five("0 0 0 31W * *", "2027-01-29 00:00:00") == [
        "2027-01-29 00:00:00",  # the 31st is a Sunday
        "2027-03-31 00:00:00",
        "2027-05-31 00:00:00",
        "2027-07-30 00:00:00",
        "2027-08-31 00:00:00",
    ]
    assert (five("0 0 0 30W 4 *", "2028-04-01 00:00:00") or [None])[0] == "2028-04-28 00:00:00"
    assert (five("0 0 0 1W * *", "2028-01-01 00:00:00") or [None])[0] == "2028-01-03 00:00:00"


def test_a_day_before_the_last_is_never_looked_for_in_another_month() -> None:
    assert (five("0 0 0 L-30 * *", "2027-02-01 00:00:00") or [])[:2] == ["2027-03-01 00:00:00", "2027-05-01 00:00:00"]
    assert (five("0 0 0 L-28 2 *", "2027-02-01 00:00:00") or [])[:1] == ["2028-02-01 00:00:00"]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("* * * * *", "it has 5 fields, not six"),
        ("60 * * * * *", "second: 60 is not from 0 to 59"),
        ("* */0 * * * *", "minute: the step '0' is not a number from 1"),
        ("* * 5-1 * * *", "hour: 5-1 runs backwards"),
        ("* * * x * *", "day of month: 'x' is not a number"),
        ("* * * * 13 *", "month: 13 is not from 1 to 12"),
        ("* * * * * MONDAY", "day of week: 'MONDAY' is not a number"),
        ("* * * * * 2#0", "day of week: 0 is not from 1"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_field(expression: str, said: str) -> None:
    with pytest.raises(BadCron, match=f"^Invalid cron expression .*{said}"):
        parse_cron(expression)


def test_a_time_that_clocks_skip_does_not_come_on_that_day() -> None:
    assert after("0 30 2 * * *", "Europe/Berlin", "2027-03-27 23:30:00") == "2027-03-29 00:30:00"
    assert after("0 0 3 * * *", "Europe/Berlin", "2027-03-27 23:30:00") == "2027-03-28 01:00:00"


def test_a_time_that_clocks_show_twice_comes_twice() -> None:
    assert after("0 30 2 * * *", "Europe/Berlin", "2027-10-30 23:30:00") == "2027-10-31 00:30:00"
    assert after("0 30 2 * * *", "Europe/Berlin", "2027-10-31 00:30:01") == "2027-10-31 01:30:00"
    assert after("0 30 2 * * *", "Europe/Berlin", "2027-10-31 01:30:01") == "2027-11-01 01:30:00"
    assert after("*/20 30 * * * *", "Europe/Berlin", "2027-10-31 00:30:41") == "2027-10-31 01:30:00"


def test_far_ahead_and_never() -> None:
    assert after("0 0 0 29 2 MON", "UTC", "2027-01-01 00:00:00") == "2044-02-29 00:00:00"
    assert after("0 0 0 30 2 *", "Europe/Berlin", "2027-01-01 00:00:00") is None
    assert next_time(parse_cron("* * * * * *"), UTC, 10**18) is None
    assert next_time(parse_cron("0 0 0 1 1 *"), UTC, -(10**18)) == millis("1971-01-01 00:00:00")


@pytest.mark.parametrize("name", ["Mars/Olympus", "localtime", "posix/UTC", "../UTC", "Europe", "", "+25:00", "/UTC"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(BadZone, match="Invalid zoneId"):
        parse_zone(name)
