"""Deadlines over all processes, in the documents of headers and tasks.

`wake` says when a deadline is handed out next. Handing it out moves `wake` to the end of a lease, which doubles each
time that nothing came of it, so the deadline of a process that died comes again and one that means nothing fades
away.
"""

from __future__ import annotations

import asyncio

from pymongo.asynchronous.collection import AsyncCollection

from engine.model import Millis
from engine.ports import Due
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections

LEASE_MS = 15_000
_LONGEST_MS = 24 * 3_600_000
_FIELDS = {"workflow_id": 1, "deadline": 1, "wake": 1, "fired": 1}


class Timers:
    """`engine.ports.Timers` for the deadlines that are applied."""

    def __init__(self, collections: Collections) -> None:
        self._workflows, self._tasks = collections.workflows, collections.tasks

    async def due(self, now: Millis, limit: int) -> list[Due]:
        """See `Timers`."""
        both = await asyncio.gather(*(_passed(each, now, limit) for each in (self._workflows, self._tasks)))
        headers = [(row, self._workflows) for row in both[0]]
        tasks = [(row, self._tasks) for row in both[1]]
        first = sorted([*headers, *tasks], key=lambda pair: pair[0]["wake"])[:limit]
        won = await asyncio.gather(*(_hand_out(collection, row, now) for row, collection in first))
        return [_due(row) for (row, _), mine in zip(first, won, strict=True) if mine]

    async def next_deadline(self) -> Millis | None:
        """See `Timers`."""
        both = await asyncio.gather(*(_next(each) for each in (self._workflows, self._tasks)))
        return min((at for at in both if at is not None), default=None)


async def _passed(collection: AsyncCollection[Doc], now: Millis, limit: int) -> list[Doc]:
    return await listed(lambda: collection.find({"wake": {"$lte": now}}, _FIELDS).sort("wake", 1).limit(limit))


async def _hand_out(collection: AsyncCollection[Doc], row: Doc, now: Millis) -> bool:
    """True when no other process was faster."""
    lease = min(LEASE_MS << min(row["fired"], 30), _LONGEST_MS)
    where = {"_id": row["_id"], "wake": row["wake"], "fired": row["fired"]}
    change = {"$set": {"wake": now + lease, "fired": row["fired"] + 1}}
    return (await insist(lambda: collection.update_one(where, change))).matched_count > 0


async def _next(collection: AsyncCollection[Doc]) -> Millis | None:
    where = {"wake": {"$gte": 0}, "fired": 0}
    found = await listed(lambda: collection.find(where, {"wake": 1}).sort("wake", 1).limit(1))
    return found[0]["wake"] if found else None


def _due(row: Doc) -> Due:
    """A header has no `workflow_id` beside its own id."""
    if "workflow_id" in row:
        return Due(row["workflow_id"], row["_id"], row["deadline"])
    return Due(row["_id"], "", row["deadline"])
