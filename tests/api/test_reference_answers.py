"""What the reference answers where its notes are silent, measured on both servers side by side."""

from __future__ import annotations

import json

import pytest

from tests.rest import Json, Rest, assert_error, fresh, result, simple

JSON_TYPE = {"Content-Type": "application/json"}


# Versions: 0 is a version as any other.


def test_version_0_is_not_the_latest(rest: Rest) -> None:
    name, _ = rest.one_task()
    answer = rest.http.post("/workflow", json={"name": name, "input": {}, "version": 0})
    assert assert_error(answer, 404)["message"] == f"No such workflow defined. name={name}, version=0"

    rest.define([simple("t", "a")], name=name, version=0, description="zero")
    assert rest.http.get(f"/metadata/workflow/{name}", params={"version": 0}).json()["description"] == "zero"
    assert rest.workflow(rest.start(name, version=0))["workflowVersion"] == 0
    assert rest.workflow(rest.start(name))["workflowVersion"] == 1


def test_a_sub_workflow_version_in_digits_is_a_number(rest: Rest) -> None:
    child, _ = rest.one_task()
    parameters = {"name": child, "version": "1"}
    name = rest.define(
        [{"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW", "subWorkflowParam": parameters}]
    )
    task = rest.http.get(f"/metadata/workflow/{name}").json()["tasks"][0]
    assert task["subWorkflowParam"]["version"] == 1


def test_the_older_name_of_the_task_type_is_read_and_never_shown(rest: Rest) -> None:
    name = rest.define([{"name": "w", "taskReferenceName": "w", "workflowTaskType": "WAIT"}])
    task = rest.http.get(f"/metadata/workflow/{name}").json()["tasks"][0]
    assert task["type"] == "WAIT" and "workflowTaskType" not in task
    assert rest.task(rest.start(name), "w")["taskType"] == "WAIT"


# Parameters and bodies.


@pytest.mark.parametrize(("word", "tasks"), [("1", 1), ("Yes", 1), ("ON", 1), ("0", 0), ("no", 0), ("Off", 0)])
def test_flags_take_the_words_of_the_reference(rest: Rest, word: str, tasks: int) -> None:
    name, _ = rest.one_task()
    answer = rest.http.get(f"/workflow/{rest.start(name)}", params={"includeTasks": word})
    assert len(answer.json()["tasks"]) == tasks


def test_a_number_may_have_a_plus(rest: Rest) -> None:
    name, _ = rest.one_task()
    assert rest.http.get(f"/metadata/workflow/{name}", params={"version": "+1"}).json()["version"] == 1


def test_a_body_may_begin_with_a_byte_order_mark(rest: Rest) -> None:
    name, _ = rest.one_task()
    body = b"\xef\xbb\xbf" + json.dumps({"name": name, "input": {}}).encode()
    assert rest.http.post("/workflow", content=body, headers=JSON_TYPE).is_success


# Lists of executions.


def test_a_paused_execution_is_running_but_not_correlated(rest: Rest) -> None:
    name, _ = rest.one_task()
    paused, ended = rest.start(name, correlationId="c"), rest.start(name, correlationId="c")
    assert rest.http.put(f"/workflow/{paused}/pause").is_success
    assert rest.http.delete(f"/workflow/{ended}").is_success
    assert rest.http.get(f"/workflow/running/{name}").json() == [paused]
    assert rest.http.get(f"/workflow/{name}/correlated/c").json() == []
    closed = rest.http.get(f"/workflow/{name}/correlated/c", params={"includeClosed": True}).json()
    assert {execution["workflowId"] for execution in closed} == {paused, ended}


# Logs.


def test_log_lines_stand_in_the_order_of_their_times_and_have_a_text(rest: Rest) -> None:
    _, task = rest.polled()
    assert rest.http.post(f"/tasks/{task['taskId']}/log", content="late").is_success
    lines: list[Json] = [{"log": "second", "createdTime": 9}, {"log": "first", "createdTime": 5}, {"log": None}, {}]
    assert rest.http.post("/tasks", json=result(task, logs=lines)).is_success
    logs = rest.http.get(f"/tasks/{task['taskId']}/log").json()
    assert [line["log"] for line in logs] == ["first", "second", "late"]


# Messages.


@pytest.mark.parametrize(("path", "word"), [("restart", "restart"), ("rerun", "rerun")])
def test_conflicts_name_the_status(rest: Rest, path: str, word: str) -> None:
    name, _ = rest.one_task()
    identity = rest.start(name)
    assert rest.http.put(f"/workflow/{identity}/pause").is_success
    message = assert_error(rest.http.post(f"/workflow/{identity}/{path}", json={}), 409)["message"]
    assert message == f"Workflow: {name}.1/{identity}.PAUSED is not in terminal state, unable to {word}."


