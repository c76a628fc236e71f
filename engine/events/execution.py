"""What became of a message in the hands of a handler: one record for each of its actions (§6.5)."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.definitions import JsonObject, Model
from engine.model import Millis
from engine.ports import Document, Documents

Status = Literal["COMPLETED", "FAILED", "SKIPPED"]


class EventExecution(Model, frozen=True):
    """One action on one message; without an action it says why the handler did nothing."""

    id: str
    """`<message id>_<index of the action>`."""
    message_id: str
    name: str
    """The handler."""
    event: str
    created: Millis
    status: Status
    action: str | None
    output: JsonObject


class EventExecutions:
    """The records, as documents: one kind for each handler."""

    def __init__(self, store: Documents) -> None:
        self._store = store

    async def put(self, execution: EventExecution) -> None:
        """Record; from now on the same action on the same message is not done again."""
        kind, body = _kind(execution.name), msgspec.json.encode(execution)
        await self._store.put_document(Document(kind, execution.id, body))

    async def get(self, handler: str, execution_id: str) -> EventExecution | None:
        """The record of that id."""
        found = await self._store.get_document(_kind(handler), execution_id)
        return msgspec.json.decode(found.body, type=EventExecution) if found is not None else None

    async def of(self, handler: str) -> list[EventExecution]:
        """All records of a handler, by id."""
        found = await self._store.list_documents(_kind(handler))
        return [msgspec.json.decode(document.body, type=EventExecution) for document in found]


def _kind(handler: str) -> str:
    return f"eventExecution:{handler}"
