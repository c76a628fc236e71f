"""What the official clients expect and cannot bear (quirks of the reference by id), against a real server process."""

from __future__ import annotations

import httpx
import pytest

from tests.polling import until
from tests.rest import Json, Rest, assert_error, fresh, result, simple
from tests.serving import Server

JSON_TYPE = {"Content-Type": "application/json"}


# Q6, Q20: without authentication /token must be 404; anything else makes clients back off or throw.


@pytest.mark.parametrize("body", [b'{"keyId": "k", "keySecret": "s"}', b""])
def test_q6_q20_token_is_not_found(rest: Rest, body: bytes) -> None:
    assert_error(rest.http.post("/token", content=body, headers=JSON_TYPE), 404)


# Q7: update-v2 is the only update call of current workers.


def test_q7_update_v2_answers_the_next_task_or_204(rest: Rest) -> None:
    kind = fresh("step")
    name = rest.define([simple(kind, "a"), simple(kind, "b")])
    identity = rest.start(name)

    first = rest.http.post("/tasks/update-v2", json=result(rest.poll(kind), output={"n": 1}))
    assert first.status_code == 200
    following = first.json()
    assert (following["referenceTaskName"], following["status"]) == ("b", "IN_PROGRESS")
    assert following["workflowInstanceId"] == identity

    last = rest.http.post("/tasks/update-v2", json=result(following))
    assert (last.status_code, last.content) == (204, b"")
    rest.ended(identity)


def test_q7_update_v2_again_after_the_end_is_neither_422_nor_500(rest: Rest) -> None:
    _, task = rest.polled()
    for _ in range(2):
        assert rest.http.post("/tasks/update-v2", json=result(task)).status_code == 204


def test_q7_update_v2_with_every_field_of_the_sdk(rest: Rest) -> None:
    identity, task = rest.polled()
    everything: Json = {
        "callbackAfterSeconds": 0,
        "extendLease": False,
        "externalOutputPayloadStoragePath": None,
        "logs": [{"log": "one", "createdTime": None, "taskId": task["taskId"]}],
        "reasonForIncompletion": None,
        "subWorkflowId": None,
        "workerId": "host",
    }
    answer = rest.http.post("/tasks/update-v2", json=result(task, output={}, **everything))
    assert answer.status_code == 204, answer.text
    rest.ended(identity)


# Q14: an enum value that Python does not know makes the whole answer None.

KNOWN_WORKFLOW = {"RUNNING", "COMPLETED", "FAILED", "TIMED_OUT", "TERMINATED", "PAUSED"}
KNOWN_TASK = {"SCHEDULED", "IN_PROGRESS", "COMPLETED", "COMPLETED_WITH_ERRORS", "SKIPPED"} | {
    "CANCELED",
    "FAILED",
    "FAILED_WITH_TERMINAL_ERROR",
    "TIMED_OUT",
}


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "FAILED_WITH_TERMINAL_ERROR"])
def test_q14_only_known_enum_values_are_answered(rest: Rest, status: str) -> None:
    kind = rest.define_task(fresh("step"), retryCount=0)
    identity = rest.start(rest.define([{**simple(kind, "a"), "optional": True}, simple(fresh("never"), "b")]))
    rest.update(rest.poll(kind), status)
    until(lambda: len(rest.workflow(identity)["tasks"]) == 2, "the second task is scheduled")
    rest.http.delete(f"/workflow/{identity}")

    execution = rest.workflow(identity)

    assert execution["status"] in KNOWN_WORKFLOW
    assert {task["status"] for task in execution["tasks"]} <= KNOWN_TASK
    definition = execution["workflowDefinition"]
    assert definition["timeoutPolicy"] in {"TIME_OUT_WF", "ALERT_ONLY"}
    stored = rest.http.get(f"/metadata/taskdefs/{kind}").json()
    assert stored["timeoutPolicy"] in {"RETRY", "TIME_OUT_WF", "ALERT_ONLY"}
    assert stored["retryLogic"] in {"FIXED", "EXPONENTIAL_BACKOFF", "LINEAR_BACKOFF"}


# Q15: Python cannot bear a null idempotencyStrategy in a definition that it reads.


def test_q15_a_null_idempotency_strategy_is_omitted(rest: Rest) -> None:
    node = {**simple(fresh("step"), "a"), "subWorkflowParam": {"name": "x", "version": 1, "idempotencyStrategy": None}}
    name = rest.define([node])
    read = rest.http.get(f"/metadata/workflow/{name}").json()
    assert "idempotencyStrategy" not in read["tasks"][0]["subWorkflowParam"]


