"""Operations on event handlers: /event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from engine.api import Engine
from engine.definitions import EventHandler, Json, JsonObject
from engine.errors import InvalidInput
from engine.status import TaskStatus
from handlers import shapes
from handlers.codec import parse

replace = msgspec.structs.replace


class Events:
    """The event handler operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list_event_handlers(self) -> list[JsonObject]:
        """All event handlers."""
        return [shapes.event_handler(handler) for handler in await self._engine.metadata.event_handlers()]

    async def create_event_handler(self, body: Json) -> None:
        """Store one new event handler, or a list of them (Q17)."""
        handlers = body if isinstance(body, list) else [body]
        await self._engine.metadata.add_event_handlers(
            [_sent(handler, f"addEventHandler.arg{index}") for index, handler in enumerate(handlers)]
        )

    async def update_event_handler(self, body: Json) -> None:
        """Replace an event handler that exists."""
        await self._engine.metadata.update_event_handler(_sent(body, "updateEventHandler.arg0"))

    async def get_event_handlers_for_event(self, name: str, active_only: bool = True) -> list[JsonObject]:
        """The handlers of one event; `name` is the event (its path is shared with the deletion by name)."""
        found = await self._engine.metadata.event_handlers(name, active_only)
        return [shapes.event_handler(handler) for handler in found]

    async def delete_event_handler(self, name: str) -> None:
        """Delete one event handler."""
        await self._engine.metadata.delete_event_handler(name)

    async def get_default_event_queues(self) -> dict[str, str]:
        """The queues that WAIT tasks listen to, by status: none, as in the reference unless it is told of one."""
        return {}

    async def get_default_event_queue_sizes(self) -> dict[str, int]:
        """How much waits there."""
        return {}

    async def update_by_queue(self, status: str) -> None:
        """Refused: there is no queue to publish to. Tasks are updated under /tasks."""
        parse(status, TaskStatus, "updateByQueue.arg2")
        raise InvalidInput(f"There is no queue for handling {status} status")


def _sent(body: Json, path: str) -> EventHandler:
    """A handler as it is kept: nulls in its actions mean absent, and what is sent as text is what it stands for."""
    handler = parse(body, EventHandler, path)
    return replace(handler, actions=[_action(action) for action in handler.actions])


def _action(action: JsonObject) -> JsonObject:
    return {name: _part(name, value) for name, value in _present(action).items()}


def _part(name: str, value: Json) -> Json:
    if name == "expandInlineJSON":
        return _flag(value)
    if not isinstance(value, dict):
        return value
    reads = _READS.get(name, {})
    return {field: reads[field](each) if field in reads else each for field, each in _present(value).items()}


def _present(fields: JsonObject) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}


def _flag(value: Json) -> Json:
    return value == "true" if isinstance(value, str) else value


def _number(value: Json) -> Json:
    return int(value) if isinstance(value, str) else value


_READS: Mapping[str, Mapping[str, Callable[[Any], Json]]] = MappingProxyType(
    {
        "start_workflow": {"version": _number, "taskToDomain": _present},
        "start_agent": {"version": _number},
        "update_workflow_variables": {"appendArray": _flag},
    }
)
"""Fields of actions that the contract takes in more forms than the engine."""
