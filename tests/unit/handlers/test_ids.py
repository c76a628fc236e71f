"""Ids have the form of a UUID, are fresh, and sort by the time of their making."""

from __future__ import annotations

import uuid

from handlers.clock import SystemClock
from handlers.ids import TimeOrderedIds


class SteppedClock:
    """Shows the times it was given, then the last one forever."""

    def __init__(self, *times: int) -> None:
        self._times = list(times)

    def now(self) -> int:
        return self._times.pop(0) if len(self._times) > 1 else self._times[0]


def made(count: int, *times: int) -> list[str]:
    ids = TimeOrderedIds(SteppedClock(*times))
    return [ids.new() for _ in range(count)]


def test_an_id_is_a_uuid_of_version_7_that_holds_its_time() -> None:
    parsed = uuid.UUID(made(1, 1_795_371_241_608)[0])
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == 1_795_371_241_608


def test_order_and_freshness_hold_within_one_millisecond() -> None:
    ids = made(10_000, 1_795_371_241_608)
    assert ids == sorted(set(ids))


def test_order_holds_when_the_clock_steps_back() -> None:
    ids = made(3, 2_000, 1_000, 1_500)
    assert ids == sorted(set(ids))


def test_two_sources_do_not_collide() -> None:
    assert not set(made(1_000, 5)) & set(made(1_000, 5))


def test_the_system_clock_shows_milliseconds_of_this_century() -> None:
    assert 1_700_000_000_000 < SystemClock().now() < 4_200_000_000_000
