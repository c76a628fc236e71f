"""The stack as a whole: from a request to the arguments of a handler, and from its result to the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from engine.errors import Conflict, InvalidInput, NotFound, Unavailable, Violation
from handlers.http.operation import PATIENCE_SECONDS
from tests.api.edge.asgi import JSON, Recorder, application, call, recorder, request

RESULT = b'{"workflowInstanceId":"w","taskId":"t","status":"COMPLETED"}'


@pytest.fixture
def recorded() -> Recorder:
    return recorder()


def test_arguments_reach_the_handler_and_its_result_the_client(recorded: Recorder) -> None:
    recorded.results["getWorkflow"] = {"workflowId": "a b"}
    reply = call(application(recorded.operations()), "GET", "/api/workflow/a%20b?includeTasks=False&unknown=1")
    assert recorded.calls == [("getWorkflow", {"workflow_id": "a b", "include_tasks": False})]
    assert (reply.status, reply.headers["content-type"], reply.json) == (200, "application/json", {"workflowId": "a b"})


def test_a_text_operation_answers_text(recorded: Recorder) -> None:
    recorded.results["updateTask"] = "t"
    reply = call(
        application(recorded.operations()), "POST", "/api/tasks", headers=JSON, chunks=[RESULT[:9], RESULT[9:]]
    )
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "text/plain; charset=utf-8", b"t")
    assert recorded.calls[0][1]["body"] == {"workflowInstanceId": "w", "taskId": "t", "status": "COMPLETED"}


def test_nothing_is_answered_with_no_body_and_no_type(recorded: Recorder) -> None:
    reply = call(application(recorded.operations()), "GET", "/api/tasks/poll/t")
    assert (reply.status, reply.body, reply.headers) == (204, b"", {})


@pytest.mark.parametrize("path", ["/api/workflow/w/pause", "/api/workflow/w/resume"])
def test_q1_a_body_that_is_not_declared_is_ignored(recorded: Recorder, path: str) -> None:
    reply = call(application(recorded.operations()), "PUT", path, headers=JSON, chunks=[b"{"])
    assert reply.status == 204
    assert recorded.calls[0][1] == {"workflow_id": "w"}


def test_an_optional_body_may_be_left_out(recorded: Recorder) -> None:
    assert call(application(recorded.operations()), "PUT", "/api/workflow/w/skiptask/r").status == 204
    assert recorded.calls[0][1] == {"workflow_id": "w", "task_reference_name": "r"}


def test_only_the_arguments_that_a_handler_declares_are_passed(recorded: Recorder) -> None:
    async def get_workflow(workflow_id: str) -> dict[str, str]:
        return {"workflowId": workflow_id}

    app = application({**recorded.operations(), "getWorkflow": get_workflow})
    assert call(app, "GET", "/api/workflow/w?includeTasks=true").json == {"workflowId": "w"}


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFound("no w"), 404), (Conflict("no w"), 409), (InvalidInput("no w"), 400), (Unavailable("no w"), 503)],
)
def test_an_error_of_the_engine_is_answered(recorded: Recorder, error: Exception, status: int) -> None:
    recorded.results["getWorkflow"] = error
    reply = call(application(recorded.operations()), "GET", "/api/workflow/w")
    assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
    assert reply.json == {
        "status": status,
        "message": "no w",
        "retryable": status == 503,
        "instance": reply.json["instance"],
    }


def test_violations_are_answered_without_an_instance(recorded: Recorder) -> None:
    recorded.results["getWorkflow"] = InvalidInput("Validation failed", [Violation("a.arg0", "is odd")])
    reply = call(application(recorded.operations()), "GET", "/api/workflow/w")
    assert reply.json["validationErrors"] == [{"path": "a.arg0", "message": "is odd"}]
    assert "instance" not in reply.json


def test_an_unexpected_error_is_logged_with_its_traceback_and_told_without_it(recorded: Recorder) -> None:
    error = ValueError("the password is 1234")
    recorded.results["getWorkflow"] = error
    structlog.reset_defaults()
    with capture_logs() as logs:
        reply = call(application(recorded.operations()), "GET", "/api/workflow/w")
    assert reply.status == 500
    assert "1234" not in reply.body.decode()
    assert [(log["log_level"], log["path"], log["exc_info"]) for log in logs] == [("error", "/api/workflow/w", error)]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/api/token/userInfo", "/api/nothing/here", "/api/workflow/", "/nothing"])
def test_what_does_not_exist_is_404_with_the_error_body(recorded: Recorder, method: str, path: str) -> None:
    reply = call(application(recorded.operations()), method, path, headers=JSON, chunks=[b"{}"])
    assert reply.status == reply.json["status"] == 404
    assert f"{method} {path}" in reply.json["message"]


def test_a_wrong_method_is_405_with_the_methods_that_are_right(recorded: Recorder) -> None:
    reply = call(application(recorded.operations()), "PUT", "/api/tasks", headers=JSON, chunks=[b"{}"])
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.json["message"] == "Request method 'PUT' is not supported"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON, b"", 400),
        (JSON, b"{", 400),
        (JSON, b"{}", 400),
        ([], RESULT, 200),
        ([(b"content-type", b"text/plain"), *JSON], RESULT, 200),
        ([(b"content-type", b"text/xml")], RESULT, 415),
        ([*JSON, (b"content-length", b"99999999")], RESULT, 413),
    ],
)
def test_a_body_is_checked_before_the_handler_is_called(
    recorded: Recorder, headers: list[tuple[bytes, bytes]], body: bytes, status: int
) -> None:
    recorded.results["updateTask"] = "t"
    reply = call(application(recorded.operations()), "POST", "/api/tasks", headers=headers, chunks=[body])
    assert reply.status == status
    assert len(recorded.calls) == (status == 200)


def test_pages_are_served_beside_the_contract(recorded: Recorder) -> None:
    assert call(application(recorded.operations()), "GET", "/health").json == {"healthy": True}


async def leave_while_waiting(recorded: Recorder, operation_id: str, method: str, path: str) -> tuple[Any, list[str]]:
    """Close the connection while a handler waits longer than the edge looks away: the answer, and the handler's end."""
    ends: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(PATIENCE_SECONDS * 5)
            ends.append("done")
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    app = application({**recorded.operations(), operation_id: wait})
    return await request(app, method, path, leave=True), ends


def test_a_poll_is_cancelled_when_its_client_leaves(recorded: Recorder) -> None:
    reply, ends = asyncio.run(leave_while_waiting(recorded, "batchPollTasks", "GET", "/api/tasks/poll/batch/t"))
    assert (reply, ends) == (None, ["cancelled"])


def test_a_change_is_finished_when_its_client_leaves(recorded: Recorder) -> None:
    reply, ends = asyncio.run(leave_while_waiting(recorded, "pauseWorkflow", "PUT", "/api/workflow/w/pause"))
    assert (reply.status, ends) == (204, ["done"])


def test_a_cancellation_from_elsewhere_is_passed_on(recorded: Recorder) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    app = application({**recorded.operations(), "pollTask": cancelled})
    with pytest.raises(asyncio.CancelledError):
        call(app, "GET", "/api/tasks/poll/t")
