"""Schedules over HTTP, on a real server."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.polling import until
from tests.rest import Json, Rest, assert_error, fresh, simple


def schedule(workflow: str, **fields: Any) -> Json:
    """A schedule of every second."""
    return {
        "name": fresh("schedule"),
        "cronExpression": "* * * * * *",
        "startWorkflowRequest": {"name": workflow, "version": 1, "input": {"mine": 1}},
        **fields,
    }


def saved(rest: Rest, body: Json) -> Json:
    answer = rest.http.post("/scheduler/schedules", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def executions(rest: Rest, name: str, **query: Any) -> Json:
    wanted = {"query": f"scheduleName={name}", "sort": "scheduledTime:ASC", **query}
    answer = rest.http.get("/scheduler/search/executions", params=wanted)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture
def flow(rest: Rest) -> str:
    return rest.define([simple(fresh("step"), "a")])


def test_a_schedule_starts_its_workflow_once_each_second(rest: Rest, flow: str) -> None:
    body = schedule(flow, correlationId="unknown fields are ignored")
    before = int(time.time() * 1000)  # noqa: TID251 - the server's clock is this machine's
    shown = saved(rest, body)
    assert before < shown["nextRunTime"] <= before + 3000
    found = until(lambda: page if (page := executions(rest, body["name"]))["totalHits"] >= 2 else None, "two starts")
    assert rest.http.put(f"/scheduler/schedules/{body['name']}/pause", params={"reason": "enough"}).status_code == 200
    first, second = found["results"][:2]
    assert second["scheduledTime"] - first["scheduledTime"] == 1000
    assert first["scheduledTime"] % 1000 == 0
    assert {each["state"] for each in (first, second)} <= {"EXECUTED", "POLLED"}
    assert (first["workflowName"], first["scheduleName"], first["zoneId"]) == (flow, body["name"], "UTC")
    assert first["workflowId"] != second.get("workflowId")
    given = rest.workflow(first["workflowId"])["input"]
    assert given["mine"] == 1
    assert given["_scheduledTime"] == first["scheduledTime"]
    paused = rest.http.get(f"/scheduler/schedules/{body['name']}").json()
    assert (paused["paused"], paused["pausedReason"]) == (True, "enough")
    rest.http.delete(f"/scheduler/schedules/{body['name']}")


def test_schedules_are_listed_searched_and_deleted(rest: Rest, flow: str) -> None:
    names = [saved(rest, schedule(flow, paused=n == 0, description=f"the {n}th"))["name"] for n in range(3)]
    listed = rest.http.get("/scheduler/schedules", params={"workflowName": flow}).json()
    assert sorted(each["name"] for each in listed) == sorted(names)

    def search(**query: Any) -> list[str]:
        answer = rest.http.get("/scheduler/schedules/search", params={"workflowName": flow, **query})
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["results"]]

    assert search(paused=True) == names[:1]
    assert search(scheduleName=names[1]) == names[1:2]
    assert search(freeText="THE 2TH") == names[2:]
    assert search(freeText="*", sort="createTime:ASC", start=1, size=1) == names[1:2]
    assert search(sort="name:DESC") == sorted(names, reverse=True)
    for name in names:
        assert rest.http.delete(f"/scheduler/schedules/{name}").status_code == 200
        assert rest.http.delete(f"/scheduler/schedules/{name}").status_code == 200
        assert_error(rest.http.get(f"/scheduler/schedules/{name}"), 404)
    assert rest.http.get("/scheduler/schedules", params={"workflowName": flow}).json() == []


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_q16_pause_and_resume_by_put_and_by_get(rest: Rest, flow: str, method: str) -> None:
    name = saved(rest, schedule(flow, cronExpression="@yearly"))["name"]
    for verb, paused in (("pause", True), ("pause", True), ("resume", False)):
        answer = rest.http.request(method, f"/scheduler/schedules/{name}/{verb}", json={})
        assert (answer.status_code, answer.content) == (200, b"")
        assert rest.http.get(f"/scheduler/schedules/{name}").json()["paused"] is paused
    assert_error(rest.http.request(method, f"/scheduler/schedules/{name}/resume"), 404)  # it is not paused
    error = assert_error(rest.http.request(method, f"/scheduler/schedules/{fresh('no')}/{verb}"), 404)
    assert error["message"].startswith("Schedule 'no_")


def test_many_are_paused_and_resumed(rest: Rest, flow: str) -> None:
    name, missing = saved(rest, schedule(flow, cronExpression="@yearly"))["name"], fresh("no")
    answer = rest.http.put("/scheduler/bulk/pause", json=[name, missing])
    assert answer.status_code == 200
    assert answer.json()["bulkSuccessfulResults"] == [name]
    assert list(answer.json()["bulkErrorResults"]) == [missing]
    assert rest.http.put("/scheduler/bulk/resume", json=[name]).json()["bulkSuccessfulResults"] == [name]
    assert rest.http.get(f"/scheduler/schedules/{name}").json()["paused"] is False
    error = assert_error(rest.http.put("/scheduler/bulk/pause", json=[]), 400)
    assert [each["message"] for each in error["validationErrors"]] == ["Schedule names list cannot be null."]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"cronExpression": None},
        {"cronExpression": "* * * * *"},
        {"zoneId": "Mars/Olympus"},
        {"startWorkflowRequest": None},
        {"startWorkflowRequest": {}},
        {"scheduleStartTime": "soon"},
    ],
)
def test_what_cannot_be_scheduled_is_refused(rest: Rest, fields: Json) -> None:
    assert_error(rest.http.post("/scheduler/schedules", json={**schedule("flow"), **fields}), 400)


def test_next_few_schedules(rest: Rest) -> None:
    start = 1_893_456_000_000  # 2030-01-01
    day = 86_400_000

    def ask(**query: Any) -> Any:
        return rest.http.get("/scheduler/nextFewSchedules", params={"cronExpression": "0 0 0 * * *", **query})

    assert ask(scheduleStartTime=start).json() == [start + n * day for n in range(5)]
    assert ask(scheduleStartTime=start, limit=2).json() == [start, start + day]
    assert len(ask(scheduleStartTime=start, limit=50).json()) == 5
    assert ask(limit=0).json() == ask(limit=-1).json() == []
    assert ask(scheduleStartTime=start, scheduleEndTime=start + day).json() == [start, start + day]
    assert "cron" in assert_error(ask(cronExpression="nonsense"), 400)["message"]
    assert_error(rest.http.get("/scheduler/nextFewSchedules"), 400)


def test_executions_are_searched_by_the_grammar(rest: Rest) -> None:
    name = saved(rest, schedule(fresh("nowhere")))["name"]
    found = until(lambda: page if (page := executions(rest, name))["totalHits"] >= 2 else None, "two starts")
    rest.http.put(f"/scheduler/schedules/{name}/pause")
    first = found["results"][0]
    assert first["state"] == "FAILED"
    assert first["reason"].startswith("No such workflow defined.")
    time_of = first["scheduledTime"]
    for query, hits in (
        (f"scheduleName IN ({name}) AND state IN (FAILED) AND scheduledTime<{time_of + 1}", 1),
        (f"scheduleName IN ({name}, other) AND status=FAILED AND startTime BETWEEN {time_of} AND {time_of + 999}", 1),
        (f"executionId={first['executionId']}", 1),
        (f"scheduleName={name} AND state=EXECUTED", 0),
        (f"workflowType={first['workflowName']} AND scheduledTime<={time_of}", 1),
        (f"workflowId IS NULL AND scheduleName={name} AND scheduledTime<{time_of + 1000}", 1),
        ("*nowhere* ", 0),
    ):
        assert executions(rest, name, query=query)["totalHits"] == hits, query
    assert executions(rest, name, size=1)["results"] == executions(rest, name, query=name, size=1)["results"] == [first]
    assert executions(rest, name, query="", freeText=name, size=1, sort="scheduledTime:ASC")["results"] == [first]
    error = assert_error(rest.http.get("/scheduler/search/executions", params={"query": "state IN FAILED"}), 400)
    assert "column" in error["message"]
    rest.http.delete(f"/scheduler/schedules/{name}")


def test_everything_is_paused_and_resumed_and_requeued(rest: Rest) -> None:
    for verb in ("pause", "resume"):
        answer = rest.http.get(f"/scheduler/admin/{verb}")
        assert (answer.status_code, answer.json()) == (200, {"status": "done"})
    answer = rest.http.get("/scheduler/admin/requeue")
    assert answer.status_code == 200
    assert set(answer.json()) == {"recordIds.size", "sampleIds"}
