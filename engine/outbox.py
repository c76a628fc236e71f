"""Carries out the effects that commits have left in the outbox of their workflow: at least once, then crossed out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from engine.commands import EffectDone
from engine.definitions import JsonObject
from engine.effects import Effect, StartWorkflow
from engine.errors import AlreadyExists, NotFound, Unavailable
from engine.ports import Store
from engine.runner import Runner, Seen

BATCH = 100
Start = Callable[[StartWorkflow, JsonObject], Awaitable[None]]


class Outbox:
    """Effects of this process's commits run at once; `sweep` finds what a crash has left."""

    def __init__(
        self, store: Store, runner: Runner, start: Start, report: Callable[[str, BaseException], Awaitable[None]]
    ) -> None:
        self._store, self._runner, self._start, self._report = store, runner, start, report
        self._running: dict[str, asyncio.Task[None]] = {}

    def posted(self, workflow_id: str) -> None:
        """A commit has put something into this workflow's outbox."""
        if workflow_id not in self._running:
            task = asyncio.get_running_loop().create_task(self._carry_out(workflow_id))
            self._running[workflow_id] = task
            task.add_done_callback(lambda _: self._running.pop(workflow_id, None))

    async def sweep(self) -> int:
        """Carry out what nobody is carrying out; returns how many workflows that were."""
        waiting = await self._store.with_outbox(BATCH)
        for workflow_id in waiting:
            self.posted(workflow_id)
        return len(waiting)

    async def idle(self) -> None:
        """Wait until nothing is being carried out."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def _carry_out(self, workflow_id: str) -> None:
        try:
            while effects := (execution := await self._runner.read(workflow_id)).header.outbox:
                for effect in effects:
                    error = await self._perform(execution, effect)
                    await self._runner.execute(workflow_id, EffectDone(effect.key, error))
        except NotFound:
            return  # removed meanwhile, and its outbox with it
        except Exception as error:  # the top of a loop: the sweep tries again
            await self._report(f"outbox of {workflow_id}", error)

    async def _perform(self, execution: Seen, effect: Effect) -> str | None:
        """None when done; the sentence that says why it can never be done."""
        if not isinstance(effect, StartWorkflow):
            return f"{type(effect).__name__} is not supported."
        facts = {"failedWorkflow": _as_input(execution)} if effect.failed_workflow else {}
        try:
            await self._start(effect, facts)
        except AlreadyExists:
            return None  # done before a crash
        except Unavailable:
            raise
        except NotFound as error:
            return f"Error workflow {effect.name} failed to start.  reason: {error}"
        return None


def _as_input(execution: Seen) -> JsonObject:
    """The whole failed workflow, as its failure workflow receives it (E57)."""
    header: JsonObject = msgspec.to_builtins(execution.header)
    for internal in ("definitionId", "version", "outbox", "deadline"):
        header.pop(internal, None)
    return {
        "status": execution.header.status.value,
        **header,
        "tasks": [msgspec.to_builtins(t) for t in execution.tasks],
    }
