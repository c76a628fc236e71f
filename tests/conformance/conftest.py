"""Runs the recorded stories many at a time: they mostly wait, and each uses names of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conformance.goldenkit.cli import Outcome, check
from tests.conformance.goldenkit.scenario import Scenario
from tests.conformance.goldenkit.stub import Stub
from tests.serving import Server

STORIES_AT_ONCE = 12
STORY_WITHIN = 150.0
"""Seconds until a story that does not end fails its test; a little less than the test's own limit."""
HURRY = 5
"""Seconds: a response time-out as short as this may strike because the story's worker itself is late."""


def scenarios_of(session: pytest.Session, fixture: str) -> list[Scenario]:
    """The scenarios of the tests that use a fixture, in the order in which these will ask for them."""
    asking = [item for item in session.items if fixture in getattr(item, "fixturenames", ())]
    return [item.callspec.params["scenario"] for item in asking if hasattr(item, "callspec")]


def hurried(scenario: Scenario) -> bool:
    """Its worker must report within seconds, which a crowd of stories on a busy machine may keep it from: such a story
    may be told again, alone.
    """
    limits = [
        each.get("responseTimeoutSeconds", 3600) for each in scenario.data.get("definitions", {}).get("taskDefs", [])
    ]
    return min(limits, default=3600) <= HURRY


def insist(outcome: Outcome) -> None:
    """Fail with the differences of a story that was told otherwise."""
    if not outcome.passed:
        pytest.fail(outcome.report(), pytrace=False)


@pytest.fixture(scope="session")
def outcome_of(request: pytest.FixtureRequest, server: Server) -> Iterator[Callable[[Scenario], Outcome]]:
    """Asks for the outcome of a story; all selected ones have been started when the first is asked for."""
    with Stub() as stub_url, ThreadPoolExecutor(STORIES_AT_ONCE) as pool:
        running: dict[str, Future[Outcome]] = {
            scenario.name: pool.submit(check, scenario, server.base_url, stub_url)
            for scenario in scenarios_of(request.session, "outcome_of")
        }

        def outcome(scenario: Scenario) -> Outcome:
            told = running[scenario.name].result(STORY_WITHIN)
            return told if told.passed or not hurried(scenario) else check(scenario, server.base_url, stub_url)

        yield outcome
        pool.shutdown(wait=False, cancel_futures=True)
