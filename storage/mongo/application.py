"""Applying pending changes: any number of times, by any process, with the same outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from engine.errors import Unavailable
from engine.ports import Commit
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections
from storage.mongo.lane import LARGEST
from storage.mongo.pending import ENTRY_FIELDS, TASK_FIELDS, Pending
from storage.search import SUMMARY_COLUMNS

PART = 8 * 1024 * 1024
"""Bytes of a part."""
SMALL = 2 * 1024 * 1024
"""Bytes that every header has room for."""
_DUPLICATE = 11000
_TASK_LEAVES = dict.fromkeys((*ENTRY_FIELDS, *TASK_FIELDS), "")
_SUMMARY_LEAVES = dict.fromkeys((*SUMMARY_COLUMNS.values(), "idempotency_key", "doc"), "")
_HEADER_LEAVES = dict.fromkeys(("doc", "deadline", "wake", "again", "fired", "outbox", "purged", "update_time"), "")


class Application:
    """Writes to every collection but the headers, and what is left of a removed execution."""

    def __init__(self, collections: Collections) -> None:
        self._db = collections

    async def apply(self, workflow_id: str, pending: Pending) -> None:
        """Write all of it; `Unavailable` when some of it may be missing."""
        await self.apply_many([(workflow_id, pending)])

    async def apply_many(self, all_pending: Sequence[tuple[str, Pending]]) -> None:
        """The tasks of many workflows are one request."""
        statements = [change.statement() for _, pending in all_pending for change in pending.tasks.values()]
        jobs: list[Awaitable[Any]] = [_bulk(self._db.tasks, statements)] if statements else []
        for workflow_id, pending in all_pending:
            jobs += [self._snapshot(row) for row in pending.snapshots]
            if pending.summary:
                jobs.append(self._summary(workflow_id, pending.summary))
            if pending.logs:
                jobs.append(self._drop_logs(pending.logs))
        if len(jobs) == 1:
            await jobs[0]
        else:
            await asyncio.gather(*jobs)

    async def snapshots(self, header: Doc) -> None:
        """Store the snapshots that a header carries: it must not be seen without."""
        if pending := await self.carried(header):
            for row in pending.snapshots:
                await self._snapshot(row)

    async def carried(self, header: Doc) -> Pending | None:
        """The pending changes of a header, gathered from their parts if need be."""
        document = header.get("pending")
        if not document or "removed" in document:
            return None
        if "parts" not in document:
            return Pending.read(document)
        pending = Pending()
        for part in await listed(lambda: self._db.parts.find({"commit": document["parts"]}).sort("n", 1)):
            piece = Pending.read(part["pending"])
            pending.tasks |= piece.tasks
            pending.summary = piece.summary or pending.summary
            pending.snapshots += piece.snapshots
            pending.logs += piece.logs
        return pending

    async def finish(self, header: Doc) -> None:
        """Apply what a header carries, whoever wrote it."""
        document = header.get("pending") or {}
        if "removed" in document:
            await self._remove_rest(header["_id"], document["removed"])
        elif pending := await self.carried(header):
            await self.apply(header["_id"], pending)

    # ------------------------------------------------------------------ parts

    async def part(self, name: str, commits: Sequence[Commit], pending: Pending) -> str | None:
        """Put changes that are too large for a header beside it, before it is written; None = they are not."""
        size = pending.size
        if size <= SMALL or size + max(_size(commit) for commit in commits) <= LARGEST:
            return None
        statements = [_part(name, number, piece) for number, piece in enumerate(_pieces(pending))]
        for statement in statements:  # each is near the size of a request
            await insist(lambda one=statement: self._db.parts.bulk_write([one]))  # type: ignore[misc]
        return name

    async def drop_parts(self, names: list[str]) -> None:
        """Forget parts that nothing refers to any more; those of a crash expire."""
        if names:
            await insist(lambda: self._db.parts.delete_many({"commit": {"$in": list(names)}}))
            names.clear()

    # ------------------------------------------------------------------ removal

    async def remove(self, workflow_id: str, stamp: int, writer: str) -> bool:
        """Delete one execution as it stands at `stamp`; False when it stands elsewhere by now."""
        left = {"gone": True, "version": 0, "stamp": stamp + 1, "writer": writer, "pending": {"removed": stamp + 1}}
        written = await insist(
            lambda: self._db.workflows.update_one(
                {"_id": workflow_id, "stamp": stamp},
                {"$set": left, "$unset": _HEADER_LEAVES, "$currentDate": {"removed_at": True}},
            )
        )
        if written.matched_count:
            await self._remove_rest(workflow_id, stamp + 1)
        return written.matched_count > 0

    async def _remove_rest(self, workflow_id: str, stamp: int) -> None:
        older = {"workflow_id": workflow_id, "stamp": {"$lt": stamp}}
        tasks = await listed(lambda: self._db.tasks.find(older, {"_id": 1}))
        gone = {"$set": {"gone": True, "stamp": stamp}, "$currentDate": {"removed_at": True}}
        await self._drop_logs([task["_id"] for task in tasks])
        await insist(lambda: self._db.tasks.update_many(older, {**gone, "$unset": _TASK_LEAVES}))
        one = {"_id": workflow_id, "stamp": {"$lt": stamp}}
        await insist(lambda: self._db.summaries.update_one(one, {**gone, "$unset": _SUMMARY_LEAVES}))
        cleared = {"$unset": {"pending": "", "writer": ""}}
        await insist(lambda: self._db.workflows.update_one({"_id": workflow_id, "stamp": stamp}, cleared))

    # ------------------------------------------------------------------ single writes

    async def _snapshot(self, row: Doc) -> None:
        """The first one of its key stays."""
        rest = {name: value for name, value in row.items() if name != "_id"}
        where = {"_id": row["_id"]}
        await _unless_there(lambda: self._db.documents.update_one(where, {"$setOnInsert": rest}, upsert=True))

    async def _summary(self, workflow_id: str, row: Doc) -> None:
        where = {"_id": workflow_id, "stamp": {"$lt": row["stamp"]}}
        change = {"$set": row, "$unset": {"gone": "", "removed_at": ""}}
        await _unless_there(lambda: self._db.summaries.update_one(where, change, upsert=True))

    async def _drop_logs(self, task_ids: list[str]) -> None:
        if task_ids:
            await insist(lambda: self._db.logs.delete_many({"task_id": {"$in": task_ids}}))


async def _unless_there(operation: Any) -> None:
    """A guarded upsert that meets a higher stamp, or another process's same upsert, has nothing to do."""
    try:
        await insist(operation)
    except DuplicateKeyError:
        return


