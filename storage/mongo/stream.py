"""Bells across processes: a change stream tells every queue that an entry was put on.

Where the deployment has no change streams (a single mongod without a replica set), or as long as one is broken,
waiting polls look for themselves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from pymongo.errors import OperationFailure, PyMongoError

from storage.mongo.client import Doc, stop
from storage.mongo.collections import Collections
from storage.mongo.pending import queue_of

LOOK_EVERY = 0.05
AGAIN_AFTER = 1.0
_NONE_HERE = 40573
"""The server's code for: change streams need a replica set."""
_PIPELINE: list[Doc] = [
    {
        "$match": {
            "$or": [
                {"updateDescription.updatedFields.bell": {"$exists": True}},
                {"fullDocument.bell": {"$exists": True}},
            ]
        }
    },
    {"$project": {"updateDescription.updatedFields.bell": 1, "fullDocument.bell": 1}},
]

log = logging.getLogger("segue.mongo")


class Stream:
    """Watches the collection of tasks for entries."""

    def __init__(self, collections: Collections, me: str, ring: Callable[[str], None]) -> None:
        self._db, self._me, self._ring = collections, me, ring
        self._task: asyncio.Task[None] | None = None
        self._flowing = False

    @property
    def look_every(self) -> float | None:
        """None while the stream tells everything."""
        return None if self._flowing else LOOK_EVERY

    async def open(self) -> None:
        """Begin to watch."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop."""
        await stop(self._task)
        self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._watch()
            except OperationFailure as error:
                if error.code == _NONE_HERE:
                    log.info("this MongoDB has no change streams: waiting polls look every %g s", LOOK_EVERY)
                    return
                log.warning("the change stream broke and is opened again: %s", error)
            except (PyMongoError, NotImplementedError) as error:
                log.warning("the change stream broke and is opened again: %s", error)
            finally:
                self._flowing = False
            await asyncio.sleep(AGAIN_AFTER)

    async def _watch(self) -> None:
        async with await self._db.tasks.watch(_PIPELINE) as changes:
            self._flowing = True
            async for change in changes:
                writer, queue = _bell(change)
                if writer != self._me:  # its own commits ring by themselves
                    self._ring(queue)


def _bell(change: Doc) -> tuple[str, str]:
    fields = change.get("updateDescription", {}).get("updatedFields") or change["fullDocument"]
    return queue_of(fields["bell"])
