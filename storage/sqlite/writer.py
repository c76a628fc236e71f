"""The thread that writes: group commit.

Whatever waits when the thread gets to it goes into one transaction, so one fsync serves all of it; work handed over
meanwhile makes the next one. When a transaction fails, each piece of work is tried alone, so that only the one at fault
fails (with the later commits of its workflow).
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import msgspec

from engine.crash_points import reached
from engine.errors import Unavailable
from storage.sqlite import commits
from storage.sqlite.connection import translated
from storage.sqlite.ledger import Ledger
from storage.sqlite.rows import CommitRows
from storage.sqlite.tallies import Place


class Work(msgspec.Struct):
    """A commit (`rows`) or another change (`run`), its answer, and what to do on the loop when it is durable."""

    answer: asyncio.Future[Any]
    known: int
    """The last round whose outcomes had been told when this was handed over."""
    then: Callable[[Any], None]
    rows: CommitRows | None = None
    run: Callable[[sqlite3.Connection], Any] | None = None
    workflow_id: str = ""
    """The workflow that `run` changes behind the back of the ledger."""


Outcome = tuple[Work, Any, Exception | None]
"""What became of a piece of work: its answer, or its error."""


class Writer:
    """Owner of the writing connection. All methods but `_run` and what it calls belong to the loop."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._ledger = Ledger(lambda workflow_id: commits.version_of(db, workflow_id))
        self._unended: set[Place] = set()
        self._waiting: SimpleQueue[Work | None] = SimpleQueue()
        self._round = 0
        self._told = 0
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def commit(self, rows: CommitRows, then: Callable[[Any], None]) -> asyncio.Future[None]:
        """Hand a commit over; `then` is called on the loop when it is durable, just before the answer resolves."""
        return self._hand_over(Work(self._loop.create_future(), self._told, then, rows=rows))

    def run(
        self,
        run: Callable[[sqlite3.Connection], Any],
        then: Callable[[Any], None] = lambda _: None,
        *,
        workflow_id: str = "",
    ) -> asyncio.Future[Any]:
        """Hand another change over; the answer is what `run` returns."""
        return self._hand_over(Work(self._loop.create_future(), self._told, then, run=run, workflow_id=workflow_id))

    def stop(self) -> None:
        """Accept nothing more; what waits is still written."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)

    def join(self) -> None:
        """Block until everything is written and close the connection."""
        self._thread.join()
        self._db.close()

    def _hand_over(self, work: Work) -> asyncio.Future[Any]:
        if self._closed:
            work.answer.set_exception(Unavailable("The store is closed."))
        else:
            self._waiting.put(work)
        return work.answer

    def _tell(self, number: int, outcomes: list[Outcome]) -> None:
        self._told = number
        for work, value, error in outcomes:
            if error is None:
                work.then(value)
            if work.answer.done():  # its caller went away; what it asked for is done all the same
                continue
            if error is None:
                work.answer.set_result(value)
            else:
                work.answer.set_exception(error)

    # the thread

    def _run(self) -> None:
        while batch := self._take():
            self._round += 1
            self._ledger.forgive(batch[0].known)
            outcomes = self._flush(batch)
            self._loop.call_soon_threadsafe(self._tell, self._round, outcomes)

    def _take(self) -> list[Work]:
        """Everything that waits, at least one piece; nothing = the end."""
        batch: list[Work] = []
        work = self._waiting.get()
        while work is not None:
            batch.append(work)
            if self._waiting.empty():
                return batch
            work = self._waiting.get()
        if batch:
            self._waiting.put(None)
        return batch

    def _flush(self, batch: list[Work]) -> list[Outcome]:
        try:
            return self._transaction(batch)
        except Exception as error:
            if len(batch) == 1:
                return [self._failure(batch[0], error)]
            return [self._alone(work) for work in batch]

    def _alone(self, work: Work) -> Outcome:
        try:
            return self._transaction([work])[0]
        except Exception as error:
            return self._failure(work, error)

    def _failure(self, work: Work, error: Exception) -> Outcome:
        if work.rows:
            self._ledger.fail(work.rows.workflow_id, self._round)
        return work, None, translated(error)

    def _transaction(self, batch: list[Work]) -> list[Outcome]:
        self._db.execute("begin immediate")
        try:
            outcomes = self._apply(batch)
            reached("sqlite: written, not committed")
            self._db.execute("commit")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("rollback")
            self._ledger.rolled_back()
            self._unended.clear()
            raise
        self._ledger.committed(self._round)
        reached("sqlite: committed, not told")
        return outcomes

    def _apply(self, batch: list[Work]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        together: list[CommitRows] = []
        for work in batch:
            if together and not (work.rows and work.rows.plain):
                commits.write(self._db, together, self._unended)
                together = []
            outcomes.append(self._admit(work, together) if work.rows else self._change(work))
        commits.write(self._db, together, self._unended)
        return outcomes

    def _admit(self, work: Work, together: list[CommitRows]) -> Outcome:
        assert work.rows
        error = self._ledger.refusal(work.rows, work.known)
        if error is None and work.rows.plain:
            together.append(work.rows)
        elif error is None:
            commits.write(self._db, [work.rows], self._unended)
        return work, None, error

    def _change(self, work: Work) -> Outcome:
        assert work.run
        value = work.run(self._db)
        if work.workflow_id:
            self._ledger.forget(work.workflow_id)
        return work, value, None
