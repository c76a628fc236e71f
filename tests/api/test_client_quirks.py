"""What the official clients really send (Q1 to Q30 of the reference), byte for byte, against a real server process.

What they expect and cannot bear is in `test_client_expectations.py`; Q16 stands with the schedules.
"""

from __future__ import annotations

import json

import httpx
import pytest

from tests.rest import Json, Rest, assert_error, fresh, result, simple

JSON_TYPE = {"Content-Type": "application/json"}


# Q1: Python sends `{}` as JSON with every PUT, POST and DELETE that has no body.


def test_q1_pause_resume_and_terminate_ignore_an_empty_object(rest: Rest) -> None:
    name, _ = rest.one_task()
    identity = rest.start(name)
    for method, path in (("PUT", "/pause"), ("PUT", "/resume"), ("DELETE", "?reason=enough")):
        answer = rest.http.request(method, f"/workflow/{identity}{path}", content=b"{}", headers=JSON_TYPE)
        assert answer.is_success, answer.text
    assert rest.workflow(identity)["status"] == "TERMINATED"


def test_q1_restart_retry_and_remove_ignore_an_empty_object(rest: Rest) -> None:
    name, kind = rest.one_task()
    identity = rest.start(name)
    rest.update(rest.poll(kind), "FAILED_WITH_TERMINAL_ERROR")
    rest.ended(identity, "FAILED")
    for method, path in (
        ("POST", "/retry"),
        ("DELETE", ""),
        ("POST", "/restart"),
        ("DELETE", ""),
        ("DELETE", "/remove"),
    ):
        answer = rest.http.request(method, f"/workflow/{identity}{path}", content=b"{}", headers=JSON_TYPE)
        assert answer.is_success, f"{method} {path}: {answer.text}"


def test_q1_definitions_are_deleted_with_an_empty_object(rest: Rest) -> None:
    name, kind = rest.one_task()
    rest.define_task(kind)
    for path in (f"/metadata/workflow/{name}/1", f"/metadata/taskdefs/{kind}"):
        assert rest.http.request("DELETE", path, content=b"{}", headers=JSON_TYPE).is_success


# Q2: Python labels GET requests as JSON, too, and accepts gzip.


def test_q2_get_with_a_content_type_and_gzip(rest: Rest) -> None:
    name, kind = rest.one_task()
    identity = rest.start(name)
    headers = {**JSON_TYPE, "Accept-Encoding": "gzip"}
    for path in (f"/workflow/{identity}", f"/metadata/workflow/{name}", f"/tasks/poll/{kind}", "/tasks/queue/sizes"):
        answer = rest.http.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json() is not None


# Q3: JavaScript sends bodies chunked, without a length.


def test_q3_chunked_bodies(rest: Rest) -> None:
    kind = fresh("step")
    definition = {"name": fresh("flow"), "version": 1, "tasks": [simple(kind, "a")]}

    def send(path: str, body: object) -> httpx.Response:
        text = json.dumps(body).encode()
        answer = rest.http.post(path, content=iter([text[:7], text[7:]]), headers=JSON_TYPE)
        assert answer.request.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in answer.request.headers
        assert answer.is_success, answer.text
        return answer

    send("/metadata/taskdefs", [{"name": kind}])
    send("/metadata/workflow", definition)
    identity = send("/workflow", {"name": definition["name"], "input": {"a": 1}}).text
    send("/tasks/update-v2", result(rest.poll(kind), output={"b": 2}))
    assert rest.ended(identity)["output"] == {"b": 2}


# Q4, Q5: a log entry is raw text, whatever its label says.


@pytest.mark.parametrize(
    ("sent", "label", "stored"),
    [
        pytest.param(
            b'said \\"no\\" to {x}', "application/json", 'said \\"no\\" to {x}', id="q4-python-without-quotes"
        ),
        pytest.param(b'"said \\"no\\""', "application/json", 'said "no"', id="q5-javascript-with-quotes"),
        pytest.param(b"plain words", "text/plain", "plain words", id="documented"),
        pytest.param(b'"half a quotation', "application/json", '"half a quotation', id="q5-not-a-json-string"),
        pytest.param(b"{}", "application/json", "{}", id="an-object-is-text"),
    ],
)
def test_q4_q5_task_logs_are_raw_text(rest: Rest, sent: bytes, label: str, stored: str) -> None:
    _, task = rest.polled()
    path = f"/tasks/{task['taskId']}/log"
    assert rest.http.get(path).status_code in (200, 204)

    answer = rest.http.post(path, content=sent, headers={"Content-Type": label})

    assert answer.is_success, answer.text
    assert [entry["log"] for entry in rest.http.get(path).json()] == [stored]


# Q8: `None` and nothing at all are how Python writes an absent value.


