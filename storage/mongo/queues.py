"""Queues over all processes: an entry stands in the document of its task.

`free_at` says when it can be claimed. A claim moves it to the end of a lease; the touch that tells a worker's poll
takes the lease away, and the entry stays with its worker. A process that dies in between gives the entry back by
doing nothing.

Entries of a queue without a limit are one lane, claimed by one request each. Lanes with a limit are looked at one by
one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from engine.model import Millis
from engine.ports import Commit, Limit, QueueEntry
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections
from storage.mongo.limits import Limits
from storage.mongo.pending import lane_of

LEASE_MS = 10_000
"""Milliseconds after which an entry comes back whose claimer neither handed it out nor gave it back."""
LANES_EVERY = 1.0
"""Seconds for which a process believes to know the lanes of a queue."""
_IN_HANDS = 100
_ORDER = [("priority", -1), ("free_at", 1)]
_FIELDS = {
    "workflow_id": 1, "queue": 1, "lane": 1, "priority": 1, "available_at": 1, "free_at": 1, "limit": 1,
}  # fmt: skip


class Queues:
    """`engine.ports.TaskQueues`; `me` names this process in the entries it has claimed."""

    def __init__(self, collections: Collections, me: str, ring: Callable[[str], None]) -> None:
        self._db, self._me, self._ring = collections, me, ring
        self._limits = Limits(collections)
        self._lanes: defaultdict[str, set[str]] = defaultdict(set)
        """The lanes with a limit, by queue."""
        self._looked: dict[str, float] = {}
        self._limited: dict[str, str] = {}
        """The limit of each entry that this process has claimed under one."""

    async def claim(self, queue: str, count: int, now: Millis) -> list[QueueEntry]:
        """See `TaskQueues`."""
        taken: list[QueueEntry] = []
        while len(taken) < count and not self._lanes.get(queue):
            entry = await self._claim_free(queue, now)
            if entry is None:
                if not await self._find_lanes(queue):
                    return taken
                break
            taken.append(entry)
        while len(taken) < count and (entry := await self._claim_best(queue, now)):
            taken.append(entry)
        return taken

    async def release(self, task_ids: Sequence[str]) -> None:
        """See `TaskQueues`; an entry that is with a worker, or with another process, is not given back."""
        if not task_ids:
            return
        mine = {"_id": {"$in": list(task_ids)}, "claimed": True, "holder": {"$in": [self._me, ""]}}
        for entry in await listed(lambda: self._db.tasks.find(mine)):
            await self._give_back(entry)

    async def give_back_served(self, server: str) -> None:
        """Give back what the workers of a server that is gone were doing."""
        for entry in await listed(lambda: self._db.tasks.find({"served": server})):
            await self._give_back(entry)

    async def _give_back(self, entry: Doc) -> None:
        back = {
            "$set": {"claimed": False, "holder": "", "free_at": entry["available_at"]},
            "$unset": {"slot": "", "window": "", "window_at": "", "served": ""},
        }
        where = {"_id": entry["_id"], "claimed": True, "free_at": entry["free_at"], "stamp": entry["stamp"]}
        if (await insist(lambda: self._db.tasks.update_one(where, back))).matched_count:
            await self._limits.give_back(entry)
            self._limited.pop(entry["_id"], None)
            self._ring(entry["queue"])

    async def queue_sizes(self) -> dict[str, int]:
        """See `TaskQueues`."""
        steps: list[Doc] = [{"$match": {"claimed": False}}, {"$group": {"_id": "$queue", "n": {"$sum": 1}}}]

        async def counted() -> list[Doc]:
            return await (await self._db.tasks.aggregate(steps)).to_list()

        return {row["_id"]: int(row["n"]) for row in await insist(counted)}

    async def next_available(self, queue: str) -> Millis | None:
        """See `TaskQueues`; None also while only a freed slot can make an entry claimable."""
        lanes = ["", *await self._find_lanes(queue)]
        times = await asyncio.gather(*(self._lane_opens(queue, lane) for lane in lanes))
        return min((at for at in times if at is not None), default=None)

    # ------------------------------------------------------------------ what commits tell

    def learn(self, commit: Commit) -> None:
        """Lanes with a limit that this process itself makes are known at once."""
        for entry in commit.enqueue:
            if entry.limit:
                self._lanes[entry.queue].add(lane_of(entry.limit))

    async def freed(self, commits: Iterable[Commit]) -> None:
        """Ring where entries wait for a slot that these commits have freed."""
        ended: set[str] = set()
        for commit in commits:
            ended.update(commit.dequeue, commit.removed, (entry.task_id for entry in commit.enqueue))
        await self.ended(ended)

    async def ended(self, task_ids: Iterable[str]) -> None:
        """The same for the entries of these tasks."""
        keys = {key for task_id in task_ids if (key := self._limited.pop(task_id, None)) is not None}
        for key in keys:
            waiting = {"limit_key": key, "claimed": False}
            for queue in await insist(lambda waiting=waiting: self._db.tasks.distinct("queue", waiting)):  # type: ignore[misc]
                self._ring(queue)

    def claimed_under_limit(self) -> list[str]:
        """Tasks whose entries this process has claimed under a limit."""
        return list(self._limited)

    # ------------------------------------------------------------------ claiming

    async def _claim_free(self, queue: str, now: Millis) -> QueueEntry | None:
        where = {"queue": queue, "lane": "", "free_at": {"$lte": now}}
        found = await insist(
            lambda: self._db.tasks.find_one_and_update(
                where, {"$set": self._claim_fields(now)}, sort=_ORDER, projection=_FIELDS,
                return_document=ReturnDocument.AFTER,
            )
        )  # fmt: skip
        return _entry(found) if found else None

    def _claim_fields(self, now: Millis) -> Doc:
        return {"claimed": True, "holder": self._me, "free_at": now + LEASE_MS}

    async def _claim_best(self, queue: str, now: Millis) -> QueueEntry | None:
        """The best head of all lanes that have room; a race that is lost starts again."""
        lanes = {"", *self._lanes.get(queue, ())}
        while heads := [head for head in await asyncio.gather(*(self._head(queue, at, now) for at in lanes)) if head]:
            best = min(heads, key=lambda head: (-head["priority"], head["free_at"], head["lane"]))
            lost = await self._claim_head(best, now)
            if lost is None:
                lanes.discard(best["lane"])  # no room
            elif not lost:
                return _entry(best)
        return None

    async def _head(self, queue: str, lane: str, now: Millis) -> Doc | None:
        where = {"queue": queue, "lane": lane, "free_at": {"$lte": now}}
        fields = {**_FIELDS, "slot": 1}
        found = await listed(lambda: self._db.tasks.find(where, fields).sort(_ORDER).limit(1))
        return found[0] if found else None

    async def _claim_head(self, head: Doc, now: Millis) -> bool | None:
        """False: it is ours; True: somebody else was faster; None: its limit has no room."""
        fields = self._claim_fields(now)
        if head["lane"]:
            taken = await self._limits.take(_limit(head), head, now)
            if taken is None:
                return None
            fields |= taken.fields
        where = {"_id": head["_id"], "queue": head["queue"], "lane": head["lane"], "free_at": head["free_at"]}
        try:
            won = (await insist(lambda: self._db.tasks.update_one(where, {"$set": fields}))).matched_count > 0
        except DuplicateKeyError:  # another process took that slot
            won = False
        if won and head["lane"]:
            self._limited[head["_id"]] = _limit(head).key
        elif not won:
            await self._limits.give_back(fields)
        return not won

    # ------------------------------------------------------------------ looking

    async def _find_lanes(self, queue: str) -> set[str]:
        """The lanes of a queue that have a limit, as they were a second ago at most."""
        now = asyncio.get_running_loop().time()
        if now - self._looked.get(queue, -LANES_EVERY) >= LANES_EVERY:
            if len(self._looked) > 10_000:
                self._looked.clear()
            self._looked[queue] = now
            found = await insist(lambda: self._db.tasks.distinct("lane", {"queue": queue}))
            self._lanes[queue] = set(found) - {""}
            if not self._lanes[queue]:
                del self._lanes[queue]
        return self._lanes.get(queue, set())

    async def _lane_opens(self, queue: str, lane: str) -> Millis | None:
        where = {"queue": queue, "lane": lane, "free_at": {"$gte": 0}}
        fields = {"free_at": 1, "claimed": 1, "limit": 1}
        # Few entries are claimed and not yet with their worker; those that are have no `free_at`.
        found = await listed(lambda: self._db.tasks.find(where, fields).sort("free_at", 1).limit(_IN_HANDS))
        first = next((entry for entry in found if not entry["claimed"]), None)
        if first is None:
            return None
        at: Millis = int(first["free_at"])
        if not lane:
            return at
        limit = _limit(first)
        return None if await self._limits.full(limit) else max(at, await self._limits.opens_at(limit))


def _limit(entry: Doc) -> Limit:
    numbers = {name: value if isinstance(value, str) else int(value) for name, value in entry["limit"].items()}
    limit: Limit = msgspec.convert(numbers, Limit)
    return limit


def _entry(row: Doc) -> QueueEntry:
    return QueueEntry(
        row["_id"], row["workflow_id"], row["queue"], int(row["priority"]), int(row["available_at"]),
        _limit(row) if row.get("limit") else None,
    )  # fmt: skip