# Q21: Go decodes strictly.


def test_q21_search_summaries_have_text_and_every_body_has_a_type(rest: Rest) -> None:
    name, kind = rest.one_task()
    identity = rest.start(name, input={"a": {"b": 1}})
    rest.update(rest.poll(kind), output={"c": [1, 2]})
    rest.ended(identity)

    found = rest.http.get("/workflow/search", params={"query": f"workflowType={name}"})

    (summary,) = found.json()["results"]
    assert {type(summary[field]) for field in ("input", "output", "startTime", "endTime", "workflowType")} == {str}
    for path in (f"/workflow/{identity}", "/workflow/nobody", f"/metadata/workflow/{name}", "/nothing/here"):
        answer = rest.http.get(path)
        assert answer.headers["content-type"].startswith("application/json"), path
    started = rest.http.post("/workflow", json={"name": name, "input": {}})
    assert started.headers["content-type"].startswith("text/plain")


# Q22: what the CLI adds to its calls.


def test_q22_overwrite_on_create_and_the_forms_of_delete(rest: Rest) -> None:
    name, kind = rest.one_task()
    definition = {"name": name, "version": 1, "tasks": [simple(kind, "a")]}
    assert rest.http.post("/metadata/workflow?overwrite=true", json=definition).is_success
    identity = rest.start(name)
    rest.update(rest.poll(kind))
    rest.ended(identity)
    assert rest.http.delete(f"/workflow/{identity}/remove?archiveWorkflow=false").status_code == 200
    assert_error(rest.http.get(f"/workflow/{identity}"), 404)
    assert rest.http.delete(f"/metadata/workflow/{name}/1").status_code == 200
    assert_error(rest.http.get(f"/metadata/workflow/{name}"), 404)


# Q23: the CLI looks for the server at its root.


def test_q23_health_is_served_at_the_root(server: Server) -> None:
    answer = httpx.get(f"{server.root_url}/health", trust_env=False)
    assert answer.status_code == 200
    assert answer.json()["healthy"] is True


# Q24: a skipped row without a proper node blanks the web UI's diagram (upstream issue 605).


def test_q24_a_skipped_row_has_its_node(rest: Rest) -> None:
    kind = fresh("step")
    identity = rest.start(rest.define([simple(kind, "a"), simple(fresh("never"), "b")]))
    assert rest.http.put(f"/workflow/{identity}/skiptask/b", json={}).is_success
    node = rest.task(identity, "b")["workflowTask"]
    assert (node["type"], node["taskReferenceName"]) == ("SIMPLE", "b")


# Q25: the newer web UI asks for the versions of one name.


def test_q25_a_name_filters_the_definitions(rest: Rest) -> None:
    name, kind = rest.one_task()
    rest.define([simple(kind, "a")], name=name, version=2)
    listed = rest.http.get(f"/metadata/workflow?name={name}&short=true&metadata=true").json()
    assert [(definition["name"], definition["version"]) for definition in listed] == [(name, 1), (name, 2)]


# Q26: the newer web UI loads its flags before anything else.


def test_q26_the_flags_of_the_web_ui_are_served(server: Server) -> None:
    answer = httpx.get(f"{server.root_url}/context.js", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/javascript")
    assert answer.text.startswith("window.conductor = window.conductor || {};")


# Q31: JavaScript probes for the commercial product.


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/integrations/provider", 404),
        ("GET", "/prompts/greeting", 404),
        ("GET", "/metadata/task/step/tags", 404),
        ("GET", "/event/handler/name", 404),
        ("GET", "/event/queue/config/kafka/name", 404),
        ("GET", "/nothing/here", 404),
        ("POST", "/nothing/here", 404),
        ("PUT", "/nothing/here", 404),
        ("DELETE", "/nothing/here", 404),
        ("POST", "/event/handleIncomingEvent", 405),
        ("PUT", "/metadata/workflow/some/tags", 405),
        ("PUT", "/workflow", 405),
    ],
)
def test_q31_absent_routes_answer_in_the_error_shape(rest: Rest, method: str, path: str, status: int) -> None:
    body = assert_error(rest.http.request(method, path), status)
    if status == 405:
        assert body["message"] == f"Request method '{method}' is not supported"
