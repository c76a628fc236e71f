"""Waiting for an execution to settle: synchronous starts and signals (§5.2).

An execution has settled when it has ended, or when it or a running descendant is blocked: by an open WAIT without a
timer, or at a named task that has ended. Commits of this process wake the waiting; with a shared store there is a look
every now and then, because another process may have committed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from engine.errors import NotFound
from engine.model import Task
from engine.runner import Runner, Seen
from engine.status import TaskStatus

LOOK_EVERY_S = 0.1
"""How often executions of a shared store are looked at while somebody waits."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a wait has found: the execution, and the task that blocks it with the execution that holds that."""

    target: Seen
    holder: Seen | None = None
    task: Task | None = None
    timed_out: bool = False


class Watchers:
    """Who waits for a change of which execution."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def changed(self, workflow_id: str) -> None:
        """A commit of this execution has become durable."""
        for future in self._waiting.pop(workflow_id, ()):
            if not future.done():
                future.set_result(None)

    async def wait(self, workflow_ids: Collection[str], seconds: float) -> None:
        """Until one of them changes or the time is over."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for workflow_id in workflow_ids:
            self._waiting[workflow_id].add(future)
        try:
            await asyncio.wait([future], timeout=max(seconds, 0))
        finally:
            future.cancel()
            self._forget(workflow_ids, future)

    def _forget(self, workflow_ids: Collection[str], future: asyncio.Future[None]) -> None:
        for workflow_id in workflow_ids:
            known = self._waiting.get(workflow_id)
            if known is not None:
                known.discard(future)
                if not known:
                    del self._waiting[workflow_id]


class Blocking:
    """Finds what blocks a tree of executions, and waits for it."""

    def __init__(self, runner: Runner, watchers: Watchers, shared: bool) -> None:
        self._runner, self._watchers, self._shared = runner, watchers, shared

    async def settled(self, workflow_id: str, references: Collection[str], seconds: float) -> Settled:
        """Wait until the execution settles, or the time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            tree: list[Seen] = []
            found = await self.blocked(workflow_id, references, tree)
            left = until - loop.time()
            if found is not None or tree[0].header.status.terminal:
                holder, task = found or (None, None)
                return Settled(tree[0], holder, task)
            if left <= 0:
                return Settled(tree[0], timed_out=True)
            open_ids = [seen.header.workflow_id for seen in tree if not seen.header.status.terminal]
            await self._watchers.wait(open_ids, min(left, LOOK_EVERY_S) if self._shared else left)

    async def blocked(
        self, workflow_id: str, references: Collection[str], tree: list[Seen]
    ) -> tuple[Seen, Task] | None:
        """The first task, depth first, that blocks; the executions that were looked at go into `tree`."""
        seen = await self._runner.read(workflow_id)
        tree.append(seen)
        for task in seen.tasks:
            if _blocks(task, references):
                return seen, task
            if task.task_type == "SUB_WORKFLOW" and task.status is TaskStatus.IN_PROGRESS and task.sub_workflow_id:
                try:
                    found = await self.blocked(task.sub_workflow_id, references, tree)
                except NotFound:
                    continue  # not started yet, or removed: nothing blocks there
                if found is not None:
                    return found
        return None


def _blocks(task: Task, references: Collection[str]) -> bool:
    if task.status.terminal:
        return task.node in references or task.reference_task_name in references
    return task.task_type == "WAIT" and not task.wait_timeout
