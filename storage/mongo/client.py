"""The connection: what is asked of the driver, and what its errors mean."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pymongo import AsyncMongoClient
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from engine.errors import ConductorError, PayloadTooLarge, Unavailable

T = TypeVar("T")
Doc = dict[str, Any]
Client = AsyncMongoClient[Doc]

DATABASE = "segue"
"""Where the URI names none."""
_DEFAULTS: Doc = {
    "appname": "segue",
    "w": "majority",
    "journal": True,
    "serverSelectionTimeoutMS": 2_000,
    "connectTimeoutMS": 5_000,
    "socketTimeoutMS": 10_000,  # a half-open connection is noticed
    "waitQueueTimeoutMS": 10_000,  # as long as the slowest answer that is waited for
    "heartbeatFrequencyMS": 5_000,
}
_PASSING = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError, WriteConcernError)
_PATIENCE = 2.0
"""Seconds within which an operation that may be tried again is tried again."""
_FIRST_PAUSE = 0.05
_CANCEL_EVERY = 0.1
_GIVE_UP = 10.0
"""Seconds after which what does not end is left behind: a server that is to stop must not hang."""

log = logging.getLogger("segue.mongo")


def connect(uri: str) -> Client:
    """A client that has not connected yet. What the URI says wins over our defaults, which are safe and patient."""
    said = {name.lower() for name, _ in parse_qsl(urlsplit(uri).query)}
    options = {name: value for name, value in _DEFAULTS.items() if name.lower() not in said}
    return AsyncMongoClient(uri, **options)


def place(uri: str) -> str:
    """The URI without its secrets, for people."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def passing(error: Exception) -> bool:
    """True when the same operation may succeed in a moment."""
    if isinstance(error, OperationFailure):
        return isinstance(error, _PASSING) or error.has_error_label("RetryableWriteError") or error.code in _STEPPING
    return isinstance(error, _PASSING)


_STEPPING = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})
"""Codes of a server that shuts down or is no longer the primary."""


def translated(error: Exception) -> Exception:
    """The engine's word for an error of the driver; any other error is a fault of ours and stays."""
    if isinstance(error, ConductorError):
        return error
    if isinstance(error, DocumentTooLarge):
        return PayloadTooLarge(f"This is more than MongoDB keeps in one document (16 MB): {error}.")
    if isinstance(error, InvalidOperation):
        return Unavailable("The store is not open.")
    if isinstance(error, PyMongoError):
        return Unavailable(f"MongoDB cannot do this now: {_reason(error)}.")
    return error


def _reason(error: PyMongoError) -> str:
    """The first sentence: what follows describes the whole topology."""
    return str(error).split(", Timeout:")[0].split(", full error:")[0].rstrip(".")


async def insist(operation: Callable[[], Awaitable[T]]) -> T:
    """The answer of an operation that may be done twice: what fails for the moment is tried again for two seconds."""
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + _PATIENCE, _FIRST_PAUSE
    while True:
        try:
            return await _undisturbed(operation)
        except (BulkWriteError, DuplicateKeyError):
            raise  # answers, not failures
        except PyMongoError as error:
            if not passing(error) or loop.time() + pause > until:
                raise translated(error) from error
        await asyncio.sleep(pause)
        pause *= 2


async def _undisturbed(operation: Callable[[], Awaitable[T]]) -> T:
    """The driver never sees that its caller is cancelled: it loses cancellations (as asyncio.wait_for does up to Python
    3.11), and whoever cancelled would wait for ever.
    """
    running = asyncio.ensure_future(operation())
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        running.add_done_callback(_let_go)
        raise


def _let_go(done: asyncio.Future[T]) -> None:
    """Nobody waits for it any more."""
    if not done.cancelled():
        done.exception()


async def listed(find: Callable[[], AsyncCursor[Doc]]) -> list[Doc]:
    """All that a query finds."""
    return await insist(lambda: find().to_list())


async def stop(task: asyncio.Task[None] | None) -> None:
    """Cancel until it has ended: the driver can swallow a cancellation that comes while it connects."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _GIVE_UP
    while task and not task.done():
        if loop.time() > until:
            log.warning("%s does not end and is left behind", task.get_coro())
            return
        task.cancel()
        await asyncio.wait([task], timeout=_CANCEL_EVERY)


async def disconnect(client: Client) -> None:
    """Close all connections, however the other side is."""
    closing = asyncio.ensure_future(client.close())
    await asyncio.wait([closing], timeout=_GIVE_UP)
    if closing.done():
        closing.result()
    else:
        closing.cancel()
        log.warning("the connections to MongoDB do not close and are left behind")