def test_a_payload_location_names_what_is_wrong(rest: Rest) -> None:
    query = {"path": "p", "operation": "FLY", "payloadType": "TASK_INPUT"}
    message = assert_error(rest.http.get("/tasks/external-storage-location", params=query), 400)["message"]
    assert message == "Invalid input - Operation: FLY, PayloadType: TASK_INPUT"


# Event handlers and schedules: what is kept is what was meant.


def test_the_actions_of_an_event_handler_are_kept_as_what_they_mean(rest: Rest) -> None:
    name, event = fresh("handler"), fresh("conductor:event")
    sent: list[Json] = [
        {
            "action": "start_workflow",
            "start_workflow": {"name": "x", "version": "2", "input": None, "taskToDomain": None},
            "expandInlineJSON": "true",
        },
        {"action": "complete_task", "complete_task": {"taskId": "t", "output": None}, "fail_task": None},
    ]
    handler = {"name": name, "event": event, "actions": sent}
    assert rest.http.post("/event", json=handler).is_success
    shown = rest.http.get(f"/event/{event}", params={"activeOnly": False}).json()[0]["actions"]
    assert shown == [
        {
            "action": "start_workflow",
            "start_workflow": {"name": "x", "version": 2, "input": {}},
            "expandInlineJSON": True,
        },
        {"action": "complete_task", "complete_task": {"taskId": "t", "output": {}}, "expandInlineJSON": False},
    ]
    assert rest.http.delete(f"/event/{name}").is_success


def test_the_request_of_a_schedule_has_an_input(rest: Rest) -> None:
    name = fresh("schedule")
    schedule = {"name": name, "cronExpression": "0 0 0 1 1 ?", "startWorkflowRequest": {"name": "x"}}
    assert rest.http.post("/scheduler/schedules", json=schedule).json()["startWorkflowRequest"]["input"] == {}
    assert rest.http.delete(f"/scheduler/schedules/{name}").is_success


# Limits: each says what it is.


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([], "WorkflowIds list cannot be null."),
        (["x"] * 1001, "Cannot process more than 1000 workflows. Please use multiple requests."),
    ],
)
def test_bulk_operations_say_how_many_ids_they_take(rest: Rest, ids: list[str], message: str) -> None:
    errors = assert_error(rest.http.put("/workflow/bulk/pause", json=ids), 400)["validationErrors"]
    assert [(error["path"], error["message"]) for error in errors] == [("pauseWorkflow.arg0", message)]


@pytest.mark.parametrize(("priority", "message"), [(-1, "0 is the minimum"), (100, "99 is the maximum")])
def test_a_start_by_name_says_which_priorities_there_are(rest: Rest, priority: int, message: str) -> None:
    name, _ = rest.one_task()
    answer = rest.http.post(f"/workflow/{name}", params={"priority": priority}, json={})
    error = {"path": "startWorkflow.arg3", "message": f"{message} priority value", "invalidValue": str(priority)}
    assert assert_error(answer, 400)["validationErrors"] == [error]


def test_a_start_by_an_unknown_name_says_what_was_looked_for(rest: Rest) -> None:
    name = fresh("nobody")
    message = assert_error(rest.http.post(f"/workflow/{name}", params={"version": 2}, json={}), 404)["message"]
    assert message == f"No such workflow found by name: {name}, version: 2"


@pytest.mark.parametrize(
    "target",
    [
        "/tasks/poll/batch/none?count=-1",
        "/tasks/poll/batch/none?timeout=-1",
        "/tasks/search?size=-1",
        "/workflow/search?start=-1",
        "/workflow/none/tasks?count=-1",
        "/workflow/none/tasks?start=-1",
        "/admin/task/none?count=-1",
        "/scheduler/schedules/search?size=-1",
    ],
)
def test_nothing_is_counted_below_zero(rest: Rest, target: str) -> None:
    assert "-1 is less than the minimum of 0" in rest.http.get(target).text
    assert rest.http.get(target).status_code == 400


def test_statuses_of_a_query_are_read_in_any_case(rest: Rest) -> None:
    name, _ = rest.one_task()
    path = f"/workflow/{rest.start(name)}/tasks"
    assert rest.http.get(path, params={"status": "completed, scheduled"}).json()["totalHits"] == 1
    assert rest.http.get(path, params={"status": "completed"}).json()["totalHits"] == 0
    assert_error(rest.http.get(path, params={"status": "lost"}), 400)


# Definitions: parts that mean nothing are refused.


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"inputSchema": {"name": "s", "type": "XML"}}, "inputSchema.type"),
        ({"cacheConfig": {"ttlInSecond": "soon"}}, "cacheConfig.ttlInSecond"),
    ],
)
def test_parts_of_definitions_are_checked(rest: Rest, part: Json, path: str) -> None:
    body = {"name": fresh("flow"), "version": 1, "tasks": [simple("t", "a")], **part}
    errors = assert_error(rest.http.post("/metadata/workflow", json=body), 400)["validationErrors"]
    assert [error["path"] for error in errors] == [f"registerWorkflowDef.arg0.{path}"]


