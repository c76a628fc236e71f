"""The stores under test, and the loop that async tests of this folder run on.

A test that asks for `store` runs once per entry of `STORES`; the store is opened on the test's own loop before it and
closed after it. `tests.contract.stores` says which there are.
"""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

from engine.ports import Store
from tests.contract.stores import STORES, close_wire_server, made

ENDS_WITHIN = 50.0


@pytest.fixture(params=list(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store with nothing in it."""
    return made(request.param, tmp_path)


def pytest_sessionfinish() -> None:
    """The wire-protocol server ends with the tests."""
    close_wire_server()


@pytest.fixture
def rung() -> list[str]:
    """The queues that the store rang for, in order."""
    return []


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    asyncio.run(_bounded(pyfuncitem, arguments))
    return True


async def _bounded(test: pytest.Function, arguments: dict[str, Any]) -> None:
    """A test that waits for what never comes fails where it waits."""
    async with asyncio.timeout(ENDS_WITHIN):
        await _opened(test, arguments)


async def _opened(test: pytest.Function, arguments: dict[str, Any]) -> None:
    given: dict[str, Any] = test.funcargs
    store: Store | None = given.get("store")
    if store is None:
        await test.obj(**arguments)
        return
    await store.open(given.get("rung", []).append)
    try:
        await test.obj(**arguments)
    finally:
        await store.close()
