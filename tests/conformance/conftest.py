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


def scenarios_of(session: pytest.Session) -> list[Scenario]:
    """The scenarios that this run has selected, in the order in which their tests will ask for them."""
    parameters = [item.callspec.params for item in session.items if hasattr(item, "callspec")]
    return [each["scenario"] for each in parameters if isinstance(each.get("scenario"), Scenario)]


@pytest.fixture(scope="session")
def outcome_of(request: pytest.FixtureRequest, server: Server) -> Iterator[Callable[[Scenario], Outcome]]:
    """Asks for the outcome of a story; all selected ones have been started when the first is asked for."""
    with Stub() as stub_url, ThreadPoolExecutor(STORIES_AT_ONCE) as pool:
        running: dict[str, Future[Outcome]] = {
            scenario.name: pool.submit(check, scenario, server.base_url, stub_url)
            for scenario in scenarios_of(request.session)
        }
        yield lambda scenario: running[scenario.name].result()
        pool.shutdown(cancel_futures=True)
