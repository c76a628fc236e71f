"""Operations for whoever runs the server: what it is, what waits in it, and a second look at an execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.api import Engine
from engine.definitions import JsonObject
from engine.search import And, Comparison, OneOf, Search, Sort
from engine.status import TaskStatus
from handlers.execution_shapes import ExecutionShapes

OPEN = (TaskStatus.SCHEDULED.value, TaskStatus.IN_PROGRESS.value)


@dataclass(frozen=True, slots=True)
class About:
    """What a server says of itself: nothing here is secret."""

    version: str = "unknown"
    settings: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    """What definitions may know of the machine, by name."""


class Administration:
    """The administrative operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine, shapes: ExecutionShapes, about: About) -> None:
        self._engine, self._shapes, self._about = engine, shapes, about

    async def get_version(self) -> str:
        """The version of the server."""
        return self._about.version

    async def get_configuration(self) -> JsonObject:
        """The settings, and the version."""
        return {**self._about.settings, "version": self._about.version, "buildDate": self._about.version}

    async def get_environment(self) -> list[JsonObject]:
        """All variables that definitions may know."""
        return [{"name": name, "value": value} for name, value in sorted(self._about.environment.items())]

    async def get_environment_variable(self, key: str) -> str:
        """One of them; nothing when it is not set."""
        return self._about.environment.get(key, "")

    async def get_pending_tasks(self, tasktype: str, start: int = 0, count: int = 100) -> bytes:
        """Tasks of a type that have not ended, the longest scheduled first."""
        wanted = And((Comparison("taskType", "=", tasktype), OneOf("status", OPEN)))
        search = Search(wanted, start=max(start, 0), size=max(count, 0), sort=(Sort("scheduledTime"),))
        return self._shapes.tasks((await self._engine.lookups.tasks_found(search)).results)

    async def requeue_sweep(self, workflow_id: str) -> str:
        """Look at an execution now; `true.` and its id, as it is never lost from sight."""
        await self._engine.decide(workflow_id)
        return f"true.{workflow_id}"

    async def verify_and_repair(self, workflow_id: str) -> str:
        """Bring an execution in line with the rules; whether there was anything to do."""
        return "true" if await self._engine.repair(workflow_id) else "false"

    async def get_event_queues(self, verbose: bool = False) -> JsonObject:
        """The queue of each event that active handlers listen to, its name without the provider; with `verbose` how
        much waits there."""
        sizes = await self._engine.events.sizes()
        queues = {event: event.partition(":")[2] or event for event in sizes}
        return {event: {queue: sizes[event]} if verbose else queue for event, queue in queues.items()}
