"""A kill between any two writes: each point is in the code, is reached, and breaks nothing."""

from __future__ import annotations

import re

import pytest

from engine.crash_points import POINTS, arm, disarm, reached
from tests.crash.endings import points_of
from tests.crash.rounds import run_rounds, run_shared_rounds
from tests.serving import PROJECT
from tests.wire import missing

COUNT = 16


def test_every_point_is_passed_at_one_place() -> None:
    code = [path.read_text() for folder in ("engine", "storage") for path in (PROJECT / folder).rglob("*.py")]
    passed = [point for text in code for point in re.findall(r'\breached\("([^"]+)"\)', text)]
    assert sorted(passed) == sorted(POINTS)


def test_only_the_armed_point_acts_and_only_once() -> None:
    acted: list[int] = []
    arm(POINTS[0], 2, lambda: acted.append(1))
    try:
        for point in (POINTS[1], POINTS[0], POINTS[0], POINTS[0]):
            reached(point)
    finally:
        disarm()
    reached(POINTS[0])
    assert acted == [1]
    with pytest.raises(ValueError, match="no crash point 'nowhere'"):
        arm("nowhere", 1, disarm)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize("point", points_of("sqlite"))
def test_a_crash_at_this_point_breaks_nothing(point: str) -> None:
    [shown] = run_rounds([point], seed=1, report=print, count=COUNT)
    assert (shown.where, shown.faults) == (point, ())


@pytest.mark.crash
@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.parametrize("point", points_of("mongo"))
def test_a_crash_of_one_of_three_servers_at_this_point_breaks_nothing(point: str) -> None:
    if reason := missing():
        pytest.skip(reason)
    [shown] = run_shared_rounds([point], seed=1, report=print, count=COUNT)
    assert shown.faults == ()
