"""The end of serving: what only waits is answered at once, what is being done is finished."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Drain:
    """Knows whether the server is about to stop, and which requests do nothing but wait."""

    def __init__(self) -> None:
        self.begun = False
        self._waiting: set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """Let go everyone who waits, and let nobody wait from now on; to be called on the event loop."""
        self.begun = True
        for task in self._waiting:
            task.cancel()

    async def or_nothing(self, poll: Coroutine[Any, Any, list[T]]) -> list[T]:
        """What the poll brings, or an empty list as soon as the server is about to stop."""
        task = asyncio.current_task()
        if self.begun or task is None:
            poll.close()
            return []
        self._waiting.add(task)
        try:
            return await poll
        except asyncio.CancelledError:
            # A client that went away cancels as well, and then nobody wants an answer.
            if not self.begun or task.uncancel() > 0:
                raise
            return []
        finally:
            self._waiting.discard(task)
