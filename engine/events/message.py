"""Messages of the internal event queues, and where they wait."""

from __future__ import annotations

import msgspec

from engine.definitions import Json, Model
from engine.model import Millis
from engine.ports import Document, Documents


class Message(Model, frozen=True):
    """One message of an event queue."""

    message_id: str
    event: str
    """The queue: `conductor:<workflow name>:<reference or name>`."""
    payload: Json = None
    published: Millis = 0


class WaitingMessages:
    """Messages that no handler has acted on yet, as documents: one kind for each event queue."""

    def __init__(self, store: Documents) -> None:
        self._store = store

    async def put(self, message: Message) -> None:
        """Keep a message; one with the same id is replaced."""
        await self._store.put_document(Document(_kind(message.event), message.message_id, msgspec.json.encode(message)))

    async def of(self, event: str) -> list[Message]:
        """What waits on an event queue, the oldest first as far as ids tell it."""
        found = await self._store.list_documents(_kind(event))
        return [msgspec.json.decode(document.body, type=Message) for document in found]

    async def remove(self, message: Message) -> None:
        """It has been acted on."""
        await self._store.delete_document(_kind(message.event), message.message_id)


def _kind(event: str) -> str:
    return f"eventMessage:{event}"
