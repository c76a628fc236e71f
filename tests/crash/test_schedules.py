"""kill -9 while schedules fire: afterwards no time is missing, and none was started twice."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.crash_points import POINTS
from tests.polling import until
from tests.rest import Json, Rest, fresh, simple
from tests.serving import Server
from tests.wire import WireServer, missing

AT = 3
"""The point is passed so often before it kills."""
WITHIN = 40.0
NAMES = 3
OF_SCHEDULER = [point for point in POINTS if point.startswith("scheduler")]

pytestmark = [pytest.mark.crash, pytest.mark.long]


def save(rest: Rest, flow: str) -> list[str]:
    """Some schedules of every second that miss nothing."""
    names = [fresh("schedule") for _ in range(NAMES)]
    for name in names:
        body = {"name": name, "cronExpression": "* * * * * *", "runCatchupScheduleInstances": True}
        answer = rest.http.post("/scheduler/schedules", json={**body, "startWorkflowRequest": {"name": flow}})
        assert answer.status_code == 200, answer.text
    return names


def executions(rest: Rest, name: str) -> list[Json]:
    query: Json = {"query": f"scheduleName={name} AND state=EXECUTED", "sort": "scheduledTime:ASC", "size": 1000}
    found: list[Json] = rest.http.get("/scheduler/search/executions", params=query).json()["results"]
    return found


def started(rest: Rest, flow: str) -> int:
    query: Json = {"query": f"workflowType={flow}", "size": 0}
    total: int = rest.http.get("/workflow/search", params=query).json()["totalHits"]
    return total


def nothing_was_lost_or_repeated(rest: Rest, flow: str, names: list[str]) -> None:
    """The schedules go on well behind the kill; then every second has its one execution."""
    for name in names:
        until(lambda name=name: len(executions(rest, name)) > 15, f"{name} has gone on", WITHIN)  # type: ignore[misc]
        assert rest.http.put(f"/scheduler/schedules/{name}/pause").status_code == 200
    until(lambda: started(rest, flow) == sum(len(executions(rest, name)) for name in names), "all is recorded", WITHIN)
    for name in names:
        times = [each["scheduledTime"] for each in executions(rest, name)]
        assert all(later - earlier == 1000 for earlier, later in itertools.pairwise(times)), times


@contextlib.contextmanager
def mongo(count: int, **environment: str) -> Iterator[list[Server]]:
    """Servers on one database; the variables are the first one's."""
    if reason := missing():
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:
        uri = stack.enter_context(WireServer()).uri()
        yield [
            stack.enter_context(Server("--mongo", uri, environment=environment if number == 0 else {}))
            for number in range(count)
        ]


@pytest.mark.timeout(150)
@pytest.mark.parametrize("point", OF_SCHEDULER)
def test_a_server_that_is_killed_between_two_writes(tmp_path: Path, point: str) -> None:
    crash = {"SEGUE_CRASH_POINT": f"{point}:{AT}"}
    with Server("--data", str(tmp_path), environment=crash) as server, Rest(server.base_url) as rest:
        flow = rest.define([simple(fresh("step"), "a")])
        names = save(rest, flow)
        until(lambda: server.process.poll() is not None, "the point was reached", WITHIN)
        server.environment.clear()
        server.start()
        nothing_was_lost_or_repeated(rest, flow, names)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("point", OF_SCHEDULER)
def test_one_of_three_servers_that_is_killed_between_two_writes(point: str) -> None:
    with mongo(3, SEGUE_CRASH_POINT=f"{point}:{AT}") as (first, second, _), Rest(second.base_url) as rest:
        flow = rest.define([simple(fresh("step"), "a")])
        names = save(rest, flow)
        until(lambda: first.process.poll() is not None, "the point was reached", WITHIN)
        nothing_was_lost_or_repeated(rest, flow, names)
