"""kill -9 while schedules fire: after the next start no time is missing, and none was started twice."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from engine.crash_points import POINTS
from tests.polling import until
from tests.rest import Json, Rest, fresh, simple
from tests.serving import Server

AT = 3


def executions(rest: Rest, name: str) -> list[Json]:
    query: Json = {"query": f"scheduleName={name} AND state=EXECUTED", "sort": "scheduledTime:ASC", "size": 1000}
    found: list[Json] = rest.http.get("/scheduler/search/executions", params=query).json()["results"]
    return found


@pytest.mark.crash
@pytest.mark.long
@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("scheduler")])
def test_a_kill_between_any_two_writes_loses_and_repeats_nothing(tmp_path: Path, point: str) -> None:
    crash = {"SEGUE_CRASH_POINT": f"{point}:{AT}"}
    with Server("--data", str(tmp_path), environment=crash) as server, Rest(server.base_url) as rest:
        flow, name = rest.define([simple(fresh("step"), "a")]), fresh("schedule")
        schedule = {"name": name, "cronExpression": "* * * * * *", "runCatchupScheduleInstances": True}
        rest.http.post("/scheduler/schedules", json={**schedule, "startWorkflowRequest": {"name": flow}})
        until(lambda: server.process.poll() is not None, "the point was reached")
        server.environment.clear()
        server.start()
        found = until(lambda: some if len(some := executions(rest, name)) > 2 * AT else None, "it has gone on")
        rest.http.put(f"/scheduler/schedules/{name}/pause")
        times = [each["scheduledTime"] for each in found]
        assert all(later - earlier == 1000 for earlier, later in itertools.pairwise(times))
        until(lambda: _started(rest, flow) == len(executions(rest, name)), "every start is recorded")


def _started(rest: Rest, flow: str) -> int:
    query: Json = {"query": f"workflowType={flow}", "size": 0}
    total: int = rest.http.get("/workflow/search", params=query).json()["totalHits"]
    return total
