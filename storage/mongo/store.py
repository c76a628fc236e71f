"""`engine.ports.Store` over one MongoDB database, for any number of processes."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence

from pymongo.errors import ConfigurationError, PyMongoError

from engine.errors import Unavailable
from engine.model import Millis
from engine.ports import Changes, Commit, Document, Due, FoundTasks, Page, PollRecord, QueueEntry, Stored
from engine.requests import TaskExecLog
from engine.search import Search
from engine.status import WorkflowStatus
from storage.mongo.application import Application
from storage.mongo.client import DATABASE, Client, connect, disconnect, insist, passing, place, translated
from storage.mongo.collections import Collections
from storage.mongo.executions import ExecutionReads
from storage.mongo.journal import Journal
from storage.mongo.peers import Peers
from storage.mongo.queues import Queues
from storage.mongo.records import Records
from storage.mongo.search import page_of
from storage.mongo.stream import Stream
from storage.mongo.task_search import owners, tasks_of
from storage.mongo.timers import Timers

log = logging.getLogger("segue.mongo")


class _Parts:
    """What an open store is made of."""

    def __init__(self, client: Client, ring: Callable[[str], None]) -> None:
        self.me = uuid.uuid1().hex  # noqa: TID251 - names this process to its peers; nothing is decided by it
        self.client = client
        self.collections = Collections(client.get_default_database(DATABASE))
        self.application = Application(self.collections)
        self.queues = Queues(self.collections, self.me, ring)
        self.timers = Timers(self.collections)
        self.records = Records(self.collections)
        self.journal = Journal(self.collections, self.application, self.me, self.queues.freed, ring)
        self.reads = ExecutionReads(self.collections, self.application, self.journal.found)
        self.peers = Peers(self.collections, self.application, self.me, self.queues.give_back_served)
        self.stream = Stream(self.collections, self.me, ring)


class MongoStore:
    """The store in the database that the URI names (`segue` when it names none)."""

    shared = True

    def __init__(self, uri: str, connect: Callable[[str], Client] = connect) -> None:
        self._uri, self._connect = uri, connect
        self._open: _Parts | None = None

    @property
    def look_every(self) -> float | None:
        """See `Store`."""
        return self._parts.stream.look_every

    @property
    def _parts(self) -> _Parts:
        if self._open is None:
            raise Unavailable("The store is not open.")
        return self._open

    async def open(self, ring: Callable[[str], None]) -> None:
        """Wait for the database, and say so; make the indexes; show up among the other servers.

        Raises `Unavailable` for what waiting does not help: a wrong URI, a refused login, an index that differs.
        """
        try:
            parts = _Parts(self._connect(self._uri), ring)
        except (PyMongoError, ValueError) as error:
            raise Unavailable(f"The MongoDB URI {place(self._uri)} cannot be used: {error}.") from error
        try:
            await self._wait_for(parts.client)
            await parts.collections.make_indexes()
            await parts.peers.open()
            await parts.stream.open()
        except BaseException:
            await disconnect(parts.client)
            raise
        self._open = parts

    async def _wait_for(self, client: Client) -> None:
        while True:
            try:
                await client.admin.command("ping")
            except PyMongoError as error:
                if not passing(error) or isinstance(error, ConfigurationError):
                    raise translated(error) from error
                log.warning("waiting for MongoDB at %s: %s", place(self._uri), translated(error))
            else:
                return
            await asyncio.sleep(1)

    async def close(self) -> None:
        """Write and apply what waits, leave the other servers, disconnect."""
        parts, self._open = self._open, None
        if parts is None:
            return
        try:
            await parts.stream.close()
            await parts.journal.close()
            await parts.peers.close()
        except Unavailable as error:
            log.warning("closed without the database; the other servers finish what is pending: %s", error)
        finally:
            await disconnect(parts.client)

    async def check(self) -> None:
        """Write and read something with the safety of a commit."""
        counters = self._parts.collections.counters
        await insist(lambda: counters.update_one({"_id": "check"}, {"$inc": {"n": 1}}, upsert=True))

    # documents

    async def put_document(self, document: Document, *, create: bool = False) -> None:
        """See `Documents`."""
        await self._parts.records.put_document(document, create=create)

    async def replace_document(self, document: Document, expected: bytes) -> bool:
        """See `Documents`."""
        return await self._parts.records.replace_document(document, expected)

    async def get_document(self, kind: str, name: str, version: int = 0) -> Document | None:
        """See `Documents`."""
        return await self._parts.records.get_document(kind, name, version)

    async def list_documents(self, kind: str, name: str | None = None) -> list[Document]:
        """See `Documents`."""
        return await self._parts.records.list_documents(kind, name)

    async def document_kinds(self) -> list[str]:
        """See `Documents`."""
        return await self._parts.records.document_kinds()

    async def delete_document(self, kind: str, name: str, version: int = 0) -> bool:
        """See `Documents`."""
        return await self._parts.records.delete_document(kind, name, version)

    async def documents_version(self, kinds: Sequence[str]) -> int:
        """See `Documents`."""
        return await self._parts.records.documents_version(kinds)

    # executions

    def commit(self, commit: Commit) -> Awaitable[None]:
        """See `Executions`; a touch is durable when its answer comes, and applied a moment later."""
        self._parts.queues.learn(commit)
        return self._parts.journal.commit(commit)

    async def load(self, workflow_id: str) -> Stored | None:
        """See `Executions`."""
        return await self._parts.reads.load(workflow_id)

    async def changes(self, workflow_id: str, since: int) -> Changes | None:
        """See `Executions`."""
        return await self._parts.reads.changes(workflow_id, since)

    async def workflow_of(self, task_id: str) -> str | None:
        """See `Executions`."""
        return await self._parts.reads.workflow_of(task_id)

    async def remove(self, workflow_id: str) -> None:
        """See `Executions`."""
        limited = self._parts.queues.claimed_under_limit()
        await self._parts.journal.remove(workflow_id)
        gone = [task_id for task_id in limited if await self.workflow_of(task_id) is None]
        await self._parts.queues.ended(gone)

    async def correlated(self, name: str, correlation_id: str) -> list[str]:
        """See `Executions`."""
        return await self._parts.reads.correlated(name, correlation_id)

    async def by_idempotency_key(self, name: str, key: str) -> dict[str, WorkflowStatus]:
        """See `Executions`."""
        return await self._parts.reads.by_idempotency_key(name, key)

    async def with_outbox(self, limit: int) -> list[str]:
        """See `Executions`."""
        return await self._parts.reads.with_outbox(limit)

    async def search(self, search: Search) -> Page:
        """See `Executions`."""
        only = None
        if search.has_task:
            await self._parts.journal.flush()
            only = await owners(self._parts.collections, search.has_task)
        return await page_of(self._parts.collections, search, only)

    async def search_tasks(self, search: Search) -> FoundTasks:
        """See `Executions`."""
        await self._parts.journal.flush()
        return await tasks_of(self._parts.collections, search)

    # queues and timers

    async def claim(self, queue: str, count: int, now: Millis) -> list[QueueEntry]:
        """See `TaskQueues`; a claim is a lease until a commit names the task."""
        return await self._parts.queues.claim(queue, count, now)

    async def release(self, task_ids: Sequence[str]) -> None:
        """See `TaskQueues`."""
        await self._parts.queues.release(task_ids)

    async def queue_sizes(self) -> dict[str, int]:
        """See `TaskQueues`."""
        return await self._parts.queues.queue_sizes()

    async def next_available(self, queue: str) -> Millis | None:
        """See `TaskQueues`."""
        return await self._parts.queues.next_available(queue)

    async def due(self, now: Millis, limit: int) -> list[Due]:
        """See `Timers`; a deadline comes again when nobody states another for too long."""
        await self._parts.journal.flush()
        return await self._parts.timers.due(now, limit)

    async def next_deadline(self) -> Millis | None:
        """See `Timers`."""
        await self._parts.journal.flush()
        return await self._parts.timers.next_deadline()

    # records

    async def add_logs(self, logs: Sequence[TaskExecLog]) -> None:
        """See `Records`."""
        await self._parts.records.add_logs(logs)

    async def logs(self, task_id: str) -> list[TaskExecLog]:
        """See `Records`."""
        return await self._parts.records.logs(task_id)

    async def put_polls(self, polls: Sequence[PollRecord]) -> None:
        """See `Records`."""
        await self._parts.records.put_polls(polls)

    async def polls(self, queue_name: str | None = None) -> list[PollRecord]:
        """See `Records`."""
        return await self._parts.records.polls(queue_name)
