"""What is read, as functions of a connection; each sees one state of the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from engine.model import Millis, Task, Workflow
from engine.ports import Document, PollRecord, QueueEntry, Stored
from engine.requests import TaskExecLog
from engine.status import TaskStatus, WorkflowStatus

_workflow = msgspec.json.Decoder(Workflow)
_task = msgspec.json.Decoder(Task)
_entry = msgspec.json.Decoder(QueueEntry)
_log = msgspec.json.Decoder(TaskExecLog)
_poll = msgspec.json.Decoder(PollRecord)

_OLDEST_FIRST = (
    "select workflow_id, status from summary where {key} = ? and workflow_type = ? order by start_time, workflow_id"
)
_DOCUMENTS = "select kind, name, body, version from document where kind = ? {named} order by name, version"


@contextmanager
def one_state(db: sqlite3.Connection) -> Iterator[None]:
    """All statements inside see the same commits."""
    db.execute("begin")
    try:
        yield
    finally:
        db.execute("commit")


def load(db: sqlite3.Connection, workflow_id: str) -> Stored | None:
    """The execution, with the version and the time that later commits only raised."""
    with one_state(db):
        found = db.execute(
            "select version, update_time, doc from workflow join header using (workflow_id) where workflow_id = ?",
            (workflow_id,),
        ).fetchone()
        tasks = db.execute("select doc from task where workflow_id = ? order by seq", (workflow_id,)).fetchall()
    if not found:
        return None
    version, update_time, doc = found
    header = msgspec.structs.replace(_workflow.decode(doc), version=version, update_time=update_time)
    return Stored(header, tuple([_task.decode(doc) for (doc,) in tasks]))


def workflow_of(db: sqlite3.Connection, task_id: str) -> str | None:
    """The workflow of a task."""
    found = db.execute("select workflow_id from task where task_id = ?", (task_id,)).fetchone()
    return found[0] if found else None


def correlated(db: sqlite3.Connection, name: str, correlation_id: str) -> list[str]:
    """Ids, oldest first."""
    return _ids(db, _OLDEST_FIRST.format(key="correlation_id"), (correlation_id, name))


def by_idempotency_key(db: sqlite3.Connection, name: str, key: str) -> dict[str, WorkflowStatus]:
    """Ids and statuses, oldest first."""
    found = db.execute(_OLDEST_FIRST.format(key="idempotency_key"), (key, name))
    return {workflow_id: WorkflowStatus(status) for workflow_id, status in found}


def with_outbox(db: sqlite3.Connection, limit: int) -> list[str]:
    """Ids of executions with effects to be done."""
    return _ids(db, "select workflow_id from workflow where outbox > 0 limit ?", (limit,))


def document(db: sqlite3.Connection, kind: str, name: str, version: int) -> Document | None:
    """The document of that key."""
    found = db.execute(
        "select body from document where kind = ? and name = ? and version = ?", (kind, name, version)
    ).fetchone()
    return Document(kind, name, found[0], version) if found else None


def documents(db: sqlite3.Connection, kind: str, name: str | None) -> list[Document]:
    """Ordered by name, then version."""
    named, values = ("", (kind,)) if name is None else ("and name = ?", (kind, name))
    rows = db.execute(_DOCUMENTS.format(named=named), values)
    return [Document(*row) for row in rows]


def document_kinds(db: sqlite3.Connection) -> list[str]:
    """In order; each is looked up behind the one before, so that many documents of a kind cost nothing."""
    kinds: list[str] = []
    where = ""
    while found := db.execute(f"select kind from document {where} order by kind limit 1", kinds[-1:]).fetchone():  # noqa: S608
        kinds.append(found[0])
        where = "where kind > ?"
    return kinds


def logs(db: sqlite3.Connection, task_id: str) -> list[TaskExecLog]:
    """In the order of arrival."""
    rows = db.execute("select doc from log where task_id = ? order by id", (task_id,))
    return [_log.decode(doc) for (doc,) in rows]


def polls(db: sqlite3.Connection) -> list[PollRecord]:
    """All poll records."""
    return [_poll.decode(doc) for (doc,) in db.execute("select doc from poll")]


def wakes(
    db: sqlite3.Connection, enqueue: Callable[[QueueEntry], None], state: Callable[[str, str, Millis], None]
) -> None:
    """Tell what lives in memory: every queue entry, and every deadline as (workflow id, task id or "", time)."""
    entries: list[QueueEntry] = []
    for workflow_id, task_id, status, deadline, entry in db.execute(
        "select workflow_id, task_id, status, deadline, entry from task "
        "where ended = 0 and (entry > '' or deadline > 0)"
    ):
        state(workflow_id, task_id, deadline)
        if entry:
            claimed = status == TaskStatus.IN_PROGRESS
            entries.append(msgspec.structs.replace(_entry.decode(entry), claimed=claimed))
    for entry in sorted(entries, key=lambda entry: entry.available_at):
        enqueue(entry)
    for workflow_id, deadline in db.execute("select workflow_id, deadline from workflow where deadline > 0"):
        state(workflow_id, "", deadline)


def _ids(db: sqlite3.Connection, statement: str, values: tuple[str | int, ...]) -> list[str]:
    return [row[0] for row in db.execute(statement, values)]
