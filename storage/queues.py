"""The part that stores of one process share: queues and deadlines live in memory and follow its commits.

The owner calls `apply` when a commit is durable, and the port's `TaskQueues` and `Timers` are answered from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.model import Millis
from engine.ports import Commit, Due, QueueEntry
from storage.deadlines import Deadlines
from storage.ready import ReadyQueues


class LocalQueues:
    """`TaskQueues` and `Timers` for a store that only one process uses."""

    def __init__(self) -> None:
        self._ready = ReadyQueues()
        self._deadlines = Deadlines()

    def _apply_to_queues(self, commit: Commit) -> None:
        """Make visible what a commit says about entries and deadlines."""
        self._forget_tasks(commit.workflow_id, commit.removed)
        for task_id in commit.dequeue:
            self._ready.dequeue(task_id)
        for entry in commit.enqueue:
            self._ready.enqueue(entry)
        if commit.header:
            self._deadlines.state(commit.workflow_id, "", commit.header.deadline)
        for task in commit.tasks:
            self._deadlines.state(commit.workflow_id, task.task_id, task.deadline)

    def _forget_tasks(self, workflow_id: str, task_ids: Iterable[str]) -> None:
        for task_id in task_ids:
            self._ready.dequeue(task_id)
            self._deadlines.forget(workflow_id, task_id)

    async def claim(self, queue: str, count: int, now: Millis) -> list[QueueEntry]:
        """See `TaskQueues`; nothing is written, so a crash delivers the entry again."""
        return self._ready.claim(queue, count, now)

    async def release(self, task_ids: Sequence[str]) -> None:
        """See `TaskQueues`."""
        self._ready.release(task_ids)

    async def queue_sizes(self) -> dict[str, int]:
        """See `TaskQueues`."""
        return self._ready.sizes()

    async def next_available(self, queue: str) -> Millis | None:
        """See `TaskQueues`; None also while only a freed slot can make an entry claimable: `ring` tells that."""
        return self._ready.next_available(queue)

    async def due(self, now: Millis, limit: int) -> list[Due]:
        """See `Timers`."""
        return self._deadlines.due(now, limit)

    async def next_deadline(self) -> Millis | None:
        """See `Timers`."""
        return self._deadlines.next()
