"""The engine starts before the first request and stops after the last; SIGTERM is felt at once."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from engine.errors import Unavailable
from handlers.health import Health
from handlers.lifespan import Lifespan, PlainStartFailure, on_sigterm
from tests.unit.handlers.recording import RecordingEngine


class Server:
    """A lifespan with everything it tells."""

    def __init__(self, **answers: Any) -> None:
        self.recorder = RecordingEngine(**answers)
        self.health = Health(self.recorder.engine)
        self.lifespan = Lifespan(self.recorder.engine, self.health)

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self.recorder.calls]

    async def reasons(self) -> list[str]:
        return await asyncio.to_thread(self.health.reasons)


def test_the_engine_runs_exactly_as_long_as_the_application_serves() -> None:
    async def run() -> None:
        server = Server()
        assert await server.reasons() == ["the server is starting"]
        async with server.lifespan(None):
            assert server.asked == ["start"]
            assert await server.reasons() == []
        assert server.asked == ["start", "check", "let_polls_go", "stop"]
        assert await server.reasons() == ["the server is stopping"]

    asyncio.run(run())


def test_sigterm_ends_the_waiting_before_the_serving() -> None:
    heard = []

    async def run() -> None:
        server = Server()
        previous = signal.signal(signal.SIGTERM, lambda *_: heard.append("previous"))
        try:
            async with server.lifespan(None):
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert await server.reasons() == ["the server is stopping"]
                assert server.asked == ["start", "let_polls_go"]
        finally:
            signal.signal(signal.SIGTERM, previous)

    asyncio.run(run())
    assert heard == ["previous"]


def test_the_handler_of_sigterm_is_given_back() -> None:
    async def run() -> None:
        before = signal.getsignal(signal.SIGTERM)
        with on_sigterm(lambda: None):
            assert signal.getsignal(signal.SIGTERM) is not before
        assert signal.getsignal(signal.SIGTERM) is before

    asyncio.run(run())


def test_elsewhere_than_in_the_main_thread_signals_are_left_alone() -> None:
    async def run() -> None:
        with on_sigterm(lambda: None):
            pass

    asyncio.run(asyncio.wait_for(_in_a_thread(run), 10))


async def _in_a_thread(run: Any) -> None:
    await asyncio.to_thread(lambda: asyncio.run(run()))


def test_a_start_that_the_engine_refuses_ends_the_lifespan() -> None:
    server = Server(start=Unavailable("another process owns the file"))

    async def run() -> None:
        async with server.lifespan(None):
            raise AssertionError("not reached")

    with pytest.raises(Unavailable):
        asyncio.run(run())
    assert server.lifespan.failure == "another process owns the file"


def test_a_refused_start_is_told_in_one_sentence() -> None:
    server, sent = Server(), []
    server.lifespan.failure = "another process owns the file"

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "lifespan.startup.failed", "message": "Traceback ..."})

    async def send(message: Any) -> None:
        sent.append(message["message"])

    asyncio.run(PlainStartFailure(app, server.lifespan)({"type": "lifespan"}, None, send))  # type: ignore[arg-type]
    server.lifespan.failure = None
    asyncio.run(PlainStartFailure(app, server.lifespan)({"type": "lifespan"}, None, send))  # type: ignore[arg-type]
    assert sent == ["The server cannot start: another process owns the file", "Traceback ..."]


def test_a_store_that_cannot_answer_makes_the_server_unready() -> None:
    async def run() -> list[str]:
        server = Server(check=Unavailable("the disk is full"))
        async with server.lifespan(None):
            return await server.reasons()

    assert asyncio.run(run()) == ["the disk is full"]
