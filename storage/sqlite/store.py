"""`engine.ports.Store` over one file: a thread writes, a few read, and queues and timers live in memory."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from engine.errors import AlreadyExists, Unavailable
from engine.ports import Commit, Document, FoundTasks, Page, PollRecord, Stored
from engine.requests import TaskExecLog
from engine.search import Search
from engine.status import WorkflowStatus
from storage.deadlines import Deadlines
from storage.queues import LocalQueues
from storage.ready import ReadyQueues
from storage.sole import SoleOwner
from storage.sqlite import commits, reads, records
from storage.sqlite.connection import writer_connection
from storage.sqlite.ownership import Ownership
from storage.sqlite.readers import Readers
from storage.sqlite.rows import document_row, rows_of
from storage.sqlite.schema import migrate
from storage.sqlite.search import page_of
from storage.sqlite.tallies import forget_nothings
from storage.sqlite.task_search import tasks_of
from storage.sqlite.writer import Writer

T = TypeVar("T")
POLLS_EVERY = 1.0
"""Seconds after which a poll record is durable at the latest."""


class SqliteStore(SoleOwner, LocalQueues):
    """The store in the data directory `path`: `segue.db`, and `segue.lock`, which says which process owns it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.file = path / "segue.db"
        self._ownership: Ownership | None = None
        self._writer: Writer | None = None
        self._readers: Readers | None = None
        self._polls: dict[tuple[str, str], PollRecord] = {}
        self._new_polls: dict[tuple[str, str], PollRecord] = {}
        self._polls_timer: asyncio.TimerHandle | None = None

    async def open(self, ring: Callable[[str], None]) -> None:
        """Own the directory (made if missing), migrate the file, rebuild queues and deadlines from it.

        Raises `Unavailable` that says what is wrong with the directory, the file, or who owns it.
        """
        self._ready, self._deadlines = ReadyQueues(ring), Deadlines()
        db = await asyncio.to_thread(self._open_file)
        self._writer, self._readers = Writer(db), Readers(self.file)

    async def close(self) -> None:
        """Write what waits, end the threads, give the directory up."""
        self._flush_polls()
        writer, readers, ownership = self._writer, self._readers, self._ownership
        if writer and readers and ownership:
            writer.stop()
            await asyncio.to_thread(self._close_file, writer, readers, ownership)
        self._readers = self._ownership = None

    async def check(self) -> None:
        """Write something and read it: a full disk answers reads."""
        await self._write(records.touch)
        await self._read(lambda db: db.execute("select 1 from workflow limit 1").fetchone())

    # documents

    async def put_document(self, document: Document, *, create: bool = False) -> None:
        """See `Documents`."""
        written = await self._write(partial(records.put_document, row=document_row(document), create=create))
        if not written:
            raise AlreadyExists(f"{document.kind} {document.name} version {document.version} exists already.")

    async def replace_document(self, document: Document, expected: bytes) -> bool:
        """See `Documents`."""
        return await self._write(partial(records.replace_document, row=document_row(document), expected=expected))

    async def get_document(self, kind: str, name: str, version: int = 0) -> Document | None:
        """See `Documents`."""
        return await self._read(partial(reads.document, kind=kind, name=name, version=version))

    async def list_documents(self, kind: str, name: str | None = None) -> list[Document]:
        """See `Documents`."""
        return await self._read(partial(reads.documents, kind=kind, name=name))

    async def document_kinds(self) -> list[str]:
        """See `Documents`."""
        return await self._read(reads.document_kinds)

    async def delete_document(self, kind: str, name: str, version: int = 0) -> bool:
        """See `Documents`."""
        return await self._write(partial(records.delete_document, key=(kind, name, version)))

    # executions

    def commit(self, commit: Commit) -> Awaitable[None]:
        """Hand over to the writer; the awaitable resolves after the fsync."""
        if self._writer is None:
            raise Unavailable("The store is not open.")
        return self._writer.commit(rows_of(commit), lambda _: self._apply_to_queues(commit))

    async def load(self, workflow_id: str) -> Stored | None:
        """See `Executions`."""
        return await self._read(partial(reads.load, workflow_id=workflow_id))

    async def workflow_of(self, task_id: str) -> str | None:
        """See `Executions`."""
        return await self._read(partial(reads.workflow_of, task_id=task_id))

    async def remove(self, workflow_id: str) -> None:
        """See `Executions`."""

        def forget(task_ids: list[str]) -> None:
            self._forget_tasks(workflow_id, task_ids)
            self._deadlines.forget(workflow_id, "")

        await self._write(partial(commits.remove, workflow_id=workflow_id), forget, workflow_id=workflow_id)

    async def correlated(self, name: str, correlation_id: str) -> list[str]:
        """See `Executions`."""
        return await self._read(partial(reads.correlated, name=name, correlation_id=correlation_id))

    async def by_idempotency_key(self, name: str, key: str) -> dict[str, WorkflowStatus]:
        """See `Executions`."""
        return await self._read(partial(reads.by_idempotency_key, name=name, key=key))

    async def with_outbox(self, limit: int) -> list[str]:
        """See `Executions`."""
        return await self._read(partial(reads.with_outbox, limit=limit))

    async def search(self, search: Search) -> Page:
        """See `Executions`."""
        return await self._read(partial(page_of, wanted=search))

    async def search_tasks(self, search: Search) -> FoundTasks:
        """See `Executions`."""
        return await self._read(partial(tasks_of, wanted=search))

    # records

    async def add_logs(self, logs: Sequence[TaskExecLog]) -> None:
        """See `Records`."""
        await self._write(partial(records.add_logs, rows=records.log_rows(logs)))

    async def logs(self, task_id: str) -> list[TaskExecLog]:
        """See `Records`."""
        return await self._read(partial(reads.logs, task_id=task_id))

    async def put_polls(self, polls: Sequence[PollRecord]) -> None:
        """See `Records`; idle workers poll all the time, so these are written together, once a second."""
        self._new_polls.update({(poll.queue_name, poll.domain): poll for poll in polls})
        self._polls.update(self._new_polls)
        self._plan_polls()

    async def polls(self, queue_name: str | None = None) -> list[PollRecord]:
        """See `Records`."""
        return [poll for poll in self._polls.values() if queue_name in (None, poll.queue_name)]

    def _plan_polls(self) -> None:
        if self._new_polls and self._polls_timer is None and self._readers:
            self._polls_timer = asyncio.get_running_loop().call_later(POLLS_EVERY, self._flush_polls)

    def _flush_polls(self) -> None:
        if self._polls_timer:
            self._polls_timer.cancel()
            self._polls_timer = None
        flushed, self._new_polls = self._new_polls, {}
        if flushed and self._writer:
            answer = self._writer.run(partial(records.put_polls, rows=records.poll_rows(flushed.values())))
            answer.add_done_callback(lambda done: self._polls_flushed(flushed, done))

    def _polls_flushed(self, flushed: dict[tuple[str, str], PollRecord], done: asyncio.Future[None]) -> None:
        """What could not be written is written with the next ones: whoever polled was not kept waiting for it."""
        if not done.cancelled() and isinstance(done.exception(), Unavailable):
            self._new_polls = flushed | self._new_polls
            self._plan_polls()

    # the file

    def _open_file(self) -> sqlite3.Connection:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._ownership = Ownership(self.file.with_suffix(".lock"))
            return self._open_database()
        except Exception as error:
            if self._ownership:
                self._ownership.release()
                self._ownership = None
            raise self._refusal(error) from error

    def _open_database(self) -> sqlite3.Connection:
        db = writer_connection(self.file)
        try:
            migrate(db)
            forget_nothings(db)
            reads.wakes(db, self._ready.enqueue, self._deadlines.state)
            self._polls = {(poll.queue_name, poll.domain): poll for poll in reads.polls(db)}
        except BaseException:
            db.close()
            raise
        return db

    def _refusal(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.DatabaseError | OSError):
            return Unavailable(f"The data directory {self.file.parent} cannot be used: {error}.")
        return error

    @staticmethod
    def _close_file(writer: Writer, readers: Readers, ownership: Ownership) -> None:
        readers.close()
        writer.join()  # last: the last connection that closes folds the log into the file
        ownership.release()

    async def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        if self._readers is None:
            raise Unavailable("The store is not open.")
        return await self._readers.run(read)

    async def _write(
        self,
        change: Callable[[sqlite3.Connection], T],
        then: Callable[[T], None] = lambda _: None,
        workflow_id: str = "",
    ) -> T:
        if self._writer is None:
            raise Unavailable("The store is not open.")
        written: T = await self._writer.run(change, then, workflow_id=workflow_id)
        return written
