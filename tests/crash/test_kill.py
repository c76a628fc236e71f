"""Some rounds of kill -9 in the suite; `scripts/test-crash` runs as many as wanted, at named points too."""

from __future__ import annotations

import pytest

from tests.crash.endings import RANDOM, points_of
from tests.crash.rounds import Round, places, run_rounds, run_shared_rounds
from tests.wire import missing


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_kill_loses_no_acknowledged_update_and_schedules_nothing_twice() -> None:
    lines: list[str] = []
    assert_kept(run_rounds([RANDOM] * 3, seed=20, report=lines.append), lines)


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_killing_one_of_three_servers_loses_nothing_and_does_nothing_twice() -> None:
    if reason := missing():
        pytest.skip(reason)
    lines: list[str] = []
    assert_kept(run_shared_rounds([RANDOM], seed=20, report=lines.append), lines)


@pytest.mark.parametrize("store", ["sqlite", "mongo"])
def test_many_rounds_visit_every_point_of_the_store(store: str) -> None:
    points = points_of(store)
    where = places(store, 2 * len(points))
    assert where.count(RANDOM) == len(points)
    assert [place for place in where if place != RANDOM] == points
    assert {point.split(":")[0] for point in points} == {"runner", "outbox", "timer", "dispatch", store}


def assert_kept(rounds: list[Round], lines: list[str]) -> None:
    faults = [fault for result in rounds for fault in result.faults]
    assert not faults, "\n".join([*lines, *faults[:20]])
