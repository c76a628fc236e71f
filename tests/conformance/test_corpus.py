"""Definitions published by Conductor's users, told again. They are not ours to distribute: the folder that holds them
lies beside the project, or where SEGUE_SHARED says; without it the test is skipped and says so."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.conformance.conftest import insist
from tests.conformance.goldenkit.cli import Outcome
from tests.conformance.goldenkit.scenario import Scenario, find
from tests.serving import PROJECT, Server

SHARED = Path(os.environ.get("SEGUE_SHARED", str(PROJECT.parent / "shared")))
CORPUS = SHARED / "golden" / "scenarios" / "corpus"
SCENARIOS = list(find([CORPUS])) if CORPUS.is_dir() else []
ENDLESS = SHARED / "corpus" / "132_conductor_conductor-examples_shopping_cart.json"

absent = pytest.mark.skipif(not SCENARIOS, reason="the corpus is not here: set SEGUE_SHARED to the shared folder")


@absent
@pytest.mark.xdist_group("golden")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_corpus(scenario: Scenario, outcome_of: Callable[[Scenario], Outcome]) -> None:
    insist(outcome_of(scenario))


@absent
@pytest.mark.timeout(180)
def test_the_shopping_cart_that_never_ends_fails_with_a_sentence_at_the_checkout(server: Server) -> None:
    """Its condition holds a `${...}`, which conditions do not resolve: it shops on until the child is missing."""
    definition = json.loads(ENDLESS.read_text(encoding="utf-8"))
    with httpx.Client(base_url=server.base_url) as client:
        client.post("/metadata/workflow", json=definition).raise_for_status()
        workflow_id = client.post(f"/workflow/{definition['name']}", json={"items": [1]}).raise_for_status().text
        for cart in ("shopping", "shopping", "checkout"):
            given = {"cart": cart}
            client.post(f"/tasks/{workflow_id}/cart_wait_ref/COMPLETED", json=given).raise_for_status()
        ended = client.get(f"/workflow/{workflow_id}").raise_for_status().json()
    assert ended["status"] == "FAILED"
    assert "No such workflow defined. name=pi_calc_test, version=1" in ended["reasonForIncompletion"]
    assert sum(task["taskType"] == "WAIT" for task in ended["tasks"]) == 3
