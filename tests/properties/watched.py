"""A store that tells what it holds: every durable commit is also applied to a plain copy, one per execution."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from engine.model import Millis
from engine.ports import Commit, Due, QueueEntry, Store
from tests.world import Durable


class Watched:
    """Everything goes straight through, and is noted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.known: dict[str, Durable] = {}
        """By execution."""
        self.touched: set[str] = set()
        """Executions with a commit since this was last emptied."""
        self._flying: list[tuple[Commit, asyncio.Future[None]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, commit: Commit) -> Awaitable[None]:
        flushed = asyncio.ensure_future(self._store.commit(commit))
        self._flying.append((commit, flushed))
        flushed.add_done_callback(self._note)
        self._note(flushed)
        return flushed

    def _note(self, _: object = None) -> None:
        """Take over what has become durable; whoever asks the store comes before the callbacks of its futures."""
        flying, self._flying = self._flying, []
        for commit, flushed in flying:
            if not flushed.done():
                self._flying.append((commit, flushed))
            elif not flushed.cancelled() and flushed.exception() is None:
                self.known.setdefault(commit.workflow_id, Durable()).apply(commit)
                self.touched.add(commit.workflow_id)

    async def claim(self, queue: str, count: int, now: Millis) -> list[QueueEntry]:
        entries = await self._store.claim(queue, count, now)
        self._note()
        for entry in entries:
            self.known.setdefault(entry.workflow_id, Durable()).claimed.add(entry.task_id)
        return entries

    async def release(self, task_ids: Sequence[str]) -> None:
        await self._store.release(task_ids)
        self._note()
        for known in self.known.values():
            known.claimed.difference_update(task_ids)

    async def due(self, now: Millis, limit: int) -> list[Due]:
        found = await self._store.due(now, limit)
        self._note()
        for due in found:
            self.known.setdefault(due.workflow_id, Durable()).deadlines.pop(due.task_id, None)
        return found

    async def remove(self, workflow_id: str) -> None:
        await self._store.remove(workflow_id)
        self._note()
        self.known.pop(workflow_id, None)
        self.touched.discard(workflow_id)
