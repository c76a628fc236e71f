"""What a commit changes beside the header, as documents that can be written any number of times.

A change of a task carries its commit's stamp and is written only over a lower one, so a change that comes late (from
a process that was held up while another finished its work) finds a higher stamp and does nothing. Changes of one task
in several commits that were not applied yet are folded into one, since the guard lets only the last one through.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from pymongo import UpdateOne

from engine.model import Summary, Task
from engine.ports import Commit, Document, Limit, QueueEntry
from engine.status import TaskStatus
from storage.mongo.client import Doc
from storage.search import SUMMARY_COLUMNS, TASK_COLUMNS, stored_value, summary_json

ENTRY_FIELDS = (
    "queue", "lane", "limit", "limit_key", "priority", "available_at", "free_at", "claimed", "holder", "bell",
    "slot", "window", "window_at", "served",
)  # fmt: skip
_SEARCHED = {field: column for field, column in TASK_COLUMNS.items() if field not in ("workflowId", "taskId")}
TASK_FIELDS = ("seq", "doc", "deadline", "wake", "again", "fired", *_SEARCHED.values())
_encode = msgspec.json.Encoder().encode


def encoded(value: msgspec.Struct) -> str:
    """A document as readable text."""
    return _encode(value).decode()


def lane_of(limit: Limit | None) -> str:
    """Entries of a queue with the same limit are open or shut together; "" = without one."""
    return f"{limit.concurrent}/{limit.per_window}/{limit.window_ms}/{limit.key}" if limit else ""


class TaskChange:
    """What happens to the document of one task."""

    __slots__ = ("gone", "removed", "set", "stamp", "task_id", "upsert")

    def __init__(self, task_id: str, stamp: int) -> None:
        self.task_id, self.stamp = task_id, stamp
        self.set: Doc = {}
        self.gone: set[str] = set()
        self.removed = False
        self.upsert = False
        """False: a task that is not there is left alone."""

    @property
    def size(self) -> int:
        """About how many bytes it takes in a document."""
        return _bytes(self.set.get("doc", "")) + 400

    def put(self, fields: Doc) -> None:
        """These fields get these values."""
        self.set.update(fields)
        self.gone.difference_update(fields)

    def drop(self, fields: Iterable[str]) -> None:
        """These fields go."""
        for field in fields:
            self.set.pop(field, None)
            self.gone.add(field)

    def follow(self, later: TaskChange) -> None:
        """Fold the change of a later commit into this one."""
        self.drop(later.gone)
        self.put(later.set)
        self.stamp, self.upsert = later.stamp, later.upsert or self.upsert
        self.removed = later.removed

    def copy(self) -> TaskChange:
        """Another one with the same content."""
        change = TaskChange(self.task_id, self.stamp)
        change.set, change.gone = dict(self.set), set(self.gone)
        change.removed, change.upsert = self.removed, self.upsert
        return change

    def statement(self) -> UpdateOne:
        """The guarded write; when a higher stamp is there an upsert fails on the duplicate id, which is its answer."""
        update: Doc = {"$set": {**self.set, "stamp": self.stamp}}
        if self.gone:
            update["$unset"] = dict.fromkeys(self.gone, "")
        if self.removed:
            update["$currentDate"] = {"removed_at": True}
        where: Doc = {"_id": self.task_id, "stamp": {"$lt": self.stamp}}
        if self.upsert:
            where["workflow_id"] = self.set["workflow_id"]  # an id that another workflow has stays with it
        return UpdateOne(where, update, upsert=self.upsert)

    def document(self) -> Doc:
        """As it stands in the journal."""
        return {"id": self.task_id, "stamp": self.stamp, "set": self.set, "gone": sorted(self.gone),
                "removed": self.removed, "upsert": self.upsert}  # fmt: skip

    @classmethod
    def read(cls, document: Doc) -> TaskChange:
        """From the journal."""
        change = cls(document["id"], document["stamp"])
        change.set, change.gone = document["set"], set(document["gone"])
        change.removed, change.upsert = document["removed"], document["upsert"]
        return change


class Pending:
    """Changes that are decided and not known to be applied."""

    __slots__ = ("logs", "snapshots", "summary", "tasks")

    def __init__(self) -> None:
        self.tasks: dict[str, TaskChange] = {}
        self.summary: Doc | None = None
        self.snapshots: list[Doc] = []
        self.logs: list[str] = []
        """Task ids whose logs go."""

    def __bool__(self) -> bool:
        return bool(self.tasks or self.summary or self.snapshots or self.logs)

    @property
    def size(self) -> int:
        """About how many bytes it takes in a document."""
        texts = [snapshot["body"] for snapshot in self.snapshots] + [(self.summary or {}).get("doc", "")]
        return sum(map(_bytes, texts)) + sum(change.size for change in self.tasks.values()) + 1000

    def queues(self) -> set[str]:
        """The queues that get an entry."""
        bells = [change.set["bell"] for change in self.tasks.values() if "bell" in change.set]
        return {queue_of(bell)[1] for bell in bells}

    def copy(self) -> Pending:
        """Another one with the same content."""
        other = Pending()
        other.tasks = {task_id: change.copy() for task_id, change in self.tasks.items()}
        other.summary, other.snapshots, other.logs = self.summary, list(self.snapshots), list(self.logs)
        return other

    def add(self, commit: Commit, stamp: int, me: str) -> None:
        """What a commit changes, after all that is here already."""
        for task_id in commit.removed:
            self.logs.append(task_id)
            self._fold(_removal(task_id, stamp))
        for task_id in commit.dequeue:
            change = TaskChange(task_id, stamp)
            change.drop(ENTRY_FIELDS)
            self._fold(change)
        for entry in commit.enqueue:
            self._fold(_entry(entry, stamp, me))
        queued = {*commit.dequeue, *(entry.task_id for entry in commit.enqueue)}
        for task in commit.tasks:
            change = _task(commit.workflow_id, task, stamp)
            if commit.touch and task.task_id not in queued:
                change.put({"claimed": True, "holder": me, "free_at": None})  # it is with its worker: no lease
                if task.status is TaskStatus.SCHEDULED:
                    change.put({"served": me})  # its worker is the server itself, and the entry comes back without it
            self._fold(change)
        if commit.summary:
            self.summary = summary_row(commit.summary, stamp)
        if commit.snapshot:
            self.snapshots.append(document_row(commit.snapshot))

    def _fold(self, change: TaskChange) -> None:
        known = self.tasks.get(change.task_id)
        if known is None:
            self.tasks[change.task_id] = change
        else:
            known.follow(change)

    def document(self) -> Doc:
        """As it stands in the journal."""
        return {
            "tasks": [change.document() for change in self.tasks.values()],
            "summary": self.summary,
            "snapshots": self.snapshots,
            "logs": self.logs,
        }

    @classmethod
    def read(cls, document: Doc) -> Pending:
        """From the journal."""
        pending = cls()
        pending.tasks = {task["id"]: TaskChange.read(task) for task in document["tasks"]}
        pending.summary, pending.snapshots, pending.logs = (document[k] for k in ("summary", "snapshots", "logs"))
        return pending


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _removal(task_id: str, stamp: int) -> TaskChange:
    """What is left remembers that the task was removed, until an index lets it expire."""
    change = TaskChange(task_id, stamp)
    change.drop((*ENTRY_FIELDS, *TASK_FIELDS))
    change.put({"gone": True})
    change.removed = True
    return change


def _entry(entry: QueueEntry, stamp: int, writer: str) -> TaskChange:
    change = TaskChange(entry.task_id, stamp)
    change.drop(ENTRY_FIELDS)
    change.put(
        {
            "queue": entry.queue,
            "lane": lane_of(entry.limit),
            "priority": entry.priority,
            "available_at": entry.available_at,
            "free_at": None if entry.claimed else entry.available_at,
            "claimed": entry.claimed,
            "holder": "",
            "bell": f"{writer} {stamp} {entry.queue}",
        }
    )
    if entry.limit:
        change.put({"limit": msgspec.to_builtins(entry.limit), "limit_key": entry.limit.key})
        if entry.claimed:
            change.put({"slot": slot(entry.limit.key, entry.task_id)})
    return change


def queue_of(bell: str) -> tuple[str, str]:
    """Who put an entry on which queue."""
    writer, _, queue = bell.split(" ", 2)
    return writer, queue


def slot(key: str, number: int | str) -> str:
    """The name of one slot of a limit; the index lets one entry have it."""
    return f"{key}\x1f{number}"


def _task(workflow_id: str, task: Task, stamp: int) -> TaskChange:
    change = TaskChange(task.task_id, stamp)
    columns: Doc = {column: stored_value(task, field) for field, column in _SEARCHED.items()}
    change.put({"workflow_id": workflow_id, "seq": task.seq, **columns, "doc": encoded(task)})
    change.drop(("gone", "removed_at"))
    if task.deadline:
        change.put({"deadline": task.deadline, "wake": task.deadline, "fired": 0})
        change.drop(("again",))
    else:
        change.drop(("deadline", "wake", "again", "fired"))
    change.upsert = True
    return change


def summary_row(summary: Summary, stamp: int) -> Doc:
    """Columns for searches, and the summary itself."""
    columns: dict[str, Any] = {name: stored_value(summary, field) for field, name in SUMMARY_COLUMNS.items()}
    return {**columns, "idempotency_key": summary.idempotency_key, "stamp": stamp, "doc": summary_json(summary)}


def document_row(document: Document) -> Doc:
    """The row of a metadata document."""
    key = document_id(document.kind, document.name, document.version)
    return {"_id": key, "kind": document.kind, "name": document.name, "version": document.version,
            "body": document.body.decode()}  # fmt: skip


def document_id(kind: str, name: str, version: int) -> str:
    """Unlike for any two keys, whatever colons their parts have."""
    return f"{kind}\x1f{name}\x1f{version}"
