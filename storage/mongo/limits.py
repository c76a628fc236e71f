"""Limits over all processes. What uses a limit up is written where a crash cannot leave it behind.

- At once: a claimed entry itself is the slot. It carries the slot's number, and a unique index lets one entry have
  it; a lease that runs out makes the entry claimable again together with its slot.
- Within a window: a limit of n claims has n documents, each with the time it was last used. A claim takes one that
  was used long enough ago, so no window of that length sees more than n claims.
"""

from __future__ import annotations

import msgspec
from pymongo.errors import DuplicateKeyError

from engine.model import Millis
from engine.ports import Limit
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections
from storage.mongo.pending import slot


class Taken(msgspec.Struct, frozen=True):
    """What a claim uses up: fields for its entry."""

    fields: Doc


class Limits:
    """Who may claim one more entry."""

    def __init__(self, collections: Collections) -> None:
        self._db = collections

    async def take(self, limit: Limit, entry: Doc, now: Millis) -> Taken | None:
        """Room for this entry, or None. The slot counts from when it is written into the entry."""
        number = await self._slot(limit, entry)
        if number is None:
            return None
        fields: Doc = {"slot": slot(limit.key, number)}
        if limit.per_window > 0:
            use = await self._use(limit, now)
            if use is None:
                return None
            fields |= {"window": use, "window_at": now}
        return Taken(fields)

    async def full(self, limit: Limit) -> bool:
        """True when only the end of a claimed entry can make room."""
        return 0 < limit.concurrent <= len(await self._used(limit.key))

    async def opens_at(self, limit: Limit) -> Millis:
        """The moment from which the window has room for one more claim; 0 = now and always."""
        if limit.per_window <= 0:
            return 0
        known = self._db.windows.find
        uses = await listed(lambda: known({"key": limit.key}).sort("at", 1).limit(limit.per_window))
        return int(uses[0]["at"]) + limit.window_ms if len(uses) >= limit.per_window else 0

    async def give_back(self, entry: Doc) -> None:
        """A claim did not lead to work: it does not count in the window either."""
        if "window" in entry:
            where = {"_id": entry["window"], "at": entry["window_at"]}
            await insist(lambda: self._db.windows.update_one(where, {"$set": {"at": 0}}))

    async def _slot(self, limit: Limit, entry: Doc) -> int | str | None:
        """Its number below `concurrent`; without such a bound the task's id serves as its name."""
        if limit.concurrent <= 0:
            return str(entry["_id"])
        used = await self._used(limit.key)
        used.pop(entry["_id"], None)
        if len(used) >= limit.concurrent:
            return None
        taken = set(used.values())
        return next((number for number in range(limit.concurrent) if slot(limit.key, number) not in taken), None)

    async def _used(self, key: str) -> dict[str, str]:
        """The slots of a limit by the task that has them."""
        where = {"slot": {"$gte": slot(key, ""), "$lt": f"{key}\x20"}}
        found = await listed(lambda: self._db.tasks.find(where, {"slot": 1, "limit_key": 1}))
        return {row["_id"]: row["slot"] for row in found if row.get("limit_key") == key}

    async def _use(self, limit: Limit, now: Millis) -> str | None:
        """Take the document of the window that was used longest ago, unless another claim is faster."""
        where = {"key": limit.key, "at": {"$lte": now - limit.window_ms}}
        known = self._db.windows.find
        for use in await listed(lambda: known(where).sort("at", 1).limit(limit.per_window)):
            one, used = {"_id": use["_id"], "at": use["at"]}, {"$set": {"at": now}}
            if use["n"] < limit.per_window:
                taken = await insist(lambda one=one, used=used: self._db.windows.update_one(one, used))  # type: ignore[misc]
                if taken.matched_count:
                    return str(use["_id"])
        return await self._new_use(limit, now)

    async def _new_use(self, limit: Limit, now: Millis) -> str | None:
        known = await listed(lambda: self._db.windows.find({"key": limit.key}, {"n": 1}))
        numbers = {row["n"] for row in known}
        for number in range(limit.per_window):
            if number in numbers:
                continue
            row = {"_id": slot(limit.key, number), "key": limit.key, "n": number, "at": now}
            try:
                await insist(lambda row=row: self._db.windows.insert_one(row))  # type: ignore[misc]
            except DuplicateKeyError:
                continue
            return str(row["_id"])
        return None
