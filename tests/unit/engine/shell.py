"""The engine's shell over the memory store, with a fake clock and commits that a test lets fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

from engine.api import Engine
from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.errors import ConductorError, Unavailable
from engine.model import Task
from engine.ports import Commit, Stored
from engine.requests import StartWorkflowRequest, TaskResult
from engine.status import TaskStatus
from engine.workers.http import Http
from storage.memory import MemoryStore
from tests.world import CountingIds, FakeClock

Test = Callable[[], Awaitable[None]]


def on_a_loop(test: Test) -> Callable[[], None]:
    """Run an async test on a loop of its own."""

    @wraps(test)
    def run() -> None:
        async def main() -> None:
            await test()

        asyncio.run(main())

    return run


class Unreliable(MemoryStore):
    """A memory store whose commits fail while a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: Callable[[Commit], bool] = lambda _: False
        self.gate: asyncio.Event | None = None
        """While set and closed, commits do not become durable."""
        self.unreadable = ""
        """The workflow that cannot be loaded."""

    async def load(self, workflow_id: str) -> Stored | None:
        if workflow_id == self.unreadable:
            raise Unavailable("the disk does not answer")
        return await super().load(workflow_id)

    def commit(self, commit: Commit) -> Awaitable[None]:
        return asyncio.ensure_future(self._commit(commit))

    async def _commit(self, commit: Commit) -> None:
        fails = self.fails(commit)
        if self.gate is not None:
            await self.gate.wait()
        if fails:
            raise Unavailable("the disk is full")
        await super().commit(commit)


class Shell:
    """An engine and what it stands on."""

    def __init__(
        self,
        store: Unreliable | None = None,
        http: Http | None = None,
        first_id: int = 1,
        secrets: dict[str, str] | None = None,
    ) -> None:
        self.store, self.clock, self.ids = store or Unreliable(), FakeClock(), CountingIds(first_id)
        self.engine = Engine(self.store, self.clock, self.ids, http, secrets=secrets)

    async def __aenter__(self) -> Shell:
        await self.engine.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.store.fails = lambda _: False
        await self.engine.stop()

    async def register(self, name: str, *tasks: WorkflowTask, **fields: object) -> None:
        """A workflow definition; its tasks' definitions stand in the tasks."""
        definition = WorkflowDef(name=name, tasks=list(tasks), owner_email="owner@example.com", **fields)  # type: ignore[arg-type]
        await self.engine.metadata.register_workflow_def(definition, overwrite=True)

    async def begin(self, name: str) -> str:
        return await self.engine.start_workflow(StartWorkflowRequest(name))

    async def tasks(self, workflow_id: str) -> list[Task]:
        return [view.task for view in (await self.engine.workflow(workflow_id)).tasks]

    async def report(self, workflow_id: str, status: str = "COMPLETED") -> str:
        """Report on the first open task."""
        task = next(task for task in await self.tasks(workflow_id) if not task.status.terminal)
        return await self.engine.update_task(TaskResult(workflow_id, task.task_id, TaskStatus(status)))


def simple(reference: str, **task_def: object) -> WorkflowTask:
    """A SIMPLE task that is not retried, unless said otherwise."""
    own = TaskDef(**({"name": "work", "retry_count": 0} | task_def))  # type: ignore[arg-type]
    return WorkflowTask("work", reference, task_definition=own)


async def refused(steps: Awaitable[object]) -> ConductorError:
    """The error that it ends with."""
    try:
        await steps
    except ConductorError as error:
        return error
    raise AssertionError("nothing was refused")


async def until(condition: Callable[[], Awaitable[object]], seconds: float = 10) -> None:
    """Give the loop its turns until the condition holds."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0)
