"""Engines on the wire-protocol server, each with a driver that counts its commands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import msgspec
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from engine.api import Engine
from engine.definitions import TaskDef, WorkflowDef
from engine.requests import TaskResult
from engine.status import TaskStatus
from handlers.clock import SystemClock
from handlers.ids import TimeOrderedIds
from storage.mongo import MongoStore
from storage.mongo.client import Client, Doc, connect

T = TypeVar("T")
ENDS_WITHIN = 50.0
OWN = {"hello", "ping", "endSessions", "killCursors", "getMore"}
"""What the driver says by itself, and the waiting of the change stream."""
BESIDE = {"servers", "polls", "counters"}
"""Heartbeats, poll data and the like come with time, not with tasks."""


def told(story: Coroutine[Any, Any, T], within: float = ENDS_WITHIN) -> T:
    """What a story returns; one that waits for what never comes fails where it waits."""

    async def bounded() -> T:
        async with asyncio.timeout(within):
            return await story

    return asyncio.run(bounded())


class Commands(CommandListener):
    """The commands that were sent, as (name, collection, the command itself)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Doc]] = []

    def started(self, event: CommandStartedEvent) -> None:
        collection = str(event.command.get(event.command_name))
        if event.command_name not in OWN and collection not in BESIDE:
            self.sent.append((event.command_name, collection, dict(event.command)))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass

    @property
    def names(self) -> list[tuple[str, str]]:
        """Without the commands themselves."""
        return [(name, collection) for name, collection, _ in self.sent]


def connected(uri: str, commands: Commands) -> Client:
    """As the store connects, with an ear at the wire."""
    client: Client = AsyncMongoClient(uri, w="majority", journal=True, event_listeners=[commands])
    return client


@contextlib.asynccontextmanager
async def engine_on(uri: str, commands: Commands | None = None) -> AsyncIterator[Engine]:
    """A running engine, as a server process of its own has it."""
    clock = SystemClock()
    made = (lambda uri: connected(uri, commands)) if commands else connect
    engine = Engine(MongoStore(uri, connect=made), clock, TimeOrderedIds(clock))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


async def define_chain(engine: Engine, length: int, **task_def: Any) -> None:
    """Register `chain`, tasks of the type `step` one after the other."""
    await engine.metadata.register_task_defs([TaskDef(name="step", **task_def)])
    tasks = [
        {"name": "step", "taskReferenceName": f"t{n}", "type": "SIMPLE", "inputParameters": {}} for n in range(length)
    ]
    flow = {"name": "chain", "version": 1, "schemaVersion": 2, "tasks": tasks}
    await engine.metadata.register_workflow_def(msgspec.convert(flow, WorkflowDef), overwrite=True)


def completed(workflow_id: str, task_id: str) -> TaskResult:
    """A worker's report."""
    return TaskResult(workflow_id, task_id, TaskStatus.COMPLETED, {"by": task_id})
