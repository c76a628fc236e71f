"""An engine with event handlers, a definition `kid` that they start, and a look at what they recorded."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.definitions import EventHandler, JsonObject, WorkflowTask
from engine.effects import PublishEvent
from engine.events.execution import EventExecution, EventExecutions
from engine.events.message import WaitingMessages
from engine.requests import StartWorkflowRequest
from tests.unit.engine.shell import Shell

EVENT = "conductor:w:e"


KIDS = "started by a handler"


def start(name: str = "kid", **fields: Any) -> JsonObject:
    return {"action": "start_workflow", "start_workflow": {"name": name, "correlationId": KIDS, **fields}}


def handler(*actions: JsonObject, name: str = "h", **fields: Any) -> EventHandler:
    given: dict[str, Any] = {"name": name, "event": EVENT, "actions": list(actions), "active": True} | fields
    return EventHandler(**given)


class Events:
    """A shell with a definition `kid` to start, a place to publish from, and the records."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.executions = EventExecutions(shell.store)
        self.waiting = WaitingMessages(shell.store)

    async def prepared(self, *handlers: EventHandler) -> Events:
        await self.shell.register("kid", WorkflowTask("human", "human", type="HUMAN"))
        await self.shell.engine.metadata.add_event_handlers(handlers)
        return self

    async def post(self, payload: Any, message_id: str = "m1", event: str = EVENT) -> None:
        """Publish as the outbox does."""
        await self.shell.engine.events.publish(PublishEvent("key", event, payload, message_id))

    async def publish(self, payload: Any, message_id: str = "m1") -> None:
        """Publish, and wait until the handlers have acted."""
        await self.post(payload, message_id)
        await self.idle()

    async def idle(self) -> None:
        async with asyncio.timeout(10):
            await self.shell.engine.events.idle()

    async def records(self, name: str = "h") -> list[EventExecution]:
        return await self.executions.of(name)

    async def record(self, name: str = "h") -> EventExecution:
        (found,) = await self.records(name)
        return found

    async def begin(self, *tasks: WorkflowTask, name: str = "target", **request: Any) -> str:
        await self.shell.register(name, *tasks)
        return await self.shell.engine.start_workflow(StartWorkflowRequest(name, **request))

    async def started(self) -> list[str]:
        """Ids of the executions of `kid` that `start` has started."""
        return await self.shell.store.correlated("kid", KIDS)


def waits(reference: str = "w") -> WorkflowTask:
    return WorkflowTask("wait", reference, type="WAIT")
