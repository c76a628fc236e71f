"""The connection to MongoDB: safe by default, as the URI says otherwise, and never in the way of a server's end."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from storage.mongo import client
from storage.mongo.client import Client, connect, disconnect, stop


def said(uri: str) -> dict[str, Any]:
    """What a client made for this URI does; it connects when it is first used, and so never here."""
    made = connect(uri)
    options = made.options
    return {
        "writes": dict(made.write_concern.document),
        "connects within": options.pool_options.connect_timeout,
        "answers within": options.pool_options.socket_timeout,
        "gets a connection within": options.pool_options.wait_queue_timeout,
        "finds a server within": options.server_selection_timeout,
        "tls": options.pool_options._ssl_context is not None,
        "user": options.pool_options._credentials and options.pool_options._credentials.username,
    }


def test_writes_are_safe_and_no_wait_is_without_an_end() -> None:
    assert said("mongodb://db/segue") == {
        "writes": {"w": "majority", "j": True},
        "connects within": 5.0,
        "answers within": 10.0,
        "gets a connection within": 10.0,
        "finds a server within": 2.0,
        "tls": False,
        "user": None,
    }


def test_the_uri_says_who_how_and_how_long() -> None:
    options = "tls=true&socketTimeoutMS=700&serverselectiontimeoutms=900&w=2&journal=false&connectTimeoutMS=100"
    assert said(f"mongodb://me:secret@db/segue?{options}") == {
        "writes": {"w": 2, "j": False},
        "connects within": 0.1,
        "answers within": 0.7,
        "gets a connection within": 10.0,
        "finds a server within": 0.9,
        "tls": True,
        "user": "me",
    }


def test_what_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(client, "_GIVE_UP", 0.05)
    monkeypatch.setattr(client, "_CANCEL_EVERY", 0.01)

    async def story() -> None:
        told = asyncio.Event()

        class Stubborn:
            async def close(self) -> None:
                """Swallow every cancellation, as the driver can while it connects, until it is really told."""
                while not told.is_set():
                    try:
                        await told.wait()
                    except asyncio.CancelledError:
                        continue

        task = asyncio.ensure_future(Stubborn().close())
        await asyncio.sleep(0)
        await stop(task)
        await disconnect(cast(Client, Stubborn()))
        told.set()
        await task

    asyncio.run(asyncio.wait_for(story(), 10))
    assert [record.message.split(" and ")[1] for record in caplog.records] == ["is left behind", "are left behind"]


def test_what_ends_late_is_waited_for() -> None:
    async def late() -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                continue

    async def story() -> bool:
        task = asyncio.ensure_future(late())
        await asyncio.sleep(0)
        await stop(task)
        return task.done()

    assert asyncio.run(asyncio.wait_for(story(), 10))
