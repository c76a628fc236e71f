"""Carries out the effects that commits have left in the outbox of their workflow: at least once, then crossed out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from engine.commands import (
    ChildEnded,
    ChildFound,
    ChildGone,
    ChildRevived,
    EffectDone,
    Follow,
    Restart,
    Retry,
    Terminate,
)
from engine.crash_points import reached
from engine.definitions import JsonObject
from engine.effects import (
    Effect,
    EnterGate,
    LeaveGate,
    PublishEvent,
    RetryChild,
    ReviveParent,
    StartWorkflow,
    TellParent,
    TerminateWorkflow,
)
from engine.errors import AlreadyExists, Conflict, InvalidInput, NotFound, PayloadTooLarge
from engine.failed_workflow import as_input
from engine.gate import Gate
from engine.model import Workflow
from engine.ports import Store
from engine.runner import Runner, Seen
from engine.status import WorkflowStatus

BATCH = 100
Start = Callable[[StartWorkflow, JsonObject, str | None], Awaitable[None]]
ShareChild = Callable[[StartWorkflow, str], Awaitable[str]]
"""The id of the child that a task with an idempotency key gets; the text is its parent's id."""
Publish = Callable[[PublishEvent], Awaitable[None]]


class Outbox:
    """Effects of this process's commits run at once; `sweep` finds what a crash has left."""

    def __init__(
        self, store: Store, runner: Runner, start: Start, share_child: ShareChild, publish: Publish,
        gate: Gate, report: Callable[[str, BaseException], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._store, self._runner, self._start, self._report = store, runner, start, report
        self._share_child, self._publish, self._gate = share_child, publish, gate
        self._effects: dict[type, Callable[[Seen, Any], Awaitable[str | None]]] = {
            StartWorkflow: self._start_workflow,
            TellParent: self._tell_parent,
            TerminateWorkflow: self._terminate,
            ReviveParent: self._revive_parent,
            RetryChild: self._retry_child,
            PublishEvent: self._publish_event,
            EnterGate: self._enter_gate,
            LeaveGate: self._leave_gate,
        }
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        """Posted while they were being carried out: whether that has been seen is not known, so look again."""

    def posted(self, workflow_id: str) -> None:
        """A commit has put something into this workflow's outbox."""
        if workflow_id in self._running:
            self._again.add(workflow_id)
            return
        task = asyncio.get_running_loop().create_task(self._carry_out(workflow_id))
        self._running[workflow_id] = task
        task.add_done_callback(lambda _: self._carried_out(workflow_id))

    def _carried_out(self, workflow_id: str) -> None:
        del self._running[workflow_id]
        if workflow_id in self._again:
            self._again.discard(workflow_id)
            self.posted(workflow_id)

    async def sweep(self) -> int:
        """Carry out what nobody is carrying out; returns how many workflows that were."""
        waiting = await self._store.with_outbox(BATCH)
        for workflow_id in waiting:
            self.posted(workflow_id)
        return len(waiting)

    async def finish(self, workflow_id: str) -> None:
        """Carry out what one execution has left to do, as far as that is possible now."""
        self.posted(workflow_id)
        while (running := self._running.get(workflow_id)) is not None:
            await asyncio.wait([running])

    async def idle(self) -> None:
        """Wait until nothing is being carried out."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def _carry_out(self, workflow_id: str) -> None:
        try:
            while effects := (execution := await self._runner.read(workflow_id)).header.outbox:
                for effect in effects:
                    reached("outbox: before an effect")
                    error = await self._perform(execution, effect)
                    reached("outbox: effect done, not crossed out")
                    await self._runner.execute(workflow_id, EffectDone(effect.key, error))
        except NotFound:
            return  # removed meanwhile, and its outbox with it
        except Exception as error:  # the top of a loop: the sweep tries again
            await self._report(f"outbox of {workflow_id}", error)

    async def _perform(self, execution: Seen, effect: Effect) -> str | None:
        """None when done; the sentence that says why it can never be done."""
        perform = self._effects.get(type(effect))
        return await perform(execution, effect) if perform else f"{type(effect).__name__} is not supported."

    async def _start_workflow(self, execution: Seen, effect: StartWorkflow) -> str | None:
        told = effect.failed_workflow
        facts = {"failedWorkflow": as_input(execution.header, execution.graph, execution.tasks)} if told else {}
        parent = execution.header.workflow_id if effect.parent_task_id else None
        try:
            if parent is not None and effect.idempotency_key:
                await self._share(effect, parent, await self._share_child(effect, parent))
            else:
                await self._start(effect, facts, parent)
        except AlreadyExists:
            return None  # done before a crash
        except (NotFound, Conflict, InvalidInput, PayloadTooLarge) as error:
            return f"Error workflow {effect.name} failed to start.  reason: {error}"
        return None

    async def _share(self, effect: StartWorkflow, parent: str, child_id: str) -> None:
        """Let the task wait for the child that its key stands for, which may be the child of another task, or none."""
        task_id = effect.parent_task_id or ""
        await self._runner.execute(parent, ChildFound(task_id, effect.workflow_id, child_id))
        try:
            child = (await self._runner.read(child_id)).header
            if child.parent_workflow_task_id != task_id:
                child = (await self._runner.execute(child_id, Follow(parent, task_id))).header
        except NotFound:
            await self._runner.execute(parent, ChildGone(task_id, child_id))
            return
        if child.status.terminal:
            # it may have told its end before the task knew it
            await self._runner.execute(parent, ChildEnded(task_id, child))

    async def _publish_event(self, execution: Seen, effect: PublishEvent) -> None:  # noqa: ARG002 - all have this shape
        await self._publish(effect)

    async def _enter_gate(self, execution: Seen, effect: EnterGate) -> None:  # noqa: ARG002
        config = execution.graph.definition.rate_limit_config
        await self._gate.wait(execution.header, config.concurrent_exec_limit if config else 1)

    async def _leave_gate(self, execution: Seen, effect: LeaveGate) -> None:  # noqa: ARG002
        if execution.header.status.terminal:
            await self._gate.leave(execution.header)

    async def _tell_parent(self, execution: Seen, effect: TellParent) -> None:  # noqa: ARG002
        header = execution.header
        for workflow_id, task_id in waiting_for(header) if header.status.terminal else ():
            with contextlib.suppress(NotFound):  # the parent was removed by hand: nobody to tell
                await self._runner.execute(workflow_id, ChildEnded(task_id, header))

    async def _revive_parent(self, execution: Seen, effect: ReviveParent) -> None:  # noqa: ARG002
        """Also when it has ended again meanwhile: the news of that is behind this one in the outbox."""
        header = execution.header
        if header.parent_workflow_id and header.parent_workflow_task_id:
            parent_id, task_id = header.parent_workflow_id, header.parent_workflow_task_id
            with contextlib.suppress(NotFound):
                await self._runner.execute(parent_id, ChildRevived(task_id, header.workflow_id))
                try:
                    await self._runner.read(header.workflow_id)
                except NotFound:
                    # removed meanwhile, perhaps by another server that could not know of this
                    await self._runner.execute(parent_id, ChildGone(task_id, header.workflow_id))

    async def _retry_child(self, execution: Seen, effect: RetryChild) -> None:
        parent_id = execution.header.workflow_id
        try:
            child = (await self._runner.read(effect.workflow_id)).header
        except NotFound:
            await self._runner.execute(parent_id, ChildGone(effect.task_id, effect.workflow_id, again=True))
            return
        if child.status is WorkflowStatus.COMPLETED:
            await self._runner.execute(parent_id, ChildEnded(effect.task_id, child))
        elif child.status.terminal:
            await self._go_on(effect.workflow_id)

    async def _go_on(self, workflow_id: str) -> None:
        """Retry a child; one with nothing to retry runs from its beginning. Somebody else may be faster."""
        for command in (Retry(resume=True), Restart()):
            with contextlib.suppress(Conflict, NotFound):
                if not (await self._runner.execute(workflow_id, command)).header.status.terminal:
                    return

    async def _terminate(self, execution: Seen, effect: TerminateWorkflow) -> None:
        """End a child; one that only shares its end with this execution has a life of its own."""
        with contextlib.suppress(NotFound):  # removed by hand: it has ended
            child = (await self._runner.read(effect.workflow_id)).header
            if child.parent_workflow_id == execution.header.workflow_id:
                await self._runner.execute(effect.workflow_id, Terminate(effect.reason, only_open=True))


def waiting_for(header: Workflow) -> list[tuple[str, str]]:
    """The tasks that wait for the end of an execution, as (workflow id, task id)."""
    own = [(header.parent_workflow_id, header.parent_workflow_task_id)]
    return [(workflow, task) for workflow, task in (*own, *header.followers) if workflow and task]
