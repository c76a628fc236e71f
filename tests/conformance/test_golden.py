"""The stories recorded on Conductor, told again by a real server process; see README.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.conftest import insist
from tests.conformance.goldenkit.cli import Outcome
from tests.conformance.goldenkit.scenario import Scenario, find

SCENARIOS = list(find([Path(__file__).parent / "scenarios"]))


# One group: its worker process starts all stories together, and the other one has the rest of the suite.
@pytest.mark.xdist_group("golden")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_story(scenario: Scenario, outcome_of: Callable[[Scenario], Outcome]) -> None:
    insist(outcome_of(scenario))


def test_every_scenario_has_a_name_of_its_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(scenario.name == scenario.path.stem for scenario in SCENARIOS)
