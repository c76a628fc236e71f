"""The shell around the core: lock a workflow, load it, decide, hand the commit over, and ring the bells when it is
durable.

It is the only caller of `Store.commit`. A command may be decided while the commit before it is still being flushed:
the store applies the commits of one workflow in order, and when one fails, those behind it fail too and are decided
again on what the store really holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from engine.bells import Bells
from engine.cache import Cache, Kept, Locks
from engine.catalog import Catalog
from engine.commands import Command, Fail, Start
from engine.crash_points import reached
from engine.decide import decide
from engine.draft import Decision, Execution
from engine.errors import ConductorError, NotFound, VersionConflict
from engine.graph import Graph
from engine.loops import shown
from engine.model import Millis, Task, Workflow
from engine.ports import Clock, Commit, Ids, Store
from engine.questions import Question
from engine.rows import Rows

log = logging.getLogger("segue.engine")
TRIES = 5
"""How often a command is decided anew after a conflict."""
Answer = Callable[[Question], Awaitable[Any]]


def _nobody(_: object) -> None:
    """Nobody wants to know yet."""


class Seen(msgspec.Struct, frozen=True):
    """An execution at one moment, its tasks in the order of their `seq`."""

    header: Workflow
    graph: Graph
    tasks: tuple[Task, ...]


def seen(execution: Execution) -> Seen:
    """An execution in memory as it is now."""
    rows, graph = execution.rows, execution.graph
    return Seen(execution.header, graph, tuple([shown(rows, graph, task) for task in rows]))


def absorb(execution: Execution, decision: Decision) -> None:
    """Make an execution in memory what a decision says."""
    execution.header, execution.graph = decision.header, decision.graph
    if decision.rows is not None:
        execution.rows = decision.rows
        return
    for task_id in decision.removed:
        execution.rows.remove(task_id)
    for task in decision.changed:
        execution.rows.put(task)


async def decided(execution: Execution, command: Command, now: Millis, ids: Ids, answer: Answer) -> Decision:
    """What a command makes of an execution, its questions answered.

    A command that breaks a rule of ours, not of the client's, ends the execution: it must not break for ever (S1).
    """
    try:
        return await _driven(execution, command, now, ids, answer)
    except ConductorError:
        raise
    except Exception as error:
        if isinstance(command, Start):
            raise
        log.exception("%s of workflow %s failed", type(command).__name__, execution.header.workflow_id)
        reason = f"Error deciding workflow: {type(error).__name__}: {error}"
        return await _driven(execution, Fail(reason), now, ids, answer)


async def _driven(execution: Execution, command: Command, now: Millis, ids: Ids, answer: Answer) -> Decision:
    steps = decide(execution, command, now, ids)
    try:
        question = next(steps)
        while True:
            question = steps.send(await answer(question))
    except StopIteration as done:
        decision: Decision = done.value
        return decision


class Runner:
    """Executes commands, one at a time per workflow, any number of workflows at once."""

    def __init__(self, store: Store, catalog: Catalog, clock: Clock, ids: Ids, bells: Bells, answer: Answer) -> None:
        self._store, self._catalog, self._clock, self._ids = store, catalog, clock, ids
        self._bells, self._answer = bells, answer
        self._cache, self._locks = Cache(), Locks()
        self.expect: Callable[[Millis], None] = _nobody
        """Told every new deadline."""
        self.posted: Callable[[str], None] = _nobody
        """Told every workflow whose outbox has got an effect."""
        self.left_queue: Callable[[str], None] = _nobody
        """Told every task whose queue entry has ended."""
        self.changed: Callable[[str], None] = _nobody
        """Told every workflow with a commit that has become durable."""

    async def execute(self, workflow_id: str, command: Command) -> Decision:
        """Decide and make durable. Raises what the rules raise, `NotFound`, or `Unavailable` from the store."""
        for turn in range(TRIES):
            decision, flushed = await self.hand_over(workflow_id, command, contested=turn > 0)
            try:
                if flushed is not None:
                    await flushed
            except VersionConflict:
                continue
            return decision
        raise VersionConflict(f"Workflow {workflow_id} was changed by others {TRIES} times in a row; try again.")

    async def hand_over(
        self, workflow_id: str, command: Command, new: Execution | None = None, contested: bool = False
    ) -> tuple[Decision, asyncio.Future[None] | None]:
        """Decide, and give the commit to the store. The future resolves when it is durable; None = nothing changed.

        `contested`: another process was faster just now, and may be again.
        """
        turn = self._locks.acquire(workflow_id)
        if turn is not None:
            await turn
        try:
            if new is None:
                kept, decision = await self._decided_on_present(workflow_id, command, contested)
            else:
                if self._cache.get(workflow_id) is not None:
                    raise VersionConflict(f"Workflow {workflow_id} exists already.")
                kept = self._cache.put(workflow_id, new)
                try:
                    decision = await self._decided(new, command)
                except BaseException:
                    self._cache.forget(workflow_id)
                    raise
            if decision.commit is None:
                return decision, kept.flushed
            return decision, self._commit(kept, decision, decision.commit)
        finally:
            self._locks.release(workflow_id)

    async def _decided_on_present(self, workflow_id: str, command: Command, contested: bool) -> tuple[Kept, Decision]:
        """In a shared store a decision with a commit may be made on what this process remembers, since the commit
        compares stamps. A refusal, or that there is nothing to do, must be said of the present state; in no store may
        a refusal stand on a commit that fails, as when an execution that exists is started again after a crash.
        """
        kept = self._cache.get(workflow_id)
        known = kept is not None and self._store.shared
        if kept is None:
            kept = await self._load(workflow_id)
            kept.contested = contested
        elif known and kept.contested:
            kept, known = await self._renewed(workflow_id, kept), False
        try:
            decision = await self._decided(kept.execution, command)
            if not known or decision.commit is not None:
                return kept, decision
        except ConductorError:
            if not known and await kept.durable():
                raise
        present = await self._renewed(workflow_id, kept)
        return present, await self._decided(present.execution, command)

    async def _renewed(self, workflow_id: str, kept: Kept) -> Kept:
        """The cached execution with what other processes have done to it."""
        if not await kept.durable():
            self._drop(workflow_id, kept)
        if self._cache.get(workflow_id) is not kept:
            return await self._load(workflow_id)
        changes = await self._store.changes(workflow_id, kept.stamp)
        if changes is None:
            self._cache.forget(workflow_id)
            raise NotFound(f"No such workflow found by id: {workflow_id}")
        if changes.header is None:
            return kept
        execution = kept.execution
        if changes.header.definition_id != execution.header.definition_id:
            execution.graph = await self._catalog.graph(changes.header.definition_id)
        execution.header, kept.stamp, kept.contested = changes.header, changes.stamp, True
        if changes.whole:
            execution.rows = Rows(changes.tasks)
        else:
            for task in changes.tasks:
                execution.rows.put(task)
        self._cache.weigh(kept)
        return kept

    async def _decided(self, execution: Execution, command: Command) -> Decision:
        return await decided(execution, command, self._clock.now(), self._ids, self._answer)

    def _commit(self, kept: Kept, decision: Decision, commit: Commit) -> asyncio.Future[None]:
        if self._store.shared and commit.expected:
            commit = msgspec.structs.replace(commit, seen=kept.stamp)
        reached("runner: decided, not handed over")
        flushed = asyncio.ensure_future(self._store.commit(commit))
        reached("runner: handed over, not flushed")
        kept.stamp += 1
        absorb(kept.execution, decision)
        self._cache.weigh(kept)
        kept.flushed = flushed
        if flushed.done():
            self._flushed(kept, commit, flushed)
        else:
            flushed.add_done_callback(lambda done: self._flushed(kept, commit, done))
        return flushed

    def _flushed(self, kept: Kept, commit: Commit, done: asyncio.Future[None]) -> None:
        """Tell everybody, or drop what was built on a commit that failed."""
        if done.cancelled() or done.exception() is not None:
            self._drop(commit.workflow_id, kept)
            return
        reached("runner: flushed, nobody told")
        self.changed(commit.workflow_id)
        for entry in commit.enqueue:
            self._bells.ring(entry.queue)
        for task_id in commit.dequeue:
            self.left_queue(task_id)
        times = [task.deadline for task in commit.tasks if task.deadline]
        if commit.header is not None and commit.header.deadline:
            times.append(commit.header.deadline)
        if times:
            self.expect(min(times))
        if commit.header is not None and commit.header.outbox:
            self.posted(commit.workflow_id)

    def _drop(self, workflow_id: str, kept: Kept) -> None:
        """Forget what was built on a commit that failed."""
        if self._cache.get(workflow_id) is kept:
            self._cache.forget(workflow_id)

    async def _load(self, workflow_id: str) -> Kept:
        return self._cache.put(workflow_id, *await self._read_stored(workflow_id))

    async def _read_stored(self, workflow_id: str) -> tuple[Execution, int]:
        stored = await self._store.changes(workflow_id, 0)
        if stored is None or stored.header is None:
            raise NotFound(f"No such workflow found by id: {workflow_id}")
        graph = await self._catalog.graph(stored.header.definition_id)
        return Execution(stored.header, graph, Rows(stored.tasks)), stored.stamp

    async def read(self, workflow_id: str) -> Seen:
        """The durable state of an execution; never what may still be lost."""
        while (kept := self._cache.get(workflow_id)) is not None:
            if self._store.shared:
                return await self._read_renewed(workflow_id)
            state = seen(kept.execution)
            if await kept.durable():
                return state
            self._drop(workflow_id, kept)
        return seen((await self._read_stored(workflow_id))[0])

    async def _read_renewed(self, workflow_id: str) -> Seen:
        turn = self._locks.acquire(workflow_id)
        if turn is not None:
            await turn
        try:
            kept = self._cache.get(workflow_id)
            kept = await self._renewed(workflow_id, kept) if kept else await self._load(workflow_id)
            return seen(kept.execution)
        finally:
            self._locks.release(workflow_id)

    async def remove(self, workflow_id: str) -> None:
        """Delete an execution from the store and from memory."""
        turn = self._locks.acquire(workflow_id)
        if turn is not None:
            await turn
        try:
            kept = self._cache.get(workflow_id)
            if kept is not None:
                await kept.durable()
            self._cache.forget(workflow_id)
            await self._store.remove(workflow_id)
            self.changed(workflow_id)
        finally:
            self._locks.release(workflow_id)
