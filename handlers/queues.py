"""Operations on task queues: /tasks/queue."""

from __future__ import annotations

from collections.abc import Sequence

from engine.api import Engine
from engine.definitions import JsonObject
from engine.dispatch import DEFAULT_DOMAIN
from engine.ports import PollRecord

SHARD = "a"
"""What the SQL stores of the reference call their only shard."""


class Queues:
    """The queue operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def get_task_queue_sizes(self, task_type: list[str] | None = None) -> dict[str, int]:
        """How many tasks wait in each of the queues named."""
        return await self._engine.queues.sizes(task_type) if task_type else {}

    async def get_task_queue_size(
        self,
        task_type: str,
        domain: str | None = None,
        isolation_group_id: str | None = None,
        execution_namespace: str | None = None,
    ) -> int:
        """How many tasks wait in one queue."""
        return await self._engine.queues.size(task_type, domain, execution_namespace, isolation_group_id)

    async def get_all_task_queues(self) -> dict[str, int]:
        """Every queue in which something waits."""
        return await self._engine.queues.all()

    async def get_all_task_queues_verbose(self) -> dict[str, dict[str, dict[str, int]]]:
        """The same by shard, of which there is one. A poll acknowledges at once, so nothing is unacknowledged."""
        return {name: {SHARD: {"size": size, "uacked": 0}} for name, size in (await self._engine.queues.all()).items()}

    async def get_poll_data(self, task_type: str) -> list[JsonObject]:
        """The last polls of one type."""
        return _polls(await self._engine.queues.polls(task_type))

    async def get_all_poll_data(self) -> list[JsonObject]:
        """The last polls of all types."""
        return _polls(await self._engine.queues.polls())

    async def requeue_tasks(self, task_type: str) -> str:
        """How many tasks of a type are in their queue."""
        return str(await self._engine.queues.requeue(task_type))


def _polls(records: Sequence[PollRecord]) -> list[JsonObject]:
    """As the reference shows them: a poll without a domain has none."""
    return [
        {
            "queueName": record.queue_name,
            **({"domain": record.domain} if record.domain != DEFAULT_DOMAIN else {}),
            **({"workerId": record.worker_id} if record.worker_id else {}),
            "lastPollTime": record.last_poll_time,
        }
        for record in records
    ]
