"""How many executions and ended tasks there are of each kind: what a batch of commits adds and takes away.

Triggers would do it too, but make SQLite read every row that it writes over in full: a fifth of a step's cost.
Here what a batch writes over is read only where it may have ended, and each kind is written once a batch.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from storage.sqlite.rows import SUMMARY_ROW, TASK_ROW, CommitRows, Row, encode

SPANS = (26, 20)
"""Executions are counted by stretches of 2^26 ms (19 hours) and 2^20 ms (17 minutes) of their start time too."""
_FINEST = SPANS[-1]

_ROOM = 10_000

Place = tuple[Any, ...]
"""Workflow id and `seq` of a task."""
TaskKind = tuple[str, str, str]
"""Workflow type, task type, status."""
Kind = tuple[str, str, int, str, int | None]
"""Workflow type, status, whether it is a child, class ('' = none, else "=" and the classifier), finest stretch."""

_TASK_KIND = "workflow_type, task_type, status"
_KIND = f"workflow_type, status, child, ifnull('=' || classifier, ''), start_time >> {_FINEST}"
_STANDS = f"select {_TASK_KIND} from task where workflow_id = ? and seq = ? and ended = 1"  # noqa: S608
_SHOWN = f"select {_KIND} from json_each(?) as key cross join summary on summary.workflow_id = key.value"  # noqa: S608
_ADD_TASKS = """insert into task_tally values(?,?,?,?)
    on conflict(workflow_type, task_type, status) do update set n = n + excluded.n"""
_ADD = """insert into tally values(?,?,?,?,?,?,?)
    on conflict(span, bucket, workflow_type, status, child, class) do update set n = n + excluded.n"""

_TASK_TYPE, _TASK_STATUS, _ENDED, _FLOW = map(TASK_ROW.index, ("task_type", "status", "ended", "workflow_type"))
_TYPE, _STATUS, _CHILD, _CLASS, _START = map(
    SUMMARY_ROW.index, ("workflow_type", "status", "child", "classifier", "start_time")
)


def forget_nothings(db: sqlite3.Connection) -> None:
    """Delete the kinds that nothing is of any more: each stretch of time leaves some, once all in it has ended."""
    db.execute("delete from tally where n = 0")
    db.execute("delete from task_tally where n = 0")


class Tallies:
    """The changes of one batch. What stands in the tables is read before the batch is written, `write` comes after.

    `unended` are places of tasks that are known not to have ended, as earlier batches have left them; it is kept up,
    and worthless once a batch is not written after all.
    """

    def __init__(self, db: sqlite3.Connection, unended: set[Place]) -> None:
        self._db = db
        self._unended = unended
        self._tasks: Counter[TaskKind] = Counter()
        self._executions: Counter[Kind] = Counter()

    def add(self, commits: Sequence[CommitRows]) -> None:
        """Count what these commits are about to write instead of what they write over."""
        later = [commit for commit in commits if commit.expected]  # a first commit writes over nothing
        for place in {row[:2] for commit in later for row in commit.tasks} - self._unended:
            self._tasks.subtract(self._db.execute(_STANDS, place))
        self._add_tasks({row[:2]: row for commit in commits for row in commit.tasks})
        if shown := {commit.workflow_id for commit in later if commit.summary}:
            self._executions.subtract(self._db.execute(_SHOWN, (encode(shown).decode(),)))
        summaries = {commit.workflow_id: commit.summary for commit in commits if commit.summary}
        self._executions.update(map(_kind, summaries.values()))

    def _add_tasks(self, rows: dict[Place, Row]) -> None:
        self._tasks.update([(row[_FLOW], row[_TASK_TYPE], row[_TASK_STATUS]) for row in rows.values() if row[_ENDED]])
        if len(self._unended) > _ROOM:
            self._unended.clear()
        self._unended.difference_update([place for place, row in rows.items() if row[_ENDED]])
        self._unended.update([place for place, row in rows.items() if not row[_ENDED]])

    def lose_task(self, workflow_id: str, task_id: str) -> None:
        """A task is about to be deleted."""
        where = "where workflow_id = ? and task_id = ? and ended = 1"
        self._tasks.subtract(self._db.execute(f"select {_TASK_KIND} from task {where}", (workflow_id, task_id)))  # noqa: S608

    def lose_execution(self, workflow_id: str) -> None:
        """An execution is about to be deleted."""
        tasks = f"select {_TASK_KIND} from task where workflow_id = ? and ended = 1"  # noqa: S608
        self._tasks.subtract(self._db.execute(tasks, (workflow_id,)))
        self._executions.subtract(self._db.execute(_SHOWN, (encode([workflow_id]).decode(),)))

    def write(self) -> None:
        """Add what was counted to what stands."""
        if self._tasks:
            self._db.executemany(_ADD_TASKS, [(*kind, n) for kind, n in self._tasks.items() if n])
        if self._executions:
            self._write_executions()

    def _write_executions(self) -> None:
        changes: Counter[tuple[str | int, ...]] = Counter()
        for (name, status, child, classifier, stretch), n in self._executions.items():
            for place in _places(stretch):
                changes[*place, name, status, child, classifier] += n
        self._db.executemany(_ADD, [(*key, n) for key, n in changes.items() if n])


def _kind(row: Row) -> Kind:
    classifier, start = row[_CLASS], row[_START]
    stretch = None if start is None else start >> _FINEST
    return row[_TYPE], row[_STATUS], int(row[_CHILD]), "" if classifier is None else f"={classifier}", stretch


def _places(stretch: int | None) -> list[tuple[int, int]]:
    """The spans and buckets that an execution is counted in."""
    return [(0, 0), *((span, stretch >> span - _FINEST) for span in SPANS if stretch is not None)]
