"""The schedules of a store: documents that are only ever replaced by comparing them first."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.errors import AlreadyExists, NotFound, VersionConflict
from engine.model import Millis
from engine.ports import Clock, Document, Store
from engine.schedules import Plan

SCHEDULE = "schedule"
SCHEDULER = "scheduler"
HALTED = "halted"
REFRESH_MS: Millis = 5_000
"""So old may be what this process knows of the schedules that others have changed; the others look after them."""
TRIES = 20

_decode = msgspec.json.Decoder(Plan).decode
_encode = msgspec.json.Encoder().encode


class Plans:
    """The plans of a store, and what this process remembers of them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.known: dict[str, Plan] = {}
        """As this process has seen them last, to know when to look; every change is made on what is stored."""
        self._looked: Millis | None = None
        self._version = -1

    async def refresh(self) -> None:
        """See what other processes have changed, if that was not done just now."""
        now = self._clock.now()
        if self._looked is not None and (not self._store.shared or abs(now - self._looked) < REFRESH_MS):
            return
        version = await self._store.documents_version([SCHEDULE])
        if version != self._version or self._looked is None:
            self.known = {plan.schedule.name: plan for plan in await self.all()}
        self._looked, self._version = now, version

    async def all(self) -> list[Plan]:
        """Every plan, by name."""
        return [_decode(document.body) for document in await self._store.list_documents(SCHEDULE)]

    async def get(self, name: str) -> Plan:
        """The plan of a schedule as it is stored; `NotFound` without one."""
        document = await self._store.get_document(SCHEDULE, name)
        if document is None:
            raise NotFound(f"Schedule '{name}' not found")
        return _decode(document.body)

    async def change(self, name: str, rule: Callable[[Plan], Plan]) -> Plan:
        """Replace a plan by what a rule makes of it, however many others change it too; `NotFound` without one."""

        def of_known(plan: Plan | None) -> Plan:
            if plan is None:
                self.known.pop(name, None)
                raise NotFound(f"Schedule '{name}' not found")
            return rule(plan)

        return await self.put(name, of_known)

    async def put(self, name: str, rule: Callable[[Plan | None], Plan]) -> Plan:
        """The same for a schedule that may not exist yet."""
        for _ in range(TRIES):
            document = await self._store.get_document(SCHEDULE, name)
            known = _decode(document.body) if document else None
            plan = rule(known)
            if plan is known or await self._replaced(name, document, plan):
                self.known[name] = plan
                return plan
        raise VersionConflict(f"Schedule '{name}' was changed by others {TRIES} times in a row; try again.")

    async def _replaced(self, name: str, former: Document | None, plan: Plan) -> bool:
        """False when somebody else was faster."""
        document = Document(SCHEDULE, name, _encode(plan))
        if former is not None:
            return await self._store.replace_document(document, former.body)
        try:
            await self._store.put_document(document, create=True)
        except AlreadyExists:
            return False
        return True

    async def delete(self, name: str) -> bool:
        """True when it existed."""
        self.known.pop(name, None)
        return await self._store.delete_document(SCHEDULE, name)

    async def halt(self) -> None:
        """From now on no server takes a time, whatever the schedule, until `go_on`."""
        await self._store.put_document(Document(SCHEDULER, HALTED, b"{}"))

    async def go_on(self) -> None:
        """End a `halt`."""
        await self._store.delete_document(SCHEDULER, HALTED)

    async def halted(self) -> bool:
        """True between `halt` and `go_on`."""
        return await self._store.get_document(SCHEDULER, HALTED) is not None
