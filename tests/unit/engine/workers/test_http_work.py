"""What an HTTP task comes to, whatever its author wrote and the other side answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.model import Task, Workflow
from engine.status import TaskStatus
from engine.workers.http import HttpWork
from engine.workers.http_client import HttpAnswer, HttpRequest, NoAnswer
from engine.workers.work import Outcome

GET = {"http_request": {"uri": "http://example.com/x", "method": "GET"}}
Answer = HttpAnswer | Exception


class Scripted:
    """A client that answers what a test has written down, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []
        self.pauses: list[float] = []

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing to close."""

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def work(client: Scripted, given: dict[str, Any] = GET) -> Outcome:
    task = Task("id", "w", "h", "HTTP", "h", 1, input_data=given)
    return asyncio.run(_work(HttpWork(client, client.pause), task))


async def _work(http: HttpWork, task: Task) -> Outcome:
    return await http(task, Workflow("w", "w", 1, "d"))


@pytest.mark.parametrize("status", [429, 503])
def test_d26_a_busy_server_is_asked_once_more(status: int) -> None:
    client = Scripted(HttpAnswer(status), HttpAnswer(200, (), b"{}"))
    assert work(client).status is TaskStatus.COMPLETED
    assert client.requests[0] == client.requests[1]
    assert client.pauses == [1]


def test_d26_once_only() -> None:
    client = Scripted(HttpAnswer(503), HttpAnswer(503), HttpAnswer(200))
    outcome = work(client)
    assert outcome.status is TaskStatus.FAILED
    assert "503 Service Unavailable" in str(outcome.reason)
    assert len(client.requests) == 2


def test_d26_a_500_is_not_repeated() -> None:
    assert work(Scripted(HttpAnswer(500))).status is TaskStatus.FAILED


@pytest.mark.parametrize(("asked", "pause"), [("2", 2), ("0", 0), ("3600", 10), ("soon", 1), ("-1", 1), ("²", 1)])
def test_retry_after_counts_within_reason(asked: str, pause: float) -> None:
    client = Scripted(HttpAnswer(503, (("retry-after", asked),)), HttpAnswer(200))
    work(client)
    assert client.pauses == [pause]


def test_asynccomplete_is_read_from_the_input() -> None:
    assert work(Scripted(HttpAnswer(200)), {**GET, "asyncComplete": True}).status is TaskStatus.IN_PROGRESS
    assert work(Scripted(HttpAnswer(200)), {**GET, "asyncComplete": "true"}).status is TaskStatus.COMPLETED


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({}, TaskStatus.FAILED, "Missing HTTP URI.  See documentation"),
        ({"http_request": "x"}, TaskStatus.FAILED_WITH_TERMINAL_ERROR, "http_request must be an object"),
        (
            {"http_request": {"uri": "http://h", "method": "get"}},
            TaskStatus.FAILED,
            "Failed to invoke HTTP task due to: Invalid HTTP method: get",
        ),
    ],
)
def test_s2_what_cannot_be_sent_fails_the_task(given: dict[str, Any], status: TaskStatus, reason: str) -> None:
    outcome = work(Scripted(), given)
    assert outcome.status is status
    assert str(outcome.reason).startswith(reason)


def test_no_answer_fails_the_task() -> None:
    outcome = work(Scripted(NoAnswer("Read timed out")))
    assert outcome.status is TaskStatus.FAILED
    assert outcome.output == {"response": "java.lang.Exception: Read timed out"}


def test_a_uri_that_is_none_fails_the_task() -> None:
    outcome = work(Scripted(ValueError("'x' is not the URI of an HTTP server")))
    assert outcome.reason == "Failed to invoke HTTP task due to: 'x' is not the URI of an HTTP server"
