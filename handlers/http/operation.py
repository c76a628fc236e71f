"""The last middleware: calls the handler of an operation on the event loop and sends what it returns."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import Receive, Scope, Send

from handlers.http.answers import Answer, AnswerWriter
from handlers.http.contract import Contract, Operation
from handlers.http.validation import ARGUMENTS

Handler = Callable[..., Awaitable[object]]

PATIENCE_SECONDS = 0.02
"""An answer that comes sooner is not worth watching the connection for."""


_NO_CONTENT = 204


class OperationAdapter:
    """One handler with its operation, compiled.

    A GET whose client goes away is cancelled, so that a waiting poll takes no task for nobody. Other methods change
    something: what they began they finish.
    """

    def __init__(self, operation: Operation, handler: Handler) -> None:
        self._handler = handler
        self._names = frozenset(inspect.signature(handler).parameters)
        self._answers = AnswerWriter(operation.responses)
        self._gives_up = operation.method == "get"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what the handler raises."""
        arguments = self._wanted(scope["extensions"][ARGUMENTS])
        if not self._gives_up:
            await _send(self._answers.write(await self._handler(**arguments)), send)
            return
        watch = _ClientWatch(receive)
        try:
            result = await self._handler(**arguments)
        except asyncio.CancelledError:
            if not watch.client_gone():
                raise
            return
        finally:
            watch.stop()
        await _send(self._answers.write(result), send)

    def _wanted(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments.keys() <= self._names:
            return arguments
        return {name: value for name, value in arguments.items() if name in self._names}


class _ClientWatch:
    """Cancels the present task when the client closes the connection; begins to look only after a moment."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._waiting = asyncio.current_task()
        self._looking: asyncio.Task[None] | None = None
        self._gone = False
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._look)

    def stop(self) -> None:
        """Forget the client."""
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def client_gone(self) -> bool:
        """True when the cancellation that was just caught is this watch's own; it counts as dealt with then."""
        if self._gone and self._waiting is not None:
            self._waiting.uncancel()
        return self._gone

    def _look(self) -> None:
        self._looking = asyncio.ensure_future(self._until_gone())

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._waiting is not None:
            self._waiting.cancel()


async def _send(answer: Answer, send: Send) -> None:
    headers = []
    if answer.status != _NO_CONTENT:  # which must not have a length (RFC 9110 §8.6)
        headers.append((b"content-length", b"%d" % len(answer.body)))
    if answer.content_type is not None:
        headers.append((b"content-type", answer.content_type))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


class _OperationAPI(RoutedAPI):  # type: ignore[misc]
    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._contract = contract
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> OperationAdapter:
        return OperationAdapter(self._contract.operations[operation.operation_id], operation.function)


class OperationMiddleware(RoutedMiddleware):  # type: ignore[misc]
    """Takes the place of Flask's views for everything in the contract."""

    api_cls = _OperationAPI