@pytest.mark.parametrize("empty", ["", "None"])
def test_q8_empty_query_values_are_absent(rest: Rest, empty: str) -> None:
    name, _ = rest.one_task()
    identity = rest.start(name)

    read = rest.http.get(f"/metadata/workflow/{name}", params={"version": empty})
    assert read.status_code == 200, read.text
    assert read.json()["version"] == 1

    found = rest.http.get(
        "/workflow/search",
        params={
            "start": 0,
            "size": 10,
            "freeText": "*",
            "query": f"workflowType={name}",
            "queryId": empty,
            "sort": empty,
        },
    )
    assert [hit["workflowId"] for hit in found.json()["results"]] == [identity]

    ended = rest.http.delete(f"/workflow/{identity}", params={"reason": empty})
    assert ended.is_success
    assert rest.workflow(identity).get("reasonForIncompletion") in (None, "")


@pytest.mark.parametrize("empty", ["", "None"])
def test_q8_execute_takes_empty_parameters_as_absent(rest: Rest, empty: str) -> None:
    name = rest.define([{"name": "s", "taskReferenceName": "s", "type": "SET_VARIABLE", "inputParameters": {"a": 1}}])
    answer = rest.http.post(
        f"/workflow/execute/{name}/1", params={"requestId": empty, "waitUntilTaskRef": empty}, json={"input": {}}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "COMPLETED"


# Q9: Python capitalises booleans.


def test_q9_capitalised_booleans(rest: Rest) -> None:
    name, kind = rest.one_task()
    again = {"name": name, "version": 1, "description": "second", "tasks": [simple(kind, "a")]}
    assert_error(rest.http.post("/metadata/workflow", params={"overwrite": "False"}, json=again), 409)
    assert rest.http.post("/metadata/workflow", params={"overwrite": "True"}, json=again).is_success
    assert rest.http.get(f"/metadata/workflow/{name}").json()["description"] == "second"

    identity = rest.start(name)
    bare = rest.http.get(f"/workflow/{identity}", params={"includeTasks": "False"}).json()
    full = rest.http.get(f"/workflow/{identity}", params={"includeTasks": "True"}).json()
    assert (len(bare.get("tasks", [])), len(full["tasks"])) == (0, 1)


# Q10: Python's skip carries the repr of a dict in the query and `{}` in the body.


def test_q10_skip_ignores_a_repr_in_the_query(rest: Rest) -> None:
    kind = fresh("step")
    identity = rest.start(rest.define([simple(kind, "a"), simple(fresh("never"), "b")]))

    skipped = rest.http.put(
        f"/workflow/{identity}/skiptask/b",
        params={"skipTaskRequest": "{'taskOutput': {'a': 1}}"},
        content=b"{}",
        headers=JSON_TYPE,
    )

    assert skipped.is_success, skipped.text
    rest.update(rest.poll(kind))
    rest.ended(identity)
    assert rest.task(identity, "b")["status"] == "SKIPPED"


def test_q10_skip_takes_the_json_body_of_javascript(rest: Rest) -> None:
    gate, kind = fresh("gate"), fresh("step")
    tasks = [simple(gate, "gate"), simple(fresh("never"), "a"), simple(kind, "b", seen="${a.output.x}")]
    identity = rest.start(rest.define(tasks))

    skipped = rest.http.put(f"/workflow/{identity}/skiptask/a", json={"taskInput": {}, "taskOutput": {"x": 7}})

    assert skipped.is_success, skipped.text
    rest.update(rest.poll(gate))
    assert rest.poll(kind)["inputData"]["seen"] == 7


# Q11: every definition that Python builds has an empty failureWorkflow and a timeout of 60 s.


def test_q11_an_empty_failure_workflow_is_none(rest: Rest) -> None:
    name, kind = rest.one_task(failureWorkflow="", timeoutSeconds=60)
    identity = rest.start(name)
    rest.update(rest.poll(kind), "FAILED_WITH_TERMINAL_ERROR", reasonForIncompletion="no")
    failed = rest.ended(identity, "FAILED")
    assert failed["reasonForIncompletion"].endswith("reason: 'no'")
    assert "conductor.failure_workflow" not in failed["output"]


# Q12: every start of Python carries an idempotency strategy, mostly without a key.


def test_q12_a_strategy_without_key_is_ignored(rest: Rest) -> None:
    name, _ = rest.one_task()
    first, second = (
        rest.start(name, idempotencyStrategy="FAIL", idempotencyKey=key, correlationId=None, priority=None)
        for key in (None, "")
    )
    assert first != second
    assert rest.workflow(second)["status"] == "RUNNING"


# Q13: Python's own failure logs carry seconds where milliseconds belong.


def test_q13_a_log_time_is_stored_as_sent(rest: Rest) -> None:
    _, task = rest.polled()
    rest.update(task, "FAILED", logs=[{"log": "Traceback", "createdTime": 1_700_000_000, "taskId": task["taskId"]}])
    (entry,) = rest.http.get(f"/tasks/{task['taskId']}/log").json()
    assert (entry["log"], entry["createdTime"]) == ("Traceback", 1_700_000_000)


# Q17: JavaScript posts a list of event handlers.


@pytest.mark.parametrize("as_list", [True, False])
def test_q17_event_handlers_come_alone_or_in_a_list(rest: Rest, as_list: bool) -> None:
    handler = {
        "name": fresh("handler"),
        "event": f"conductor:{fresh('event')}",
        "actions": [{"action": "start_workflow", "start_workflow": {"name": "x", "version": 1}}],
        "active": False,
    }
    answer = rest.http.post("/event", json=[handler] if as_list else handler)
    assert answer.is_success, answer.text
    assert handler["name"] in {stored["name"] for stored in rest.http.get("/event").json()}


# Q18: JavaScript wraps outputs; they are stored as they come.


@pytest.mark.parametrize("wrapped", [{"taskOutput": {"a": 1}}, {"outputData": {"a": 1}}])
@pytest.mark.parametrize("suffix", ["", "/sync"])
def test_q18_wrapped_outputs_are_stored_as_sent(rest: Rest, wrapped: Json, suffix: str) -> None:
    identity, task = rest.polled()
    answer = rest.http.post(f"/tasks/{identity}/a/COMPLETED{suffix}", params={"workerid": "js"}, json=wrapped)
    assert answer.status_code == 200, answer.text
    if suffix:
        assert answer.json()["workflowId"] == identity
    else:
        assert answer.text == task["taskId"]
    rest.ended(identity)
    assert rest.task(identity, "a")["outputData"] == wrapped


# Q19: JavaScript reads the latest definition with an empty version.


def test_q19_an_empty_version_is_the_latest(rest: Rest) -> None:
    name, kind = rest.one_task()
    rest.define([simple(kind, "a")], name=name, version=2)
    read = rest.http.get(f"/metadata/workflow/{name}?metadata=false&version=")
    assert read.status_code == 200, read.text
    assert read.json()["version"] == 2


# Q27: clients send parameters and fields that only other servers know.


def test_q27_unknown_parameters_and_fields_are_ignored(rest: Rest) -> None:
    kind = fresh("step")
    strange = {"overwriteTags": True, "tags": [{"key": "a"}], "access": None}
    name = rest.define([{**simple(kind, "a"), "strange": {}}], **strange)
    rest.define_task(kind, **strange)
    identity = rest.start(name, strange=[1])
    assert rest.http.get(f"/workflow/{identity}?summarize=true&access=READ").status_code == 200
    task = rest.poll(kind, strange="x")
    assert rest.http.post("/tasks?strange=1", json=result(task, strange={"a": None})).status_code == 200
    ended = rest.http.delete(f"/workflow/{rest.start(name)}?triggerFailureWorkflow=true")
    assert ended.is_success


# Q28: the heartbeat of Python's workers.


def test_q28_a_heartbeat_only_extends_the_lease(rest: Rest) -> None:
    kind = rest.define_task(fresh("step"), retryCount=0, responseTimeoutSeconds=5, timeoutSeconds=0)
    identity = rest.start(rest.define([simple(kind, "a")]))
    task = rest.poll(kind, workerid="host")

    answer = rest.http.post("/tasks", json=result(task, "IN_PROGRESS", extendLease=True, output={"not": "stored"}))

    assert answer.status_code == 200
    now = rest.task(identity, "a")
    assert now["status"] == "IN_PROGRESS"
    assert now["updateTime"] >= task["updateTime"]
    kept = ("workerId", "pollCount", "startTime", "outputData", "callbackAfterSeconds")
    assert {field: now.get(field) for field in kept} == {field: task.get(field) for field in kept}
    assert rest.http.get(f"/tasks/poll/{kind}").status_code == 204
    assert rest.http.post("/tasks/update-v2", json=result(task, "IN_PROGRESS", extendLease=True)).status_code == 204


# Q29: Go sends two Content-Type headers, and they may differ.


@pytest.mark.parametrize("order", [("text/plain", "application/json"), ("application/json", "text/plain")])
def test_q29_two_content_types_of_which_one_is_json(rest: Rest, order: tuple[str, str]) -> None:
    name, kind = rest.one_task()
    headers = [("Content-Type", label) for label in order]

    def send(path: str, body: object) -> httpx.Response:
        answer = rest.http.post(path, content=json.dumps(body), headers=headers)
        assert answer.request.headers.get_list("content-type") == list(order)
        assert answer.is_success, answer.text
        return answer

    identity = send("/workflow", {"name": name, "input": {"a": 1}}).text
    send("/tasks", result(rest.poll(kind), output={"ok": True}))
    assert rest.ended(identity)["output"] == {"ok": True}


# Q30: pollers write `workerid`.


def test_q30_the_worker_id_is_in_lower_case(rest: Rest) -> None:
    name, kind = rest.one_task()
    rest.start(name)
    assert rest.poll(kind, workerid="host-1")["workerId"] == "host-1"
