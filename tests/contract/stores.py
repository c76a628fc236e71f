"""The stores under test. Adding one is adding an entry; one that cannot run here says why."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from engine.ports import Store
from storage.memory import MemoryStore
from storage.mongo import MongoStore
from storage.sqlite import SqliteStore
from tests.wire import WireServer, missing

REAL = "MONGODB_URI" in os.environ
_numbers = itertools.count()


class Backend(msgspec.Struct, frozen=True):
    """How to make an empty store, and why that is not possible here."""

    make: Callable[[Path], Store]
    missing: Callable[[], str | None] = lambda: None


def wire_server() -> WireServer:
    """The one wire-protocol server of this test process; it ends with the process that stops tests."""
    return _wire_server()


@functools.cache
def _wire_server() -> WireServer:
    return WireServer().start()


def close_wire_server() -> None:
    """End it, if it was ever started."""
    if _wire_server.cache_info().currsize:
        _wire_server().close()
        _wire_server.cache_clear()


def database() -> str:
    """A name that no other test uses."""
    return f"segue_test_{os.getpid()}_{next(_numbers)}"


def _mongodb(uri: str, name: str) -> str:
    """The URI with this database instead of its own."""
    head, _, options = uri.partition("?")
    scheme, _, rest = head.partition("://")
    return f"{scheme}://{rest.split('/')[0]}/{name}" + (f"?{options}" if options else "")


def mongo_uri() -> str:
    """An empty database on a real MongoDB where MONGODB_URI names one, else on the wire-protocol server."""
    if real := os.environ.get("MONGODB_URI"):
        return _mongodb(real, database())
    if reason := missing():
        pytest.skip(reason)
    return wire_server().uri(database())


def _mocked(_: Path) -> Store:
    from tests.contract.mocked import MockedClient

    return MongoStore("mongodb://mocked/segue", connect=cast(Any, MockedClient))


STORES: dict[str, Backend] = {
    "memory": Backend(lambda _: MemoryStore()),
    "sqlite": Backend(lambda folder: SqliteStore(folder / "data")),
    "mongomock": Backend(_mocked),
    "wire": Backend(lambda _: MongoStore(wire_server().uri(database())), missing),
    "mongodb": Backend(
        lambda _: MongoStore(_mongodb(os.environ["MONGODB_URI"], database())),
        lambda: None if os.environ.get("MONGODB_URI") else "MONGODB_URI names no real MongoDB",
    ),
}


def made(name: str, folder: Path) -> Store:
    """An empty store of that name; skips the test when it cannot be had."""
    backend = STORES[name]
    if reason := backend.missing():
        pytest.skip(f"{name}: {reason}")
    return backend.make(folder)
