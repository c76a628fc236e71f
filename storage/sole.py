"""What a store that only one process uses answers to the questions about other processes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from engine.ports import Changes, Stored


class SoleOwner(ABC):
    """Nobody else changes anything, so nothing that its process remembers is ever out of date."""

    shared = False
    look_every: float | None = None

    @abstractmethod
    async def load(self, workflow_id: str) -> Stored | None:
        """See `Executions`."""

    async def changes(self, workflow_id: str, since: int) -> Changes | None:
        """See `Executions`; there are no stamps to compare, so it is always all there is."""
        stored = await self.load(workflow_id)
        return Changes(since, stored.header, stored.tasks, whole=True) if stored else None

    async def documents_version(self, kinds: Sequence[str]) -> int:  # noqa: ARG002 - there is no other process
        """See `Documents`."""
        return 0
