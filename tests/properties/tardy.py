"""A store whose commits take their time: each becomes durable some turns of the loop later, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from engine.ports import Commit, Store


class Tardy:
    """Everything but commits goes straight through. `turns` says how many turns the next commits take, one after the
    other and from the first again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.turns: tuple[int, ...] = (0,)
        self._count = 0
        self._last: asyncio.Future[None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, commit: Commit) -> Awaitable[None]:
        applied = self._store.commit(commit)
        turns = self.turns[self._count % len(self.turns)]
        self._count += 1
        self._last = asyncio.ensure_future(_later(applied, turns, self._last))
        return self._last


async def _later(applied: Awaitable[None], turns: int, before: asyncio.Future[None] | None) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    if before is not None and not before.done():
        await asyncio.wait([before])
    await applied
