"""Reading executions: a header, its tasks, and what the header carries for them that is not applied yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from engine.errors import Unavailable
from engine.model import Task
from engine.ports import Changes, Stored
from engine.status import WorkflowStatus
from storage.mongo.application import Application
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections
from storage.mongo.header import header_of
from storage.mongo.pending import Pending

_task = msgspec.json.Decoder(Task)
_LOOKS = 20
"""How often a header is read again because its tasks were newer already."""
_FIELDS = {"seq": 1, "doc": 1, "stamp": 1, "gone": 1}


class ExecutionReads:
    """Answers of `engine.ports.Executions` that change nothing."""

    def __init__(
        self, collections: Collections, application: Application, found: Callable[[str, int, Pending], None]
    ) -> None:
        """`found` is told what stands pending in a header, and at which stamp."""
        self._db, self._application, self._found = collections, application, found

    async def load(self, workflow_id: str) -> Stored | None:
        """See `Executions`."""
        found = await self._read(workflow_id, 0)
        return Stored(header_of(found[0]), found[1]) if found else None

    async def changes(self, workflow_id: str, since: int) -> Changes | None:
        """See `Executions`: one small read when nothing has happened."""
        if since:
            known = await insist(lambda: self._db.workflows.find_one({"_id": workflow_id}, {"stamp": 1, "gone": 1}))
            if known is None or known.get("gone"):
                return None
            if known["stamp"] == since:
                return Changes(since)
        found = await self._read(workflow_id, since)
        if found and found[0].get("purged", 0) > since > 0:
            found, since = await self._read(workflow_id, 0), 0
        if found is None:
            return None
        return Changes(int(found[0]["stamp"]), header_of(found[0]), found[1], whole=not since)

    async def _read(self, workflow_id: str, since: int) -> tuple[Doc, tuple[Task, ...]] | None:
        """One state: tasks that are newer than the header show that it has changed meanwhile."""
        for _ in range(_LOOKS):
            header = await insist(lambda: self._db.workflows.find_one({"_id": workflow_id}))
            if header is None or header.get("gone"):
                return None
            rows = await self._rows(workflow_id, since)
            if max((row["stamp"] for row in rows), default=0) <= header["stamp"]:
                await self._application.snapshots(header)
                pending = await self._application.carried(header)
                tasks = _tasks(rows, pending, since)
                if pending:
                    self._found(workflow_id, header["stamp"], pending)
                return header, tasks
        raise Unavailable(f"Workflow {workflow_id} changes faster than it can be read; try again.")

    async def _rows(self, workflow_id: str, since: int) -> list[Doc]:
        where: Doc = {"workflow_id": workflow_id}
        if since:
            where["stamp"] = {"$gt": since}
        return await listed(lambda: self._db.tasks.find(where, _FIELDS))

    async def workflow_of(self, task_id: str) -> str | None:
        """See `Executions`."""
        found = await insist(lambda: self._db.tasks.find_one({"_id": task_id}, {"workflow_id": 1, "gone": 1}))
        return found.get("workflow_id") if found and not found.get("gone") else None

    async def correlated(self, name: str, correlation_id: str) -> list[str]:
        """See `Executions`."""
        return list(await self._oldest_first({"correlation_id": correlation_id, "workflow_type": name}))

    async def by_idempotency_key(self, name: str, key: str) -> dict[str, WorkflowStatus]:
        """See `Executions`."""
        return await self._oldest_first({"idempotency_key": key, "workflow_type": name})

    async def _oldest_first(self, where: Doc) -> dict[str, WorkflowStatus]:
        found = self._db.summaries.find(where, {"status": 1}).sort([("start_time", 1), ("workflow_id", 1)])
        return {row["_id"]: WorkflowStatus(row["status"]) for row in await listed(lambda: found)}

    async def with_outbox(self, limit: int) -> list[str]:
        """See `Executions`."""
        found = self._db.workflows.find({"outbox": True}, {"_id": 1}).limit(limit)
        return [row["_id"] for row in await listed(lambda: found)]


def _tasks(rows: Sequence[Doc], pending: Pending | None, since: int) -> tuple[Task, ...]:
    documents = {row["_id"]: row for row in rows}
    for change in pending.tasks.values() if pending else ():
        row = documents.get(change.task_id)
        if change.stamp <= since or (row and row["stamp"] >= change.stamp):
            continue
        if "doc" in change.set or change.removed:
            documents[change.task_id] = {**change.set, "stamp": change.stamp}
    there = [row for row in documents.values() if not row.get("gone")]
    return tuple(_task.decode(row["doc"]) for row in sorted(there, key=lambda row: row["seq"]))
