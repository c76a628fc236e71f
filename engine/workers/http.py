"""Does HTTP tasks: input to request, request to answer, answer to output (§2.15)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from engine.model import Task, Workflow
from engine.workers.http_answer import INVOKED, outcome_of, unanswered
from engine.workers.http_client import HttpAnswer, HttpClient, HttpRequest, NoAnswer
from engine.workers.http_request import BadRequest, Incomplete, read_request
from engine.workers.work import Outcome, failed

BUSY = frozenset({429, 503})
"""Answers after which the same request is sent once more (D26)."""
USUAL_PAUSE_S, LONGEST_PAUSE_S = 1, 10


class Http(msgspec.Struct, frozen=True):
    """What an operator decides about HTTP tasks."""

    client: HttpClient
    at_once: int = 64
    """How many of them one process does at a time."""


class HttpWork:
    """`Work` for HTTP tasks, through a client."""

    def __init__(self, client: HttpClient, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._client, self._pause = client, pause

    async def __call__(self, task: Task, workflow: Workflow) -> Outcome:  # noqa: ARG002 - every work has this shape
        """The outcome; nothing that an author writes or a server answers raises."""
        try:
            request = read_request(task.input_data)
            answer = await self._answer(request)
        except Incomplete as error:
            return failed(str(error))
        except BadRequest as error:
            return failed(str(error), terminal=True)
        except ValueError as error:
            return failed(f"{INVOKED}{error}", {"response": str(error)})
        except NoAnswer as error:
            return unanswered(str(error))
        return outcome_of(request, answer, task.input_data.get("asyncComplete") is True)

    async def _answer(self, request: HttpRequest) -> HttpAnswer:
        answer = await self._client.send(request)
        if answer.status not in BUSY:
            return answer
        await self._pause(_pause_before_repeating(answer))
        return await self._client.send(request)


def _pause_before_repeating(answer: HttpAnswer) -> float:
    """What Retry-After asks for, within reason; dates are not understood."""
    asked = answer.header("retry-after") or ""
    return min(int(asked), LONGEST_PAUSE_S) if asked.isascii() and asked.isdigit() else USUAL_PAUSE_S
