"""What became of the times of schedules, kept as documents: the last ones of each schedule."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from engine.model import Millis
from engine.ports import Document, Documents
from engine.schedule_executions import ScheduleExecution

EXECUTION = "scheduleExecution"
"""One kind; `name` is the schedule, `version` the time."""
KEPT = 100
"""So many records of each schedule are kept; the executions themselves stay as long as any other."""
TRIM_EVERY = 20
_AT_ONCE = 500

_decode = msgspec.json.Decoder(ScheduleExecution).decode
_encode = msgspec.json.Encoder().encode


class History:
    """The records of all schedules."""

    def __init__(self, store: Documents) -> None:
        self._store = store

    async def put(self, execution: ScheduleExecution) -> None:
        """Record; there is one record for each time of a schedule."""
        body = _encode(execution)
        await self._store.put_document(Document(EXECUTION, execution.schedule_name, body, execution.scheduled_time))

    async def get(self, name: str, time: Millis) -> ScheduleExecution | None:
        """The record of that time."""
        found = await self._store.get_document(EXECUTION, name, time)
        return _decode(found.body) if found else None

    async def of(self, names: Sequence[str] | None = None) -> list[ScheduleExecution]:
        """The records of these schedules, or of all; other work gets its turns while many are read."""
        if names is None:
            documents = await self._store.list_documents(EXECUTION)
        else:
            documents = [each for name in dict.fromkeys(names) for each in await self._documents(name)]
        executions: list[ScheduleExecution] = []
        for start in range(0, len(documents), _AT_ONCE):
            executions += [_decode(document.body) for document in documents[start : start + _AT_ONCE]]
            await asyncio.sleep(0)
        return executions

    async def trim(self, name: str, kept: int = KEPT) -> None:
        """Forget all but the latest."""
        documents = await self._documents(name)
        for document in documents[: max(len(documents) - kept, 0)]:
            await self._store.delete_document(EXECUTION, name, document.version)

    async def _documents(self, name: str) -> list[Document]:
        return await self._store.list_documents(EXECUTION, name)
