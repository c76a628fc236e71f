"""What waits in task queues, and who asks for it (§5.12)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.dispatch import Dispatch
from engine.ports import PollRecord, Store
from engine.tasks.worker import queue_name


class Queues:
    """Sizes of queues and the last polls."""

    def __init__(self, store: Store, dispatch: Dispatch) -> None:
        self._store, self._dispatch = store, dispatch

    async def sizes(self, task_types: Sequence[str]) -> dict[str, int]:
        """How many tasks wait, by queue name; one without tasks counts 0."""
        known = await self._store.queue_sizes()
        return {name: known.get(name, 0) for name in task_types}

    async def size(self, task_type: str, domain: str | None, namespace: str | None, group: str | None) -> int:
        """How many tasks wait in the queue of a type, domain, execution name space and isolation group."""
        name = queue_name(task_type, domain, namespace, group)
        return (await self.sizes([name]))[name]

    async def all(self) -> dict[str, int]:
        """Every queue that holds something, by name."""
        return dict(sorted((await self._store.queue_sizes()).items()))

    async def requeue(self, task_type: str) -> int:
        """How many tasks of a type are sure to be in their queue: those that wait in it.

        There is nothing to put back: a task and its queue entry are one commit, and a lost poll's entry comes back by
        itself.
        """
        sizes = await self._store.queue_sizes()
        return sum(size for name, size in sizes.items() if _type_of(name) == task_type)

    async def polls(self, task_type: str | None = None) -> list[PollRecord]:
        """The last poll of each type and domain, of one type or of all."""
        return self._dispatch.polls(task_type)


def _type_of(queue: str) -> str:
    """The type of a queue's tasks, apart from its domain, name space and group."""
    return queue.rpartition(":")[2].partition("@")[0]
