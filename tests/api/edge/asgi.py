"""An ASGI client of a few lines: full control over chunks, repeated headers and the moment of leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import flask
import msgspec
from starlette.types import ASGIApp, Message

from handlers.http.binding import Operations
from handlers.http.contract import Contract, Operation, load_document, read
from handlers.http.operation import Handler
from handlers.http.stack import build_app

CONTRACT = Path(__file__).parents[3] / "openapi.yaml"
JSON = [(b"content-type", b"application/json")]

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


async def request(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    headers: Headers = (),
    chunks: Sequence[bytes] = (b"",),
    leave: bool = False,
) -> Reply | None:
    """One request; `leave` closes the connection right after it. None when nothing was answered."""
    path, _, query = path.partition("?")
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": index + 1 < len(chunks)}
        for index, chunk in enumerate(chunks)
    ]
    sent: list[Message] = []
    answered = asyncio.Event()

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        if not leave:
            await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("test", 80),
        "client": ("127.0.0.1", 5000),
        "headers": list(headers),
    }
    await app(scope, receive, send)
    answered.set()
    return _reply(sent) if sent else None


def _reply(sent: list[Message]) -> Reply:
    headers = {name.decode().lower(): value.decode() for name, value in sent[0].get("headers", ())}
    return Reply(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


def call(app: ASGIApp, method: str, path: str, **options: Any) -> Reply:
    """One request, from code that is not async."""
    reply = asyncio.run(request(app, method, path, **options))
    assert reply is not None
    return reply


@dataclass
class Recorder:
    """Handlers for a whole contract: they note their arguments and return, or raise, what they are told to."""

    contract: Contract
    results: dict[str, object] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def operations(self) -> Operations:
        return {name: self._handler(operation) for name, operation in self.contract.operations.items()}

    def _handler(self, operation: Operation) -> Handler:
        async def handler(**arguments: Any) -> object:
            self.calls.append((operation.operation_id, arguments))
            result = self.results.get(operation.operation_id)
            if isinstance(result, Exception):
                raise result
            return result

        names = [parameter.argument for parameter in operation.parameters] + ["body"] * (operation.body is not None)
        handler.__signature__ = Signature(  # type: ignore[attr-defined]
            [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in names]
        )
        return handler


@cache
def contract() -> Contract:
    """The real one, read once."""
    return read(load_document(CONTRACT))


def recorder() -> Recorder:
    """A recorder for the real contract."""
    return Recorder(contract())


def application(operations: Operations, document_path: Path = CONTRACT) -> ASGIApp:
    """The whole stack over some operations, with one page."""
    return build_app(document_path, operations, no_lifespan, one_page)


@asynccontextmanager
async def no_lifespan(_: Any) -> Any:
    yield


def one_page(pages: flask.Flask) -> None:
    pages.add_url_rule("/health", "health", lambda: {"healthy": True})
