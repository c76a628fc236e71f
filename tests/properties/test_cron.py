"""Next times: always later, always fitting, and none left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.cron import Cron, parse_cron
from engine.cron_days import Month, days_of
from engine.cron_times import next_time, parse_zone

ZONES = st.sampled_from(
    ["UTC", "+05:30", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Sao_Paulo"]
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = (int(datetime(2015, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2040, 1, 1, tzinfo=UTC).timestamp()))
MOMENTS = st.integers(*_YEARS).map(lambda seconds: seconds * 1000)


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    """A field of plain numbers, ranges and steps."""
    one = st.integers(low, high)
    spans = st.tuples(one, one).map(sorted).map(lambda pair: f"{pair[0]}-{pair[1]}")
    steps = st.tuples(st.one_of(st.just("*"), one.map(str), spans), st.integers(1, 20)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    items = st.one_of(one.map(str), spans, steps)
    return st.one_of(st.just("*"), st.lists(items, min_size=1, max_size=3).map(",".join))


DAYS = st.one_of(
    numbers(1, 31),
    st.sampled_from(["?", "L", "LW", "1W", "15W", "31W", "1,L"]),
    st.integers(1, 30).map(lambda before: f"L-{before}"),
)
WEEKDAYS = st.one_of(
    numbers(1, 6),
    st.sampled_from(["?", "*", "0", "7", "SUN-TUE", "MON,FRI"]),
    st.integers(0, 7).map(lambda day: f"{day}L"),
    st.tuples(st.integers(0, 7), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
)
EXPRESSIONS = st.tuples(
    numbers(0, 59), numbers(0, 59), numbers(0, 23), DAYS, st.one_of(st.just("*"), numbers(1, 12)), WEEKDAYS
).map(" ".join)


def fits(cron: Cron, wall: datetime) -> bool:
    """What an expression means, said in the plainest way."""
    month = Month(wall.year, wall.month)
    return (
        wall.second in cron.seconds
        and wall.minute in cron.minutes
        and wall.hour in cron.hours
        and wall.month in cron.months
        and wall.day in days_of(cron.days, month)
        and wall.day in days_of(cron.weekdays, month)
    )


@given(expression=EXPRESSIONS, zone_id=ZONES, after=MOMENTS)
def test_the_next_time_is_later_and_fits(expression: str, zone_id: str, after: int) -> None:
    cron, zone = parse_cron(expression), parse_zone(zone_id)
    for _ in range(5):
        found = next_time(cron, zone, after)
        if found is None:
            return
        assert found > after
        assert fits(cron, (_EPOCH + timedelta(milliseconds=found)).astimezone(zone)), expression
        after = found


@given(
    fields=st.tuples(numbers(0, 59), numbers(0, 59), numbers(0, 23)),
    zone_id=ZONES,
    change=st.sampled_from(["2027-03-28 00:30", "2027-10-31 00:30", "2027-11-07 05:30", "2027-10-02 15:10"]),
    before=st.integers(0, 3600),
)
def test_no_time_is_left_out_around_a_change_of_clocks(
    fields: tuple[str, str, str], zone_id: str, change: str, before: int
) -> None:
    cron, zone = parse_cron(" ".join([*fields, "*", "*", "*"])), parse_zone(zone_id)
    start = datetime.fromisoformat(change).replace(tzinfo=UTC) - timedelta(seconds=before)
    every = (start + timedelta(seconds=n) for n in range(1, 7200))
    first = next((moment for moment in every if fits(cron, moment.astimezone(zone))), None)
    found = next_time(cron, zone, (start - _EPOCH) // timedelta(milliseconds=1))
    if first is not None:
        assert found == (first - _EPOCH) // timedelta(milliseconds=1)
    elif found is not None:
        assert found >= (start + timedelta(seconds=7200) - _EPOCH) // timedelta(milliseconds=1)
