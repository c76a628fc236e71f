"""How many executions of a workflow run at once (`rateLimitConfig`): the others wait, and start in order.

Places are documents of the store, whose creation is atomic, so a limit holds across servers too: `rateLimitSlot:<key>`
has one for each place that is taken, `rateLimitWait:<key>` one for each execution that waits, named so that their order
is that of their starts. Entering and leaving are effects of the outbox: a crash in between repeats them, and each step
finds what the one before has done. The limit is on starts: what is retried, rerun or restarted runs at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from weakref import WeakValueDictionary

import msgspec

from engine.commands import Admit
from engine.definitions import Model, WorkflowDef
from engine.errors import AlreadyExists, NotFound
from engine.model import Millis, Workflow
from engine.parameters import workflow_context
from engine.ports import Clock, Document, Store
from engine.runner import Runner
from engine.template import MISSING, compile_template

SLOTS, WAITING = "rateLimitSlot:", "rateLimitWait:"
PATIENCE_MS: Millis = 60_000
"""A place whose execution does not exist, or has ended, after so long was left behind by a crash."""


class Place(Model, frozen=True):
    """Who has a place, or waits for one."""

    workflow_id: str
    limit: int
    since: Millis = 0


def rate_limit_key(header: Workflow, definition: WorkflowDef) -> str | None:
    """The key under which an execution counts; None when its definition sets no limit."""
    config = definition.rate_limit_config
    if config is None or config.concurrent_exec_limit <= 0:
        return None
    context = workflow_context(header, definition)
    given = compile_template(config.rate_limit_key or "").resolve(
        lambda root: context if root == "workflow" else MISSING
    )
    return f"{definition.name}:{given}"


class Gate:
    """Gives places to executions, one key at a time."""

    def __init__(self, store: Store, runner: Runner, clock: Clock) -> None:
        self._store, self._runner, self._clock = store, runner, clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def enter(self, workflow_id: str, key: str, limit: int) -> bool:
        """Take a place for an execution that is about to start; False when it has to wait."""
        async with self._turn(key):
            if await self._store.list_documents(_waiting(key)):
                return False
            return await self._take(key, Place(workflow_id, limit))

    async def wait(self, header: Workflow, limit: int) -> None:
        """Let an execution wait for its turn, which may be at once."""
        key = header.rate_limit_key
        if key is not None and header.rate_limited:
            place = Place(header.workflow_id, limit)
            await self._store.put_document(Document(_waiting(key), _number(header), msgspec.json.encode(place)))
            await self.admit(key)

    async def leave(self, header: Workflow) -> None:
        """An execution needs its place no more, or will never need one."""
        key = header.rate_limit_key
        if key is None:
            return
        async with self._turn(key):
            await self._store.delete_document(_waiting(key), _number(header))
            await self._free(key, header.workflow_id)
        await self.admit(key)

    async def admit(self, key: str) -> None:
        """Give the free places of a key to those who have waited longest."""
        async with self._turn(key):
            for document in await self._store.list_documents(_waiting(key)):
                place = msgspec.json.decode(document.body, type=Place)
                if not await self._take(key, place):
                    return
                if not await self._let_in(place.workflow_id):
                    await self._free(key, place.workflow_id)
                await self._store.delete_document(document.kind, document.name)

    async def sweep(self) -> None:
        """Look at every key for which somebody waits: a crash may have left a place taken, or a free one not given."""
        for kind in await self._store.document_kinds():
            if kind.startswith(WAITING):
                await self.admit(kind.removeprefix(WAITING))

    def _turn(self, key: str) -> asyncio.Lock:
        return self._turns.setdefault(key, asyncio.Lock())

    async def _let_in(self, workflow_id: str) -> bool:
        """False when the execution has ended or was removed while it waited."""
        try:
            decision = await self._runner.execute(workflow_id, Admit())
        except NotFound:
            return False
        return not decision.header.status.terminal

    async def _take(self, key: str, place: Place) -> bool:
        """A place of its own, unless all are taken; one that it has already is as good."""
        taken = await self._taken(key)
        if any(other.workflow_id == place.workflow_id for other in taken.values()):
            return True
        if len(taken) >= place.limit:
            taken = await self._without_deserted(key, taken)
        body = msgspec.json.encode(msgspec.structs.replace(place, since=self._clock.now()))
        for number in range(place.limit if len(taken) < place.limit else 0):
            if str(number) not in taken:
                with contextlib.suppress(AlreadyExists):  # another server was faster
                    await self._store.put_document(Document(_slots(key), str(number), body), create=True)
                    return True
        return False

    async def _taken(self, key: str) -> dict[str, Place]:
        documents = await self._store.list_documents(_slots(key))
        return {document.name: msgspec.json.decode(document.body, type=Place) for document in documents}

    async def _without_deserted(self, key: str, taken: dict[str, Place]) -> dict[str, Place]:
        """The places without those whose execution never came to be, or is no more."""
        late = self._clock.now() - PATIENCE_MS
        for number, place in list(taken.items()):
            if place.since <= late and not await self._needed(place.workflow_id):
                await self._store.delete_document(_slots(key), number)
                del taken[number]
        return taken

    async def _needed(self, workflow_id: str) -> bool:
        try:
            return not (await self._runner.read(workflow_id)).header.status.terminal
        except NotFound:
            return False

    async def _free(self, key: str, workflow_id: str) -> None:
        for number, place in (await self._taken(key)).items():
            if place.workflow_id == workflow_id:
                await self._store.delete_document(_slots(key), number)


def _slots(key: str) -> str:
    return SLOTS + key


def _waiting(key: str) -> str:
    return WAITING + key


def _number(header: Workflow) -> str:
    return f"{header.create_time:015}-{header.workflow_id}"