async def _bulk(collection: AsyncCollection[Doc], statements: list[UpdateOne]) -> None:
    try:
        await insist(lambda: collection.bulk_write(statements, ordered=False))
    except BulkWriteError as error:
        details = error.details or {}
        failed = [each for each in details.get("writeErrors", ()) if each["code"] != _DUPLICATE]
        if failed or details.get("writeConcernErrors"):
            raise Unavailable(f"MongoDB could not write all changes: {failed or details}.") from error


def _size(commit: Commit) -> int:
    """About how many bytes the header itself takes; only payloads count."""
    header = commit.header
    return len(repr((header.input, header.output, header.variables))) if header else 0


def _pieces(pending: Pending) -> list[Pending]:
    rest = Pending()
    rest.summary, rest.snapshots, rest.logs = pending.summary, pending.snapshots, pending.logs
    pieces, size = [rest], PART
    for task_id, change in pending.tasks.items():
        if size + change.size > PART:
            pieces.append(Pending())
            size = 0
        pieces[-1].tasks[task_id] = change
        size += change.size
    return pieces


def _part(name: str, number: int, piece: Pending) -> UpdateOne:
    fields = {"commit": name, "n": number, "pending": piece.document()}
    return UpdateOne({"_id": f"{name}:{number}"}, {"$set": fields, "$currentDate": {"written_at": True}}, upsert=True)
