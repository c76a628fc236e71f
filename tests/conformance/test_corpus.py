"""Definitions published by Conductor's users, told again. They are not ours to distribute: the folder that holds them
lies beside the project, or where SEGUE_SHARED says; without it the test is skipped and says so."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance import waiting
from tests.conformance.goldenkit.cli import Outcome
from tests.conformance.goldenkit.scenario import Scenario, find
from tests.serving import PROJECT

SHARED = Path(os.environ.get("SEGUE_SHARED", str(PROJECT.parent / "shared")))
CORPUS = SHARED / "golden" / "scenarios" / "corpus"
SCENARIOS = list(find([CORPUS])) if CORPUS.is_dir() else []
WAITING = waiting.read(waiting.FOLDER / "waiting-corpus.txt")

absent = pytest.mark.skipif(not SCENARIOS, reason="the corpus is not here: set SEGUE_SHARED to the shared folder")


@absent
@pytest.mark.xdist_group("golden")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_corpus(scenario: Scenario, outcome_of: Callable[[Scenario], Outcome]) -> None:
    complaint = waiting.complaint(outcome_of(scenario), WAITING)
    if complaint is not None:
        pytest.fail(complaint, pytrace=False)


@absent
def test_the_waiting_list_names_scenarios() -> None:
    assert WAITING.keys() <= {scenario.name for scenario in SCENARIOS}
