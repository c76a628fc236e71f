"""Removes executions (§5.13): who waits for one is told, and what it still had to do is done first."""

from __future__ import annotations

import contextlib

from engine.commands import ChildGone
from engine.errors import InvalidInput, NotFound
from engine.gate import Gate
from engine.model import Workflow
from engine.outbox import Outbox, waiting_for
from engine.runner import Runner


class Removal:
    """Removes one at a time."""

    def __init__(self, runner: Runner, outbox: Outbox, gate: Gate) -> None:
        self._runner, self._outbox, self._gate = runner, outbox, gate

    async def remove(self, workflow_id: str, archive: bool) -> None:
        """Delete it. An archived execution stays readable and searchable (D27), so archiving leaves it where it is;
        `InvalidInput` for archiving an open one.
        """
        header = (await self._runner.read(workflow_id)).header
        if archive and not header.status.terminal:
            raise InvalidInput(f"Cannot archive workflow: {workflow_id} with status: {header.status}")
        if archive:
            return
        if header.status.terminal:
            await self._outbox.finish(workflow_id)  # its children and its parent are still to be told
        # first, so that a crash in between leaves a parent that knows (S8)
        await self._tell(header)
        await self._runner.remove(workflow_id)
        # again, if it was revived in this very moment
        await self._outbox.finish(workflow_id)
        await self._tell(header)
        await self._gate.leave(header)

    async def _tell(self, header: Workflow) -> None:
        for parent_id, task_id in waiting_for(header):
            with contextlib.suppress(NotFound):
                await self._runner.execute(parent_id, ChildGone(task_id, header.workflow_id))
