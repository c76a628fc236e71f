"""A store that dies: after a number of commits nothing reaches it any more, as if its process had been killed there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from engine.errors import Unavailable
from engine.ports import Commit, Store


class Dying:
    """Everything but commits goes straight through; a commit after the last one changes nothing and fails."""

    def __init__(self, store: Store, commits: int) -> None:
        self._store = store
        self._left = commits

    @property
    def dead(self) -> bool:
        return self._left <= 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, commit: Commit) -> Awaitable[None]:
        if self.dead:
            lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            lost.set_exception(Unavailable("killed"))
            return lost
        self._left -= 1
        return self._store.commit(commit)
