"""Three rounds of kill -9 in the suite; `scripts/test-crash` runs twenty, and measures how long a restart takes."""

from __future__ import annotations

import pytest

from tests.crash.rounds import Round, run_rounds, run_shared_rounds
from tests.wire import missing


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_kill_loses_no_acknowledged_update_and_schedules_nothing_twice() -> None:
    lines: list[str] = []
    assert_kept(run_rounds(3, seed=20, report=lines.append), lines)


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_killing_one_of_three_servers_loses_nothing_and_does_nothing_twice() -> None:
    if reason := missing():
        pytest.skip(reason)
    lines: list[str] = []
    assert_kept(run_shared_rounds(1, seed=20, report=lines.append), lines)


def assert_kept(rounds: list[Round], lines: list[str]) -> None:
    faults = [fault for result in rounds for fault in result.faults]
    assert not faults, "\n".join([*lines, *faults[:20]])
