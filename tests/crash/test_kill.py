"""Three rounds of kill -9 in the suite; `scripts/test-crash` runs twenty, and measures how long a restart takes."""

from __future__ import annotations

import pytest

from tests.crash.rounds import run_rounds


@pytest.mark.crash
@pytest.mark.timeout(240)
def test_kill_loses_no_acknowledged_update_and_schedules_nothing_twice() -> None:
    lines: list[str] = []

    rounds = run_rounds(3, seed=20, report=lines.append)

    table = "\n".join(lines)
    faults = [fault for result in rounds for fault in result.faults]
    assert not faults, "\n".join([table, *faults[:20]])
