"""The server processes on one database: who lives, and who finishes what the dead have left.

Each process raises the number in its own document every second, and watches those of the others with its own clock,
so no two clocks have to agree. One whose number has stood still is taken for dead: what stands in the headers it
wrote is applied by whoever notices. That is harmless when it lives after all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from engine.errors import Unavailable
from storage.mongo.application import Application
from storage.mongo.client import insist, listed, stop
from storage.mongo.collections import Collections

BEAT = 1.0
SILENT = 4.0
"""Seconds without a heartbeat after which a server's pending changes are applied."""
DEAD = 15.0
"""Seconds without a heartbeat after which what its own workers were doing is done by others."""
_BATCH = 100

log = logging.getLogger("segue.mongo")


class Peers:
    """The heartbeat of this process `me`, and its look at the others; `give_back` is told who is dead."""

    def __init__(
        self, collections: Collections, application: Application, me: str, give_back: Callable[[str], Awaitable[None]]
    ) -> None:
        self._db, self._application, self._me, self._give_back = collections, application, me, give_back
        self._seen: dict[str, tuple[int, float]] = {}
        """The number of each process, and when it was last seen to rise."""
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Show up, and begin to watch."""
        await self._beat()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Leave; nothing is pending any more, so nobody has to look after it."""
        if self._task:
            await stop(self._task)
            self._task = None
            await insist(lambda: self._db.servers.delete_one({"_id": self._me}))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self._beat()
                await self._look()
            except Unavailable:
                self._seen.clear()  # nobody's heart could be heard meanwhile
            except Exception:
                log.exception("the look at the other servers failed and will be tried again")

    async def _beat(self) -> None:
        await insist(lambda: self._db.servers.update_one({"_id": self._me}, {"$inc": {"beat": 1}}, upsert=True))

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for row in await listed(lambda: self._db.servers.find()):
            name, beat = row["_id"], row["beat"]
            seen = self._seen.get(name)
            if seen is None or seen[0] != beat:
                self._seen[name] = (beat, now)
            elif name != self._me and now - seen[1] > SILENT:
                await self._finish(name)
                if now - seen[1] > DEAD:
                    await self._bury(name)

    async def _bury(self, name: str) -> None:
        log.warning("server %s has not been heard of for %g s: it is taken for dead", name, DEAD)
        await self._give_back(name)
        await insist(lambda: self._db.servers.delete_one({"_id": name}))
        self._seen.pop(name, None)

    async def _finish(self, name: str) -> None:
        """Apply what it has left pending, all of it."""
        cleared = {"$unset": {"pending": "", "writer": ""}}
        while headers := await listed(lambda: self._db.workflows.find({"writer": name}).limit(_BATCH)):
            for header in headers:
                await self._application.finish(header)
                one = {"_id": header["_id"], "stamp": header["stamp"]}
                await insist(lambda one=one: self._db.workflows.update_one(one, cleared))  # type: ignore[misc]
