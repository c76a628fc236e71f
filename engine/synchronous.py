"""Starts that answer when the execution settles, and signals to what it waits for (§5.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from engine.blocking import Blocking, Settled, Watchers
from engine.commands import UpdateTask
from engine.definitions import JsonObject
from engine.draft import replace
from engine.errors import NotFound
from engine.ports import Store
from engine.requests import StartWorkflowRequest, TaskResult
from engine.runner import Runner
from engine.status import TaskStatus

DEFAULT_WAIT_S = 10
Start = Callable[[StartWorkflowRequest], Awaitable[str]]


class Synchronous:
    """The calls of clients that wait."""

    def __init__(self, store: Store, runner: Runner, start: Start) -> None:
        self._runner, self._start = runner, start
        self._watchers = Watchers()
        self._blocking = Blocking(runner, self._watchers, store.shared)
        runner.changed = self._watchers.changed

    def let_go(self) -> None:
        """Answer everybody who waits at once: the server is about to stop."""
        self._watchers.close()

    async def execute(self, request: StartWorkflowRequest, references: Collection[str], seconds: float) -> Settled:
        """Start it, and wait until it settles: it ends, blocks at a WAIT, or one of these tasks has ended.

        0 seconds (or less) means 10. An inline definition leaves its mark in the input.
        """
        if request.workflow_def is not None and request.input is not None:
            request = replace(request, input={**request.input, "_systemMetadata": {"dynamic": True}})
        workflow_id = await self._start(request)
        return await self._blocking.settled(workflow_id, references, seconds if seconds > 0 else DEFAULT_WAIT_S)

    async def signal(self, workflow_id: str, status: TaskStatus, output: JsonObject) -> bool:
        """Report on the first open WAIT of an execution or its running descendants; False when there is none.

        The output is merged into what the task has. A WAIT that somebody else ends in the same moment is not taken for
        signalled: the signal goes to the next one.
        """
        while (found := await self._blocking.open_wait(workflow_id)) is not None:
            holder, task = found
            result = TaskResult(holder.header.workflow_id, task.task_id, status, output)
            try:
                decision = await self._runner.execute(holder.header.workflow_id, UpdateTask(result, merge=True))
            except NotFound:
                continue  # the child was removed meanwhile, or the task was by a rerun
            if any(changed.task_id == task.task_id for changed in decision.changed):
                return True
        return False

    async def signal_and_wait(
        self, workflow_id: str, status: TaskStatus, output: JsonObject, seconds: float
    ) -> Settled:
        """Signal, and wait until the execution settles again; `NotFound` when nothing waits for a signal."""
        if not await self.signal(workflow_id, status, output):
            raise NotFound(f"Found no blocked task in workflow {workflow_id} to signal")
        return await self._blocking.settled(workflow_id, (), seconds)
