"""Starts with an idempotency key: one execution per workflow name and key (§5.1.4).

The execution's id is the first that is free of those that follow from name and key, so of two starts at the same
moment, on whatever servers, one creates it and the other finds it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping

from engine.draft import replace
from engine.effects import StartWorkflow
from engine.errors import AlreadyExists, Conflict, NotFound, VersionConflict
from engine.named_id import named_id
from engine.ports import Executions
from engine.requests import StartWorkflowRequest
from engine.runner import Runner
from engine.starting import Starter, name_of
from engine.status import WorkflowStatus

TRIES = 5
Begin = Callable[[str], Awaitable[object]]
"""Starts the execution under this id; `VersionConflict` or `AlreadyExists` when somebody else was faster."""


class KeyedStarter:
    """Starts once per key."""

    def __init__(self, store: Executions, runner: Runner, starter: Starter) -> None:
        self._store, self._runner, self._starter = store, runner, starter

    async def start(self, request: StartWorkflowRequest) -> str:
        """The id of the execution with the request's key: a new one, or by strategy the one that is there.

        FAIL (also without a strategy) raises `Conflict` that names the earlier execution; FAIL_ON_RUNNING only while
        that one is open; RETURN_EXISTING answers its id.
        """
        key, strategy = request.idempotency_key or "", request.idempotency_strategy
        name = name_of(request.name, request.workflow_def)
        return await self._once(name, key, strategy, None, lambda each: self._starter.start(request, each))

    async def child(self, effect: StartWorkflow, parent: str) -> str:
        """The same for the child of a SUB_WORKFLOW task; a child that was started for this very effect is found."""

        async def begin(workflow_id: str) -> None:
            await self._starter.start_effect(replace(effect, workflow_id=workflow_id), {}, parent, effect.workflow_id)

        key, strategy = effect.idempotency_key or "", effect.idempotency_strategy
        name = name_of(effect.name, effect.definition)
        return await self._once(name, key, strategy, effect.workflow_id, begin)

    async def _once(self, name: str, key: str, strategy: str | None, started_for: str | None, begin: Begin) -> str:
        for _ in range(TRIES):
            earlier = await self._store.by_idempotency_key(name, key)
            for known in _in_question(earlier):
                if await self._serves(name, key, strategy, started_for, known):
                    return known
            workflow_id = _free_id(name, key, earlier)
            try:
                await begin(workflow_id)
            except (VersionConflict, AlreadyExists):
                # somebody else starts it just now: it is found once it is durable
                with contextlib.suppress(NotFound):
                    await self._runner.read(workflow_id)
            else:
                return workflow_id
        raise VersionConflict(f"Starts of {name} with the key {key} keep coming in; try again.")

    async def _serves(self, name: str, key: str, strategy: str | None, started_for: str | None, known: str) -> bool:
        """The execution that is there is the answer; False when there may be another one."""
        if strategy == "RETURN_EXISTING":
            return True
        try:
            header = (await self._runner.read(known)).header
        except NotFound:
            return False  # removed meanwhile
        if started_for is not None and header.started_for == started_for:
            return True
        if strategy == "FAIL_ON_RUNNING" and header.status.terminal:
            return False
        raise Conflict(f"A workflow {name} with the idempotency key {key} exists already: {known}")


def _in_question(earlier: Mapping[str, WorkflowStatus]) -> list[str]:
    """The newest, and what else is open: it was retried or restarted, or is shown so a moment longer."""
    newest = list(earlier)[-1:]
    return newest + [known for known, status in earlier.items() if not status.terminal and known not in newest]


def _free_id(name: str, key: str, taken: Mapping[str, WorkflowStatus]) -> str:
    number = len(taken)  # all of them are taken, unless some were removed
    while (workflow_id := named_id(f"start:{name}:{key}:{number}")) in taken:
        number += 1
    return workflow_id
