"""Messages to a workflow (§2.23) over HTTP: what their sender is told, and what a kill -9 leaves of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rest import Json, Rest, assert_error
from tests.serving import Server

HUMAN = {"name": "human", "taskReferenceName": "h", "type": "HUMAN"}
MOST = 3


def pull(reference: str = "p", **given: Any) -> Json:
    kind = "PULL_WORKFLOW_MESSAGES"
    return {"name": "pull", "taskReferenceName": reference, "type": kind, "inputParameters": given}


def push(rest: Rest, workflow_id: str, payload: Any) -> str:
    """Send a message; its id."""
    answer = rest.http.post(f"/workflow/{workflow_id}/messages", json=payload)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


def taken(row: Json) -> list[Any]:
    assert row["status"] == "COMPLETED"
    return [message["payload"] for message in row["outputData"]["messages"]]


def test_a_message_completes_the_task_that_waits_for_it(rest: Rest) -> None:
    workflow_id = rest.start(rest.define([pull()]))
    waiting = rest.task(workflow_id, "p")
    assert (waiting["taskType"], waiting["status"], waiting["taskDefName"]) == (
        "PULL_WORKFLOW_MESSAGES", "IN_PROGRESS", "pull",
    )  # fmt: skip
    message_id = push(rest, workflow_id, {"a": ["ü", 1.5, None]})
    execution = rest.workflow(workflow_id)
    assert execution["status"] == "COMPLETED"
    message = execution["output"]["messages"][0]
    assert message.pop("receivedAt").endswith("Z")
    assert message == {"id": message_id, "workflowId": workflow_id, "payload": {"a": ["ü", 1.5, None]}}
    assert execution["output"]["count"] == 1


def test_messages_wait_unseen_for_their_task(rest: Rest) -> None:
    workflow_id = rest.start(rest.define([HUMAN, pull(batchSize=5)]))
    before = rest.workflow(workflow_id)
    for number in range(2):
        push(rest, workflow_id, {"n": number})
    after = rest.workflow(workflow_id)
    assert before.keys() == after.keys()
    assert "messages" not in str(after)
    rest.update(rest.task(workflow_id, "h"))
    assert taken(rest.task(workflow_id, "p")) == [{"n": 0}, {"n": 1}]


def test_a_message_that_cannot_come_is_refused_with_a_reason(rest: Rest) -> None:
    workflow_id = rest.start(rest.define([HUMAN]))
    path = f"/workflow/{workflow_id}/messages"
    assert_error(rest.http.post("/workflow/nobody/messages", json={}), 404)
    for body in ("", "null", "[]", '"text"', "5", "{"):
        answer = rest.http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, body
    rest.http.put(f"/workflow/{workflow_id}/pause")
    paused = assert_error(rest.http.post(path, json={}), 409)
    assert paused["message"] == f"Workflow {workflow_id} is not in RUNNING state (current: PAUSED)"
    rest.http.put(f"/workflow/{workflow_id}/resume")
    large = assert_error(rest.http.post(path, json={"x": "y" * 6_000_000}), 413)
    assert "greater than the permissible limit" in large["message"]
    rest.http.delete(f"/workflow/{workflow_id}")
    assert_error(rest.http.post(path, json={}), 409)


def test_no_worker_polls_for_it_and_anybody_may_report_on_it(rest: Rest) -> None:
    workflow_id = rest.start(rest.define([pull()]))
    for queue in ("pull", "PULL_WORKFLOW_MESSAGES"):
        assert rest.http.get(f"/tasks/poll/batch/{queue}", params={"timeout": 0}).json() == []
    rest.update(rest.task(workflow_id, "p"), output={"mine": 1})
    assert rest.ended(workflow_id)["output"] == {"mine": 1}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    """A server on a store of its own, where few messages may wait."""
    with Server("--data", str(tmp_path / "data"), environment={"SEGUE_MESSAGES_WAITING": str(MOST)}) as server:
        yield server


def test_c5_accepted_messages_survive_a_kill_and_are_taken_once(small: Server) -> None:
    with Rest(small.base_url) as rest:
        workflow_id = rest.start(rest.define([pull("first"), HUMAN, pull("later", batchSize=2), pull("last")]))
        push(rest, workflow_id, {"n": 0})
        for number in range(1, MOST + 1):
            push(rest, workflow_id, {"n": number})
        full = assert_error(rest.http.post(f"/workflow/{workflow_id}/messages", json={}), 429)
        assert full["retryable"] is True
        assert full["message"].endswith(f"workflowId={workflow_id} has reached the maximum size of {MOST}")
        small.kill()
        small.restart()
        assert taken(rest.task(workflow_id, "first")) == [{"n": 0}]
        rest.update(rest.task(workflow_id, "h"))
        small.kill()
        small.restart()
        assert taken(rest.task(workflow_id, "later")) == [{"n": 1}, {"n": 2}]
        assert taken(rest.task(workflow_id, "last")) == [{"n": 3}]
        assert rest.ended(workflow_id)["status"] == "COMPLETED"
