"""Wakes polls that wait for a queue: one ring, one poll."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque


class Bells:
    """One bell per queue; a poll listens, a commit that enqueues a task rings."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._closed = False

    def listen(self, queue: str) -> asyncio.Future[None]:
        """A future that resolves with the next ring that nobody before it takes; give it back with `leave`.

        Whoever listens may resolve it too, to stop waiting.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.set_result(None)
        else:
            self._waiting[queue].append(future)
        return future

    def leave(self, queue: str, future: asyncio.Future[None], *, served: bool) -> None:
        """Stop listening; a ring that was heard but led to nothing is passed on."""
        if not future.done():
            future.cancel()
        elif not served and not future.cancelled():
            self.ring(queue)

    def ring(self, queue: str) -> None:
        """Wake the poll that has waited longest."""
        waiting = self._waiting.get(queue)
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(None)
                return
        self._waiting.pop(queue, None)

    @property
    def closed(self) -> bool:
        """No poll waits any more."""
        return self._closed

    def close(self) -> None:
        """Wake everybody: the server is stopping."""
        self._closed = True
        for queue in list(self._waiting):
            for future in self._waiting.pop(queue):
                if not future.done():
                    future.set_result(None)
