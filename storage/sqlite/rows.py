"""A commit as rows: what is encoded when it is handed over, so that the writer only writes."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.model import Summary, Task, Workflow
from engine.ports import Commit, Document
from storage.search import summary_json
from storage.sqlite.mentions import INDEXED, mentioned

Row = tuple[Any, ...]
TASK_ROW = (
    *("workflow_id", "seq", "task_id", "status", "deadline", "entry", "ended", "task_type", "task_def_name"),
    *("workflow_type", "correlation_id", "scheduled_time", "start_time", "end_time", "update_time", "doc"),
)
SUMMARY_ROW = (
    *("workflow_id", "workflow_type", "version", "status", "ended", "child", "start_time", "update_time", "end_time"),
    *("correlation_id", "parent_workflow_id", "priority", "classifier", "idempotency_key", "doc"),
)
_NAMES = tuple(map(SUMMARY_ROW.index, INDEXED))
NO_ENTRY = ""
"""Clears a stored queue entry; null in its place keeps what is stored."""

encode = msgspec.json.Encoder().encode


class CommitRows(msgspec.Struct, frozen=True):
    """Rows in the order of the columns of their tables."""

    workflow_id: str
    expected: int
    version: int
    """The stored version after this commit."""
    creates: bool
    """Has a header: the only kind of commit that may be the first of its workflow."""
    workflow: Row | None
    header: Row | None
    tasks: tuple[Row, ...]
    removed: tuple[str, ...]
    entries: tuple[Row, ...]
    """Entries of tasks that this commit does not rewrite: (entry, task id)."""
    summary: Row | None
    mentions: tuple[str, ...]
    """UUIDs in the summary's document."""
    snapshot: Row | None

    @property
    def plain(self) -> bool:
        """True when its rows may be written together with those of other commits, table by table."""
        return not self.removed and not self.entries


def rows_of(commit: Commit) -> CommitRows:
    """Encode a commit."""
    header = commit.header
    entries = _entries(commit)
    tasks = tuple([_task_row(commit.workflow_id, task, entries.pop(task.task_id, None)) for task in commit.tasks])
    return CommitRows(
        commit.workflow_id,
        commit.expected,
        commit.expected if commit.touch else commit.expected + 1,
        header is not None,
        _workflow_row(commit),
        (commit.workflow_id, encode(header)) if header else None,
        tasks,
        commit.removed,
        tuple([(entry, task_id) for task_id, entry in entries.items()]),
        row := _summary_row(commit.summary) if commit.summary else None,
        mentioned(row[-1], *map(row.__getitem__, _NAMES)) if row else (),
        document_row(commit.snapshot) if commit.snapshot else None,
    )


def document_row(document: Document) -> Row:
    """The row of a metadata document."""
    return (document.kind, document.name, document.version, document.body)


def _entries(commit: Commit) -> dict[str, bytes | str]:
    entries: dict[str, bytes | str] = dict.fromkeys(commit.dequeue, NO_ENTRY)
    for entry in commit.enqueue:
        entries[entry.task_id] = encode(entry)
    return entries


def _workflow_row(commit: Commit) -> Row | None:
    header: Workflow | None = commit.header
    if header:
        return (commit.workflow_id, commit.expected + 1, header.update_time, header.deadline, int(bool(header.outbox)))
    if commit.touch:
        return None
    return (commit.workflow_id, commit.expected + 1, commit.update_time, None, None)


def _task_row(workflow_id: str, task: Task, entry: bytes | str | None) -> Row:
    return (
        workflow_id,
        task.seq,
        task.task_id,
        task.status.value,
        task.deadline,
        entry,
        task.status.terminal,
        task.task_type,
        task.task_def_name,
        task.workflow_type,
        task.correlation_id,
        task.scheduled_time or None,
        task.start_time or None,
        task.end_time or None,
        task.update_time or None,
        encode(task),
    )


def _summary_row(summary: Summary) -> Row:
    return (
        summary.workflow_id,
        summary.workflow_type,
        summary.version,
        summary.status.value,
        summary.status.terminal,
        summary.parent_workflow_id is not None,
        summary.start_time or None,
        summary.update_time or None,
        summary.end_time or None,
        summary.correlation_id,
        summary.parent_workflow_id,
        summary.priority,
        summary.classifier,
        summary.idempotency_key,
        summary_json(summary),
    )
