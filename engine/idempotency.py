"""Starts with an idempotency key: one execution per workflow name and key (§5.1.4).

The execution's id follows from name, key and how many came before it, so of two starts at the same moment, on whatever
servers, one creates it and the other finds it.
"""

from __future__ import annotations

import contextlib

from engine.errors import Conflict, NotFound, VersionConflict
from engine.named_id import named_id
from engine.ports import Executions
from engine.requests import StartWorkflowRequest
from engine.runner import Runner
from engine.starting import Starter

TRIES = 5


class KeyedStarter:
    """Starts once per key."""

    def __init__(self, store: Executions, runner: Runner, starter: Starter) -> None:
        self._store, self._runner, self._starter = store, runner, starter

    async def start(self, request: StartWorkflowRequest) -> str:
        """The id of the execution with the request's key: a new one, or by strategy the one that is there.

        FAIL (also without a strategy) raises `Conflict` that names the earlier execution; FAIL_ON_RUNNING only while
        that one is open; RETURN_EXISTING answers its id.
        """
        key = request.idempotency_key or ""
        for _ in range(TRIES):
            earlier = await self._store.by_idempotency_key(request.name, key)
            if earlier and (known := await self._known(request, earlier[-1])) is not None:
                return known
            workflow_id = named_id(f"start:{request.name}:{key}:{len(earlier)}")
            try:
                return await self._starter.start(request, workflow_id)
            except VersionConflict:
                # somebody else starts it just now: it is found once it is durable
                with contextlib.suppress(NotFound):
                    await self._runner.read(workflow_id)
        raise VersionConflict(f"Starts of {request.name} with the key {key} keep coming in; try again.")

    async def _known(self, request: StartWorkflowRequest, workflow_id: str) -> str | None:
        if request.idempotency_strategy == "RETURN_EXISTING":
            return workflow_id
        status = (await self._runner.read(workflow_id)).header.status
        if request.idempotency_strategy == "FAIL_ON_RUNNING" and status.terminal:
            return None
        key = request.idempotency_key
        raise Conflict(f"A workflow {request.name} with the idempotency key {key} exists already: {workflow_id}")
