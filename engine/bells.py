"""Wakes polls that wait for a queue: one ring, one poll."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

Bell = asyncio.Future[bool]
"""Resolves with True when it rings, with False when whoever listens has stopped waiting."""


class Bells:
    """One bell per queue; a poll listens, a commit that enqueues a task rings."""

    def __init__(self) -> None:
        self._waiting: dict[str, OrderedDict[Bell, None]] = {}
        self._closed = False

    def listen(self, queue: str) -> Bell:
        """A future that resolves with the next ring that nobody before it takes; give it back with `leave`."""
        bell: Bell = asyncio.get_running_loop().create_future()
        if self._closed:
            bell.set_result(False)
        else:
            self._waiting.setdefault(queue, OrderedDict())[bell] = None
        return bell

    def leave(self, queue: str, bell: Bell, *, served: bool) -> None:
        """Stop listening, and leave nothing behind. A ring that was heard but led to nothing is passed on; the end of
        somebody's patience is not.
        """
        waiting = self._waiting.get(queue)
        if waiting is not None:
            waiting.pop(bell, None)
            if not waiting:
                del self._waiting[queue]
        if not bell.done():
            bell.cancel()
        elif not served and not bell.cancelled() and bell.result():
            self.ring(queue)

    def ring(self, queue: str) -> None:
        """Wake the poll that has waited longest."""
        waiting = self._waiting.get(queue)
        while waiting:
            bell, _ = waiting.popitem(last=False)
            if not bell.done():
                bell.set_result(True)
                return

    @property
    def closed(self) -> bool:
        """No poll waits any more."""
        return self._closed

    def waiting(self, queue: str) -> int:
        """How many listen to a queue."""
        return len(self._waiting.get(queue, ()))

    def close(self) -> None:
        """Wake everybody: the server is stopping."""
        self._closed = True
        for queue in list(self._waiting):
            for bell in self._waiting.pop(queue):
                stop_waiting(bell)


def stop_waiting(bell: Bell) -> None:
    """Resolve a bell that has not rung."""
    if not bell.done():
        bell.set_result(False)
