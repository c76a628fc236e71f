"""Waiting for an execution to settle: synchronous starts and signals (§5.2).

An execution has settled when it has ended, or when it or a running descendant is blocked: by an open WAIT without a
timer, or at a named task that has ended. Commits of this process wake the waiting; with a shared store there is a look
every now and then, because another process may have committed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import TracebackType

from engine.errors import NotFound
from engine.model import Task
from engine.runner import Runner, Seen
from engine.status import TaskStatus

LOOK_EVERY_S = 0.1
"""How often executions of a shared store are looked at while somebody waits."""
Blocks = Callable[[Task], bool]


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
        self._watches: dict[str, set[Watch]] = defaultdict(set)
        self.closed = False

    def changed(self, workflow_id: str) -> None:
        """A commit of this execution has become durable."""
        for watch in self._watches.get(workflow_id, ()):
            watch.wake()

    def close(self) -> None:
        """Let everybody go: the server is about to stop."""
        self.closed = True
        for watches in list(self._watches.values()):
            for watch in watches:
                watch.wake()

    def add(self, workflow_id: str, watch: Watch) -> None:
        """Tell this watch of changes of that execution."""
        self._watches[workflow_id].add(watch)

    def forget(self, workflow_id: str, watch: Watch) -> None:
        """Tell it no more."""
        known = self._watches[workflow_id]
        known.discard(watch)
        if not known:
            del self._watches[workflow_id]


class Watch:
    """An ear at some executions: what changes after `add` is not missed, whenever `wait` begins."""

    def __init__(self, watchers: Watchers) -> None:
        self._watchers, self._ids = watchers, set[str]()
        self._change: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def add(self, workflow_id: str) -> None:
        """Listen to this execution too; to be called before it is read."""
        self._ids.add(workflow_id)
        self._watchers.add(workflow_id, self)

    def wake(self) -> None:
        """Something has changed."""
        if not self._change.done():
            self._change.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Until one of the executions has changed, or the time is over."""
        await asyncio.wait([self._change], timeout=max(seconds, 0))

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._change.cancel()
        for workflow_id in self._ids:
            self._watchers.forget(workflow_id, self)


class Blocking:
    """Finds what blocks a tree of executions, and waits for it."""

    def __init__(self, runner: Runner, watchers: Watchers, shared: bool) -> None:
        self._runner, self._watchers, self._shared = runner, watchers, shared

    async def settled(self, workflow_id: str, references: Collection[str], seconds: float) -> Settled:
        """Wait until the execution settles, or the time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            with Watch(self._watchers) as watch:
                watch.add(workflow_id)
                target = await self._runner.read(workflow_id)
                found = await self._found(target, lambda task: _blocks(task, references), watch)
                left = until - loop.time()
                if found is not None or target.header.status.terminal:
                    return Settled(target, *(found or ()))
                if left <= 0 or self._watchers.closed:
                    return Settled(target, timed_out=True)
                await watch.wait(min(left, LOOK_EVERY_S) if self._shared else left)

    async def open_wait(self, workflow_id: str) -> tuple[Seen, Task] | None:
        """The first open WAIT of an execution, or else of its running descendants: what a signal is meant for."""
        return await self._found(await self._runner.read(workflow_id), _is_open_wait)

    async def _found(self, seen: Seen, blocks: Blocks, watch: Watch | None = None) -> tuple[Seen, Task] | None:
        """The first task that blocks: of the execution itself, else of its children, depth first."""
        for task in seen.tasks:
            if blocks(task):
                return seen, task
        for task in seen.tasks:
            if task.task_type == "SUB_WORKFLOW" and task.status is TaskStatus.IN_PROGRESS and task.sub_workflow_id:
                if watch is not None:
                    watch.add(task.sub_workflow_id)
                try:
                    child = await self._runner.read(task.sub_workflow_id)
                except NotFound:
                    continue  # not started yet, or removed: nothing blocks there
                found = await self._found(child, blocks, watch)
                if found is not None:
                    return found
        return None


def _is_open_wait(task: Task) -> bool:
    return task.task_type == "WAIT" and not task.status.terminal


def _blocks(task: Task, references: Collection[str]) -> bool:
    if task.status.terminal:
        return task.node in references or task.reference_task_name in references
    return task.task_type == "WAIT" and not task.wait_timeout