def test_parts_of_event_actions_are_checked(rest: Rest) -> None:
    parts: list[Json] = [{"start_workflow": {"name": "x", "version": "y"}}, {"complete_task": {"output": []}}]
    for part in parts:
        action = {"action": next(iter(part)), **part}
        answer = rest.http.post("/event", json={"name": fresh("h"), "event": "conductor:e", "actions": [action]})
        assert_error(answer, 400)


# E57: a failure workflow is told everything.


def test_a_failure_workflow_is_told_all_of_what_failed(rest: Rest) -> None:
    mender = rest.define([{"name": "n", "taskReferenceName": "n", "type": "NOOP"}])
    kind = rest.define_task(fresh("step"), retryCount=0)
    name = rest.define([simple(kind, "a", x="${workflow.input.q}")], failureWorkflow=mender)
    identity = rest.start(name, input={"q": 1}, priority=3)
    rest.update(rest.poll(kind), "FAILED", output={"o": 1})
    mending = rest.ended(identity, "FAILED")["output"]["conductor.failure_workflow"]
    told = rest.ended(mending)["input"]["failedWorkflow"]
    assert {**told, "tasks": [], "workflowDefinition": {}}.items() >= {
        "status": "FAILED", "workflowId": identity, "workflowName": name, "workflowVersion": 1, "input": {"q": 1},
        "priority": 3, "variables": {}, "taskToDomain": {}, "failedReferenceTaskNames": ["a"], "lastRetriedTime": 0,
    }.items()  # fmt: skip
    assert told["workflowDefinition"]["name"] == name and told["workflowDefinition"]["restartable"] is True
    (task,) = told["tasks"]
    assert task.items() >= {
        "referenceTaskName": "a", "status": "FAILED", "retryCount": 0, "retried": False, "iteration": 0,
        "inputData": {"x": 1}, "outputData": {"o": 1},
    }.items()  # fmt: skip
    assert task["workflowTask"]["type"] == "SIMPLE" and task["taskDefinition"]["retryCount"] == 0
    assert not {"rev", "node", "waitsFor"} & set(task) and not {"outbox", "definitionId"} & set(told)


# Many at once.


def test_what_has_ended_is_removed_by_terminate_remove_of_many(rest: Rest) -> None:
    noop = rest.define([{"name": "n", "taskReferenceName": "n", "type": "NOOP"}])
    name, _ = rest.one_task()
    ended, running = rest.start(noop), rest.start(name)
    rest.ended(ended)
    body = rest.http.request(
        "DELETE", "/workflow/bulk/terminate-remove", params={"archiveWorkflow": False}, json=[ended, running, "nobody"]
    ).json()
    assert body["bulkSuccessfulResults"] == [ended, running, running]
    assert set(body["bulkErrorResults"]) == {ended, "nobody"}
    assert {rest.http.get(f"/workflow/{each}").status_code for each in (ended, running)} == {404}


def test_an_id_that_stands_twice_is_removed_once(rest: Rest) -> None:
    name, _ = rest.one_task()
    identity = rest.start(name)
    body = rest.http.request(
        "DELETE", "/workflow/bulk/remove", params={"archiveWorkflow": False}, json=[identity, identity]
    ).json()
    assert (body["bulkSuccessfulResults"], set(body["bulkErrorResults"])) == ([identity], {identity})


def test_a_restart_without_a_latest_definition_says_so(rest: Rest) -> None:
    name, _ = rest.one_task()
    identity = rest.start(name)
    assert rest.http.delete(f"/workflow/{identity}").is_success
    assert rest.http.delete(f"/metadata/workflow/{name}/1").is_success
    answer = rest.http.post(f"/workflow/{identity}/restart", params={"useLatestDefinitions": True})
    assert assert_error(answer, 404)["message"] == f"Unable to find latest definition for {identity}"
    assert rest.http.post(f"/workflow/{identity}/restart").is_success


def test_a_definition_that_was_never_there_cannot_be_deleted(rest: Rest) -> None:
    name = fresh("nobody")
    for path, version in ((f"{name}/3", "3"), (f"{name}?version=3", "3"), (name, "null")):
        message = assert_error(rest.http.delete(f"/metadata/workflow/{path}"), 404)["message"]
        assert message == f"No such workflow definition: {name} version: {version}"


def test_a_domain_that_is_null_is_none(rest: Rest) -> None:
    name, kind = rest.one_task()
    identity = rest.start(name, taskToDomain={kind: None, "other": "d"})
    assert rest.workflow(identity)["taskToDomain"] == {"other": "d"}
    assert rest.poll(kind)["workflowInstanceId"] == identity
