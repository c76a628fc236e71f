"""Operations as a client sees them: in bulk with 1 to 1,000 ids, and the calls that wait, by every return strategy."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.polling import until
from tests.rest import Rest, fresh, simple

BULK = [
    ("PUT", "pause", "RUNNING"),
    ("PUT", "resume", "PAUSED"),
    ("POST", "terminate", "RUNNING"),
    ("POST", "restart", "TERMINATED"),
    ("POST", "retry", "TERMINATED"),
    ("DELETE", "remove", "TERMINATED"),
    ("DELETE", "terminate-remove", "RUNNING"),
]
TO = {"PAUSED": ("PUT", "pause"), "TERMINATED": ("POST", "terminate")}


def bulk(rest: Rest, method: str, what: str, ids: list[str]) -> httpx.Response:
    return rest.http.request(method, f"/workflow/bulk/{what}", json=ids)


@pytest.mark.parametrize(("method", "what", "state"), BULK, ids=[row[1] for row in BULK])
def test_a_bulk_operation_answers_for_each_id(rest: Rest, method: str, what: str, state: str) -> None:
    name = rest.define([simple(fresh("work"), "a")])
    good = [rest.start(name) for _ in range(3)]
    if state in TO:
        assert bulk(rest, *TO[state], good).json()["bulkSuccessfulResults"] == good
    bad = [f"nobody-{number}" for number in range(997)]
    answer = bulk(rest, method, what, [*bad[:500], *good, *bad[500:]]).json()
    assert set(answer["bulkSuccessfulResults"]) == set(good)
    assert answer["bulkErrorResults"] == {each: f"No such workflow found by id: {each}" for each in bad}


@pytest.mark.parametrize(("method", "what", "state"), BULK, ids=[row[1] for row in BULK])
def test_a_bulk_operation_takes_1_to_1000_ids(rest: Rest, method: str, what: str, state: str) -> None:
    assert bulk(rest, method, what, ["nobody"]).status_code == 200
    for ids in ([], [f"nobody-{number}" for number in range(1001)]):
        assert bulk(rest, method, what, ids).status_code == 400


def test_terminating_with_the_failure_workflow_alone_and_in_bulk(rest: Rest) -> None:
    after = rest.define([simple(fresh("work"), "z")])
    name = rest.define([simple(fresh("work"), "a")], failureWorkflow=after)
    ids = [rest.start(name) for _ in range(3)]
    assert rest.http.delete(f"/workflow/{ids[0]}", params={"triggerFailureWorkflow": "true"}).status_code == 204
    assert rest.http.delete(f"/workflow/{ids[1]}").status_code == 204
    answer = rest.http.post("/workflow/bulk/terminate", json=ids[2:], params={"triggerFailureWorkflow": "true"})
    assert answer.json()["bulkSuccessfulResults"] == ids[2:]

    def both() -> bool:
        return len(rest.http.get(f"/workflow/running/{after}").json()) == 2

    until(both, "two failure workflows run")
    outputs = [rest.http.get(f"/workflow/{each}").json()["output"] for each in ids]
    assert ["conductor.failure_workflow" in output for output in outputs] == [True, False, True]


WAITS = {"name": "wait", "taskReferenceName": "w", "type": "WAIT", "inputParameters": {"k": "v"}}
STRATEGIES: list[tuple[str, dict[str, Any]]] = [
    ("TARGET_WORKFLOW", {"workflowId": "outer", "status": "RUNNING"}),
    ("BLOCKING_WORKFLOW", {"workflowId": "inner", "status": "RUNNING"}),
    ("BLOCKING_TASK", {"workflowId": "inner", "referenceTaskName": "w", "taskType": "WAIT"}),
    ("BLOCKING_TASK_INPUT", {"workflowId": "inner", "referenceTaskName": "w", "input": {"k": "v"}}),
]


@pytest.mark.parametrize(("strategy", "expected"), STRATEGIES, ids=[row[0] for row in STRATEGIES])
def test_d29_execute_and_signal_answer_by_every_strategy(rest: Rest, strategy: str, expected: dict[str, Any]) -> None:
    inner = rest.define([WAITS])
    child = {"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW", "subWorkflowParam": {"name": inner}}
    outer = rest.define([child])
    query = {"returnStrategy": strategy, "waitForSeconds": "20", "requestId": "mine"}
    answer = rest.http.post(f"/workflow/execute/{outer}/1", params=query, json={"name": outer, "input": {}})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    ids = {"outer": shown["targetWorkflowId"], "inner": rest.http.get(f"/workflow/running/{inner}").json()[0]}
    wanted = {**expected, "workflowId": ids[expected["workflowId"]], "responseType": strategy, "requestId": "mine"}
    assert {key: shown[key] for key in wanted} == wanted
    assert (shown["targetWorkflowStatus"], shown["signalTimeout"]) == ("RUNNING", False)
    signalled = rest.http.post(
        f"/tasks/{ids['outer']}/COMPLETED/signal/sync", params={"returnStrategy": "TARGET_WORKFLOW"}, json={"x": 1}
    ).json()
    assert (signalled["status"], signalled["output"]["x"]) == ("COMPLETED", 1)


def test_d29_a_strategy_that_is_none_and_nothing_that_blocks(rest: Rest) -> None:
    name = rest.define([{"name": "n", "taskReferenceName": "n", "type": "NOOP"}])
    body = {"name": name, "input": {}}
    wrong = rest.http.post(f"/workflow/execute/{name}/1", params={"returnStrategy": "NONE"}, json=body)
    assert wrong.status_code == 400
    nothing = rest.http.post(f"/workflow/execute/{name}/1", params={"returnStrategy": "BLOCKING_TASK"}, json=body)
    assert (nothing.status_code, nothing.content) == (200, b"")


def test_execute_waits_for_a_named_task_and_no_longer_than_asked(rest: Rest) -> None:
    name = rest.define([{"name": "n", "taskReferenceName": "n", "type": "NOOP"}, simple(fresh("work"), "a")])
    body = {"name": name, "input": {}}
    named = rest.http.post(f"/workflow/execute/{name}/0", params={"waitUntilTaskRef": "x,n"}, json=body).json()
    assert (named["status"], named["signalTimeout"]) == ("RUNNING", False)
    late = rest.http.post(f"/workflow/execute/{name}/0", params={"waitForSeconds": "1"}, json=body).json()
    assert (late["status"], late["signalTimeout"]) == ("RUNNING", True)
