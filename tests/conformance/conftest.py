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


def scenarios_of(session: pytest.Session, fixture: str) -> list[Scenario]:
    """The scenarios of the tests that use a fixture, in the order in which these will ask for them."""
    asking = [item for item in session.items if fixture in getattr(item, "fixturenames", ())]
    return [item.callspec.params["scenario"] for item in asking if hasattr(item, "callspec")]


@pytest.fixture(scope="session")
def outcome_of(request: pytest.FixtureRequest, server: Server) -> Iterator[Callable[[Scenario], Outcome]]:
    """Asks for the outcome of a story; all selected ones have been started when the first is asked for."""
    with Stub() as stub_url, ThreadPoolExecutor(STORIES_AT_ONCE) as pool:
        running: dict[str, Future[Outcome]] = {
            scenario.name: pool.submit(check, scenario, server.base_url, stub_url)
            for scenario in scenarios_of(request.session, "outcome_of")
        }
        yield lambda scenario: running[scenario.name].result(STORY_WITHIN)
        pool.shutdown(wait=False, cancel_futures=True)
