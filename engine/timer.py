"""One timer per process: sleeps until the earliest deadline of all, and wakes its workflow (DESIGN §5)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from engine.commands import Expire
from engine.errors import NotFound
from engine.model import Millis
from engine.ports import Clock, Due, Store
from engine.runner import Runner

BATCH = 100
LONGEST_SLEEP_S = 60.0
"""A look at the store now and then: deadlines of other processes are not told here."""


class Timer:
    """Expires what is due. `report` is told what could not be done; it will be tried again."""

    def __init__(
        self, store: Store, runner: Runner, clock: Clock, report: Callable[[str, BaseException], Awaitable[None]]
    ) -> None:
        self._store, self._runner, self._clock, self._report = store, runner, clock, report
        self._changed = asyncio.Event()
        self._next: Millis | None = None

    def expect(self, at: Millis) -> None:
        """A commit has stated this deadline."""
        if self._next is None or at < self._next:
            self._next = at
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.run_due()
            self._changed.clear()
            at = self._next = await self._store.next_deadline()
            if at is not None and at <= self._clock.now():
                continue
            seconds = LONGEST_SLEEP_S if at is None else (at - self._clock.now()) / 1000
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(seconds, LONGEST_SLEEP_S))

    async def run_due(self) -> int:
        """Expire everything that is due now; returns how many deadlines that were."""
        done = 0
        while due := await self._store.due(self._clock.now(), BATCH):
            await asyncio.gather(*(self._expire(one) for one in due))
            done += len(due)
        return done

    async def _expire(self, due: Due) -> None:
        try:
            await self._runner.execute(due.workflow_id, Expire(due.task_id))
        except NotFound:
            return  # removed meanwhile: nothing is left to expire
        except Exception as error:  # the top of a loop: one workflow must not stop the others
            await self._report(f"deadline of {due.workflow_id}/{due.task_id}", error)
