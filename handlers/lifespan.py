"""What happens between the first and the last request: start the engine, stop it, and be polite in between."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import FrameType

import structlog

from engine.api import Engine
from engine.errors import ConductorError, Unavailable
from handlers.health import Health
from handlers.log import AsgiApp, Message, Receive, Scope, Send

log = structlog.get_logger()


class Lifespan:
    """Runs an engine for as long as an application serves."""

    def __init__(self, engine: Engine, health: Health) -> None:
        self._engine = engine
        self._health = health
        self.failure: str | None = None
        """Why the engine did not start, when it could say so itself."""

    @contextlib.asynccontextmanager
    async def __call__(self, _app: object) -> AsyncIterator[dict[str, object]]:
        """Start, serve, stop. What the engine raises at start ends the process."""
        try:
            await self._start()
        except ConductorError as error:
            self.failure = error.message
            raise
        self._health.serving()
        try:
            with on_sigterm(self._begin_to_stop):
                yield {}
        finally:
            self._begin_to_stop()
            await self._engine.stop()

    async def _start(self) -> None:
        """Start the engine. It may wait for its database, so it must be possible to stop it before."""
        starting = asyncio.ensure_future(self._engine.start())

        def stop() -> None:
            starting.cancel()

        with on_sigterm(stop):
            await asyncio.wait([starting])
        if starting.cancelled():
            raise Unavailable("it was told to stop before it had started.")
        starting.result()

    def _begin_to_stop(self) -> None:
        self._health.stopping()
        self._engine.let_polls_go()


class PlainStartFailure:
    """ASGI middleware: a start that the engine refused is told in its own sentence, without a traceback."""

    def __init__(self, app: AsgiApp, lifespan: Lifespan) -> None:
        self._app = app
        self._lifespan = lifespan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but the traceback of a refused start."""
        await self._app(scope, receive, self._plain(send) if scope["type"] == "lifespan" else send)

    def _plain(self, send: Send) -> Send:
        async def plain(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self._lifespan.failure is not None:
                message = {**message, "message": f"The server cannot start: {self._lifespan.failure}"}
            await send(message)

        return plain


@contextlib.contextmanager
def on_sigterm(action: Callable[[], None]) -> Iterator[None]:
    """Run the action on the event loop when SIGTERM comes, before whatever the signal does anyway.

    Servers stop by SIGTERM and then wait for requests in flight; by the time they end the lifespan, waiting polls
    would have held them up for seconds. Signals are a matter of the main thread; elsewhere nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    previous = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(action)
        if callable(previous):
            previous(number, frame)

    signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is handle:
            signal.signal(signal.SIGTERM, previous)
