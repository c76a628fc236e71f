"""Whether the server lives, and whether it should get requests."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from engine.api import Engine
from engine.errors import ConductorError

CHECK_WITHIN = 1.0
"""Seconds the store has for its answer."""


class Phase(StrEnum):
    """Where the server stands between its start and its end."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"


class Health:
    """Answers for one server; `serving` and `stopping` are told by its lifespan, on the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._phase = Phase.STARTING
        self._loop: asyncio.AbstractEventLoop | None = None

    def serving(self) -> None:
        """Requests can be answered from now on."""
        self._phase, self._loop = Phase.SERVING, asyncio.get_running_loop()

    def stopping(self) -> None:
        """No new request should come from now on."""
        self._phase = Phase.STOPPING

    def reasons(self) -> list[str]:
        """Why no request should come, empty when they may. Blocks up to a second: not for the event loop."""
        if self._phase is not Phase.SERVING or self._loop is None:
            return [f"the server is {self._phase}"]
        return asyncio.run_coroutine_threadsafe(self._store_reasons(), self._loop).result()

    async def _store_reasons(self) -> list[str]:
        try:
            await asyncio.wait_for(self._engine.check(), CHECK_WITHIN)
        except TimeoutError:
            return [f"the store did not answer within {CHECK_WITHIN:g} s"]
        except ConductorError as error:
            return [error.message]
        return []
