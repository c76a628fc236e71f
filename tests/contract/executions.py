"""Small executions to store."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.model import Summary, Task, Workflow, summary_of
from engine.ports import Commit, Limit, QueueEntry, Store
from engine.status import TaskStatus, WorkflowStatus

NOW = 1_700_000_000_000


def header(workflow_id: str = "w1", version: int = 1, **changes: Any) -> Workflow:
    """A running execution of `flow`."""
    workflow = Workflow(workflow_id, "flow", 1, "flow-snapshot", version=version, create_time=NOW, update_time=NOW)
    return msgspec.structs.replace(workflow, **changes)


def task(task_id: str = "t1", workflow_id: str = "w1", seq: int = 1, **changes: Any) -> Task:
    """A scheduled task of type `work`."""
    row = Task(task_id, workflow_id, f"ref{seq}", "SIMPLE", "work", seq, node=f"ref{seq}", scheduled_time=NOW)
    return msgspec.structs.replace(row, **changes)


def entry(task_id: str = "t1", workflow_id: str = "w1", queue: str = "work", **changes: Any) -> QueueEntry:
    """An entry of the queue `work`, available since `NOW`."""
    return msgspec.structs.replace(QueueEntry(task_id, workflow_id, queue, available_at=NOW), **changes)


def summary(workflow_id: str = "w1", **changes: Any) -> Summary:
    """A search row."""
    return msgspec.structs.replace(summary_of(header(workflow_id)), **changes)


def creation(workflow_id: str = "w1", **changes: Any) -> Commit:
    """The first commit of an execution without tasks."""
    return msgspec.structs.replace(Commit(workflow_id=workflow_id, expected=0, header=header(workflow_id)), **changes)


async def create(store: Store, workflow_id: str = "w1", **changes: Any) -> None:
    """Store a new execution."""
    await store.commit(creation(workflow_id, **changes))


async def enqueue(store: Store, task_id: str, limit: Limit | None = None, **changes: Any) -> None:
    """Store an execution of its own for one queued task."""
    workflow_id = f"w-{task_id}"
    await store.commit(
        creation(
            workflow_id,
            tasks=(task(task_id, workflow_id),),
            enqueue=(entry(task_id, workflow_id, limit=limit, **changes),),
        )
    )


async def claimed(store: Store, count: int = 10, now: int = NOW, queue: str = "work") -> list[str]:
    """The task ids that a claim gets."""
    return [found.task_id for found in await store.claim(queue, count, now)]


async def finish(store: Store, task_id: str) -> None:
    """End a task that `enqueue` made, and its entry."""
    workflow_id = f"w-{task_id}"
    stored = await store.load(workflow_id)
    assert stored
    await store.commit(
        Commit(
            workflow_id=workflow_id,
            expected=stored.header.version,
            tasks=(task(task_id, workflow_id, status=TaskStatus.COMPLETED),),
            dequeue=(task_id,),
        )
    )


COMPLETED = WorkflowStatus.COMPLETED
