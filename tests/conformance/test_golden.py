"""The stories recorded on Conductor, told again by a real server process; see README.md."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance import waiting
from tests.conformance.goldenkit.cli import Outcome
from tests.conformance.goldenkit.compare import Difference
from tests.conformance.goldenkit.scenario import Scenario, find

SCENARIOS = list(find([waiting.FOLDER / "scenarios"]))
WAITING = waiting.read(waiting.FOLDER / "waiting.txt")


# One group: its worker process starts all stories together, and the other one has the rest of the suite.
@pytest.mark.xdist_group("golden")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_story(scenario: Scenario, outcome_of: Callable[[Scenario], Outcome]) -> None:
    complaint = waiting.complaint(outcome_of(scenario), WAITING)
    if complaint is not None:
        pytest.fail(complaint, pytrace=False)


def test_the_waiting_list_names_scenarios() -> None:
    assert WAITING.keys() <= {scenario.name for scenario in SCENARIOS}


def test_every_scenario_has_a_name_of_its_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(scenario.name == scenario.path.stem for scenario in SCENARIOS)


def test_the_list_is_strict() -> None:
    good, bad = Outcome(SCENARIOS[0]), Outcome(SCENARIOS[0], differences=[Difference("x", 1, 2)])
    listed = {SCENARIOS[0].name: "NOOP"}
    assert waiting.complaint(good, {}) is None
    assert waiting.complaint(bad, listed) is None
    assert "must leave the waiting list" in str(waiting.complaint(good, listed))
    assert "x: expected 1, got 2" in str(waiting.complaint(bad, {}))
