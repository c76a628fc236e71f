"""The same stories on the mongo store: one of each family in the suite, all of them in the long profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conformance.conftest import STORY_WITHIN, insist, scenarios_of
from tests.conformance.goldenkit.cli import Outcome, check
from tests.conformance.goldenkit.scenario import Scenario
from tests.conformance.goldenkit.stub import Stub
from tests.conformance.test_golden import SCENARIOS
from tests.contract.stores import close_wire_server, mongo_uri
from tests.serving import Server

STORIES_AT_ONCE = 6
FIRST_OF_FAMILY = {scenario.path.parent: scenario for scenario in reversed(SCENARIOS)}.values()
STORIES = [
    pytest.param(each, id=each.name, marks=() if each in FIRST_OF_FAMILY else pytest.mark.long) for each in SCENARIOS
]


@pytest.fixture(scope="session")
def outcome_on_mongo(request: pytest.FixtureRequest) -> Iterator[Callable[[Scenario], Outcome]]:
    """Asks for the outcome of a story; all selected ones have been started when the first is asked for."""
    with (
        Server("--mongo", mongo_uri(), "--no-access-log") as server,
        Stub() as stub_url,
        ThreadPoolExecutor(STORIES_AT_ONCE) as pool,
    ):
        running: dict[str, Future[Outcome]] = {
            scenario.name: pool.submit(check, scenario, server.base_url, stub_url)
            for scenario in scenarios_of(request.session, "outcome_on_mongo")
        }
        yield lambda scenario: running[scenario.name].result(STORY_WITHIN)
        pool.shutdown(wait=False, cancel_futures=True)
    close_wire_server()


@pytest.mark.xdist_group("golden-mongo")
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scenario", STORIES)
def test_story_on_mongo(scenario: Scenario, outcome_on_mongo: Callable[[Scenario], Outcome]) -> None:
    insist(outcome_on_mongo(scenario))
