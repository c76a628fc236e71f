"""What a server says of itself, and the second looks that can be asked for."""

from __future__ import annotations

import pytest

from tests.rest import Rest, assert_error, fresh, simple
from tests.serving import Server


def test_the_version_and_the_settings_are_told_without_secrets() -> None:
    environment = {"CONDUCTOR_ENV_STAGE": "test", "CONDUCTOR_SECRET_KEY": "hush", "SEGUE_LOG_LEVEL": "warning"}
    with Server("--memory", environment=environment) as server, Rest(server.base_url) as rest:
        version = rest.http.get("/version")
        assert version.headers["content-type"].startswith("text/plain")
        configuration = rest.http.get("/admin/config").json()
        assert (configuration["version"], configuration["SEGUE_LOG_LEVEL"]) == (version.text, "warning")
        assert rest.http.get("/environment").json() == [{"name": "STAGE", "value": "test"}]
        assert rest.http.get("/environment/STAGE").text == "test"
        unset = rest.http.get("/environment/PATH")
        assert (unset.status_code, unset.text) == (200, "")
        assert "hush" not in str(configuration)


def test_pending_tasks_are_those_that_have_not_ended(rest: Rest) -> None:
    kind = fresh("step")
    name = rest.define([simple(kind, "a")])
    identities = [rest.start(name) for _ in range(3)]
    rest.update(rest.poll(kind))
    pending = rest.http.get(f"/admin/task/{kind}").json()
    assert [task["workflowInstanceId"] for task in pending] == identities[1:]
    page = rest.http.get(f"/admin/task/{kind}", params={"start": 1, "count": 1}).json()
    assert [task["workflowInstanceId"] for task in page] == identities[2:]


def test_a_second_look_finds_nothing_to_repair(rest: Rest) -> None:
    name, _ = rest.one_task()
    identity = rest.start(name)
    assert rest.http.post(f"/admin/sweep/requeue/{identity}").text == f"true.{identity}"
    assert rest.http.post(f"/admin/consistency/verifyAndRepair/{identity}").text == "false"
    for path in ("/admin/sweep/requeue/nobody", "/admin/consistency/verifyAndRepair/nobody"):
        assert_error(rest.http.post(path), 404)


def test_event_queues_are_those_of_active_handlers(rest: Rest) -> None:
    queue = fresh("event")
    event = f"conductor:{queue}"
    action = {"action": "start_workflow", "start_workflow": {"name": "nobody"}}
    handler = {"name": fresh("handler"), "event": event, "actions": [action], "active": True}
    assert rest.http.post("/event", json=handler).is_success
    assert rest.http.get("/admin/queues").json()[event] == queue
    assert rest.http.get("/admin/queues", params={"verbose": "true"}).json()[event] == {queue: 0}


def test_there_are_no_default_event_queues(rest: Rest) -> None:
    assert rest.http.get("/queue/").json() == {}
    assert rest.http.get("/queue/size").json() == {}
    assert_error(rest.http.get("/queue"), 404)
    for path in ("w/a/COMPLETED", "w/task/t/FAILED"):
        body = assert_error(rest.http.post(f"/queue/update/{path}", json={}), 400)
        assert body["message"].startswith("There is no queue for handling ")


def test_queues_by_shard_have_the_sizes_of_queues(rest: Rest) -> None:
    name, kind = rest.one_task()
    rest.start(name)
    assert rest.http.get("/tasks/queue/all/verbose").json()[kind] == {"a": {"size": 1, "uacked": 0}}


@pytest.mark.parametrize("tasks", ["true", "false"])
def test_many_executions_are_read_at_once(rest: Rest, tasks: str) -> None:
    name, _ = rest.one_task()
    identities = [rest.start(name) for _ in range(2)]
    asked = [identities[0], "nobody", identities[1]]
    answer = rest.http.post("/workflow/bulk/search", params={"includeTasks": tasks}, json=asked).json()
    assert answer["bulkErrorResults"] == {"nobody": "No such workflow found by id: nobody"}
    assert [found["workflowId"] for found in answer["bulkSuccessfulResults"]] == identities
    assert {len(found["tasks"]) for found in answer["bulkSuccessfulResults"]} == {1 if tasks == "true" else 0}


def test_definitions_are_listed_by_their_classifier(rest: Rest) -> None:
    plain, agent = rest.one_task()[0], rest.one_task(metadata={"classifier": "Agent"})[0]

    def listed(classifier: str) -> set[str]:
        answer = rest.http.get("/metadata/workflow", params={"classifier": classifier})
        return {definition["name"] for definition in answer.json()} & {plain, agent}

    assert (listed("AGENT"), listed("workflow"), listed("")) == ({agent}, {plain}, {plain, agent})
