"""Deadlines over all processes, in the documents of headers and tasks.

`wake` is a deadline that waits. Handing it out moves it to `again`, the end of a lease, which doubles each time that
nothing came of it: the deadline of a process that died comes again, and one that means nothing fades away.
"""

from __future__ import annotations

import asyncio

from pymongo.asynchronous.collection import AsyncCollection

from engine.model import Millis
from engine.ports import Due
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections

LEASE_MS = 10_000
_LONGEST_MS = 24 * 3_600_000
_FIELDS = {"workflow_id": 1, "deadline": 1, "wake": 1, "again": 1, "fired": 1}


class Timers:
    """`engine.ports.Timers` for the deadlines that are applied."""

    def __init__(self, collections: Collections) -> None:
        self._workflows, self._tasks = collections.workflows, collections.tasks

    async def due(self, now: Millis, limit: int) -> list[Due]:
        """See `Timers`."""
        places = [(collection, field) for collection in (self._workflows, self._tasks) for field in ("wake", "again")]
        found = await asyncio.gather(*(_passed(collection, field, now, limit) for collection, field in places))
        rows = [(row, place) for place, some in zip(places, found, strict=True) for row in some]
        first = sorted(rows, key=lambda pair: int(pair[0][pair[1][1]]))[:limit]
        won = await asyncio.gather(*(_hand_out(collection, field, row, now) for row, (collection, field) in first))
        return [_due(row) for (row, _), mine in zip(first, won, strict=True) if mine]

    async def next_deadline(self) -> Millis | None:
        """See `Timers`."""
        both = await asyncio.gather(*(_next(each) for each in (self._workflows, self._tasks)))
        return min((at for at in both if at is not None), default=None)


async def _passed(collection: AsyncCollection[Doc], field: str, now: Millis, limit: int) -> list[Doc]:
    return await listed(lambda: collection.find({field: {"$lte": now}}, _FIELDS).sort(field, 1).limit(limit))


async def _hand_out(collection: AsyncCollection[Doc], field: str, row: Doc, now: Millis) -> bool:
    """True when no other process was faster."""
    lease = min(LEASE_MS << min(row["fired"], 30), _LONGEST_MS)
    where = {"_id": row["_id"], field: row[field], "fired": row["fired"]}
    change: Doc = {"$set": {"again": now + lease, "fired": row["fired"] + 1}}
    if field == "wake":
        change["$unset"] = {"wake": ""}
    return (await insist(lambda: collection.update_one(where, change))).matched_count > 0


async def _next(collection: AsyncCollection[Doc]) -> Millis | None:
    found = await listed(lambda: collection.find({"wake": {"$gte": 0}}, {"wake": 1}).sort("wake", 1).limit(1))
    return int(found[0]["wake"]) if found else None


def _due(row: Doc) -> Due:
    """A header has no `workflow_id` beside its own id."""
    if "workflow_id" in row:
        return Due(row["workflow_id"], row["_id"], int(row["deadline"]))
    return Due(row["_id"], "", int(row["deadline"]))
