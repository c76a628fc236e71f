"""Brings waiting messages to their handlers: at once when they are published, in order within one event queue, and all
event queues at the same time (S19).
"""

from __future__ import annotations

import asyncio
import logging

from engine.catalog import Catalog
from engine.effects import PublishEvent
from engine.errors import Unavailable
from engine.events.actions import Actions
from engine.events.condition import Ask
from engine.events.execution import EventExecutions
from engine.events.handling import Handling
from engine.events.message import Message, WaitingMessages
from engine.model import Millis
from engine.ports import Clock, Store
from engine.runner import Runner
from engine.starting import Starter

PAUSE_S = 1.0
"""Before a message is tried again that could not be handled now."""
GRACE_S = 5.0
"""How long a stopping server waits for the messages it has begun with."""
LEFT_BEHIND_MS: Millis = 30_000
"""A message that has waited so long although there are handlers was forgotten by whoever published it."""

log = logging.getLogger("segue.engine")


def listener(store: Store, catalog: Catalog, runner: Runner, starter: Starter, ask: Ask, clock: Clock) -> Listener:
    """A listener with everything behind it."""
    actions = Actions(store, runner, starter, catalog.task_def)
    handling = Handling(catalog, EventExecutions(store), actions, ask, clock)
    return Listener(catalog, WaitingMessages(store), handling, clock)


class Listener:
    """The messages of this process that are on their way to handlers."""

    def __init__(self, catalog: Catalog, waiting: WaitingMessages, handling: Handling, clock: Clock) -> None:
        self._catalog, self._waiting, self._handling, self._clock = catalog, waiting, handling, clock
        self._lanes: dict[str, dict[str, Message]] = {}
        """Messages by event queue and id, in the order in which they are handled."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    async def publish(self, effect: PublishEvent) -> None:
        """Make a message durable, and bring it to its handlers if there are any."""
        message = Message(effect.message_id, effect.sink, effect.payload, self._clock.now())
        await self._waiting.put(message)
        await self._catalog.refresh()
        if self._catalog.event_handlers(message.event, active_only=True):
            self._offer(message)

    async def refresh(self, older_than: Millis = 0) -> None:
        """Take up what waits for active handlers: at the start, after a change of handlers, and now and then."""
        until = self._clock.now() - older_than
        await self._catalog.refresh()
        for event in sorted({handler.event for handler in self._catalog.event_handlers(active_only=True)}):
            for message in await self._waiting.of(event):
                if message.published <= until:
                    self._offer(message)

    async def sizes(self) -> dict[str, int]:
        """How many messages wait on each event queue that an active handler listens to."""
        await self._catalog.refresh()
        events = sorted({handler.event for handler in self._catalog.event_handlers(active_only=True)})
        return {event: len(await self._waiting.of(event)) for event in events}

    async def sweep(self) -> None:
        """Take up what a crash or another process has left behind."""
        await self.refresh(LEFT_BEHIND_MS)

    async def idle(self) -> None:
        """Wait until every message that has handlers has been acted on."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def stop(self) -> None:
        """Finish the messages that are being handled; the others wait in the store."""
        self._stopping = True
        running = list(self._running.values())
        if running:
            await asyncio.wait(running, timeout=GRACE_S)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _offer(self, message: Message) -> None:
        lane = self._lanes.setdefault(message.event, {})
        lane.setdefault(message.message_id, message)
        if message.event not in self._running and not self._stopping:
            self._running[message.event] = asyncio.ensure_future(self._serve(message.event, lane))

    async def _serve(self, event: str, lane: dict[str, Message]) -> None:
        try:
            while lane and not self._stopping:
                message = next(iter(lane.values()))
                if await self._handled(message):
                    del lane[message.message_id]
                else:
                    await asyncio.sleep(PAUSE_S)
        finally:
            del self._running[event]
            self._lanes.pop(event, None)

    async def _handled(self, message: Message) -> bool:
        """False when it has to be tried again soon."""
        try:
            if await self._handling.handle(message):
                await self._waiting.remove(message)
        except Unavailable as error:
            log.error("event %s, message %s will be tried again", message.event, message.message_id, exc_info=error)
            return False
        except Exception as error:  # the top of a loop: it stays stored for the sweep, and the next ones go on
            log.error("event %s, message %s failed", message.event, message.message_id, exc_info=error)
        return True
