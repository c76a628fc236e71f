"""Executions that are kept in memory, with the lock of each and the commit that is still on its way."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable
from itertools import islice

from engine.draft import Execution

TASKS_KEPT = 6_000
"""How many tasks and waiting messages all cached executions may hold together: some 20 MB with small payloads."""
LOOKED_AT = 16
"""How many of the oldest executions are considered when room is needed."""


class Kept:
    """One cached execution. `flushed` resolves when everything decided on it so far is durable."""

    __slots__ = ("contested", "execution", "flushed", "stamp", "weight")

    def __init__(self, execution: Execution, stamp: int) -> None:
        self.execution = execution
        self.stamp = stamp
        """The stamp of the state, its commits on their way included (`engine.ports.Changes`)."""
        self.contested = False
        """Other processes change it too: it is worth asking before a decision that may be in vain."""
        self.flushed: asyncio.Future[None] | None = None
        self.weight = 0

    @property
    def settled(self) -> bool:
        """Nothing of it is on its way to the store."""
        return self.flushed is None or self.flushed.done()

    async def durable(self) -> bool:
        """Wait for the last commit so far; False when it failed, and what was decided is lost."""
        flushed = self.flushed
        if flushed is None:
            return True
        if not flushed.done():
            await asyncio.wait([flushed])
        return not flushed.cancelled() and flushed.exception() is None


class Cache:
    """Least recently used executions go first, but never one with a commit on its way."""

    def __init__(self, tasks_kept: int = TASKS_KEPT) -> None:
        # ordered for cheap walks from the front, where a plain dict leaves holes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._weight = 0
        self._limit = tasks_kept

    def get(self, workflow_id: str) -> Kept | None:
        """The cached execution, which is now the most recently used."""
        kept = self._kept.get(workflow_id)
        if kept is not None:
            self._kept.move_to_end(workflow_id)
        return kept

    def put(self, workflow_id: str, execution: Execution, stamp: int = 0) -> Kept:
        """Keep an execution; whatever was kept under that id is replaced."""
        self.forget(workflow_id)
        kept = self._kept[workflow_id] = Kept(execution, stamp)
        self.weigh(kept)
        return kept

    def weigh(self, kept: Kept) -> None:
        """Note the present size of a kept execution, and make room."""
        weight = 1 + kept.execution.rows.count + len(kept.execution.header.messages)
        self._weight += weight - kept.weight
        kept.weight = weight
        if self._weight > self._limit:
            self._make_room()

    def _make_room(self) -> None:
        # the one in use stays, however large it is: reading it again would cost its size at every step
        in_use = next(reversed(self._kept))
        oldest = [key for key, kept in islice(self._kept.items(), LOOKED_AT) if kept.settled and key != in_use]
        for workflow_id in oldest:
            if self._weight <= self._limit:
                return
            self.forget(workflow_id)

    def forget(self, workflow_id: str) -> None:
        """Drop it; the store has the truth."""
        kept = self._kept.pop(workflow_id, None)
        if kept is not None:
            self._weight -= kept.weight


class Locks:
    """One lock per workflow, first come first served; free of charge while nobody else wants it."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}

    def acquire(self, workflow_id: str) -> Awaitable[None] | None:
        """None: it is yours at once. Otherwise await the answer; a cancelled wait gives its turn away."""
        queue = self._queues.get(workflow_id)
        if queue is None:
            self._queues[workflow_id] = deque()
            return None
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        return self._wait(workflow_id, turn)

    async def _wait(self, workflow_id: str, turn: asyncio.Future[None]) -> None:
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(workflow_id)
            raise

    def release(self, workflow_id: str) -> None:
        """Give it to the next in line."""
        queue = self._queues[workflow_id]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._queues[workflow_id]
