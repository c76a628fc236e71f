"""One message in the hands of all handlers of its event (§6.3)."""

from __future__ import annotations

import logging

from engine.catalog import Catalog
from engine.definitions import EventHandler, JsonObject
from engine.errors import ConductorError, Unavailable
from engine.events.actions import Actions, Place
from engine.events.condition import Ask, ConditionFailed, holds
from engine.events.execution import EventExecution, EventExecutions, Status
from engine.events.message import Message
from engine.events.payload import expanded
from engine.ports import Clock

log = logging.getLogger("segue.engine")


class Handling:
    """Runs the active handlers of a message's event, one after another, and records what they did."""

    def __init__(self, catalog: Catalog, executions: EventExecutions, actions: Actions, ask: Ask, clock: Clock) -> None:
        self._catalog, self._executions, self._actions = catalog, executions, actions
        self._ask, self._clock = ask, clock

    async def handle(self, message: Message) -> bool:
        """False when no handler is active, so that the message has to wait. `Unavailable`: call again later.

        What goes wrong in one handler is recorded there, and the others still run (S9).
        """
        handlers = self._catalog.event_handlers(message.event, active_only=True)
        for handler in handlers:
            await self._run(handler, message)
        return bool(handlers)

    async def _run(self, handler: EventHandler, message: Message) -> None:
        first = await self._executions.get(handler.name, f"{message.message_id}_0")
        if first is not None and first.action is None:
            return  # this handler has decided not to act, or could not decide
        try:
            acts = await holds(handler, expanded(message.payload), self._ask)
        except Exception as error:  # the top of a handler: the others still run
            if not isinstance(error, ConditionFailed):
                log.exception("the condition of event handler %s failed", handler.name)
            await self._record(Place(handler, message, 0), "FAILED", {"exception": str(error)}, None)
            return
        if not acts:
            output = {"msg": message.payload, "condition": handler.condition}
            await self._record(Place(handler, message, 0), "SKIPPED", output, None)
            return
        for index, action in enumerate(handler.actions):
            await self._act(Place(handler, message, index), str(action.get("action")))

    async def _act(self, place: Place, kind: str) -> None:
        """Do one action, unless it is recorded as done."""
        if await self._executions.get(place.handler.name, f"{place.message.message_id}_{place.index}") is not None:
            return
        try:
            output = await self._actions.do(place)
        except Unavailable:
            raise
        except Exception as error:  # the top of an action: the others still run
            if not isinstance(error, ConductorError):
                log.exception("%s of event handler %s failed", kind, place.handler.name)
            await self._record(place, "FAILED", {"exception": str(error)}, kind)
        else:
            await self._record(place, "COMPLETED", output, kind)

    async def _record(self, place: Place, status: Status, output: JsonObject, kind: str | None) -> None:
        message = place.message
        record = EventExecution(
            id=f"{message.message_id}_{place.index}",
            message_id=message.message_id,
            name=place.handler.name,
            event=message.event,
            created=self._clock.now(),
            status=status,
            action=kind,
            output=output,
        )
        await self._executions.put(record)
