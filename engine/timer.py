"""One timer per process: sleeps until the earliest deadline of all, and wakes its workflow (DESIGN §5)."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable

from engine.commands import Expire
from engine.crash_points import reached
from engine.errors import NotFound
from engine.model import Millis
from engine.ports import Clock, Due, Store
from engine.runner import Runner

BATCH = 100
RETRY_S = 1.0
"""What could not be done is tried again after this time."""
LONGEST_SLEEP_S = 60.0
SHARED_SLEEP_S = 5.0
"""A look at a shared store now and then: the deadlines of another process are its own business until it dies."""


class Timer:
    """Expires what is due. `report` is told what could not be done; it will be tried again."""

    def __init__(
        self, store: Store, runner: Runner, clock: Clock, report: Callable[[str, BaseException], Awaitable[None]]
    ) -> None:
        self._store, self._runner, self._clock, self._report = store, runner, clock, report
        self._changed = asyncio.Event()
        self._next: Millis | None = None
        self._failed: list[Due] = []
        """Handed out by the store, but not done: nobody else will hand them out again."""
        self._runs: set[asyncio.Task[None]] = set()

    def expect(self, at: Millis) -> None:
        """A commit has stated this deadline."""
        if self._next is None or at < self._next:
            self._next = at
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self._turn()
                except Exception as error:  # the top of a loop: the store may answer again soon
                    await self._report("the look at deadlines", error)
                    await asyncio.sleep(RETRY_S)
        finally:
            for run in self._runs:
                run.cancel()
            await asyncio.gather(*self._runs, return_exceptions=True)

    async def _turn(self) -> None:
        """Begin what is due, and sleep until something else is; a new deadline only shortens the sleep."""
        await self._begin_due()
        self._next = None
        at = await self._store.next_deadline()
        if at is not None:
            self.expect(at)
        longest = RETRY_S if self._failed else SHARED_SLEEP_S if self._store.shared else LONGEST_SLEEP_S
        loop = asyncio.get_running_loop()
        until = loop.time() + longest
        while (seconds := min(until - loop.time(), self._seconds_left())) > 0:
            self._changed.clear()
            # not wait_for: up to Python 3.11 it loses a cancellation that comes together with the event
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()

    async def _begin_due(self) -> None:
        """At most `BATCH` at a time, and one that takes long, by a slow script, holds up no other."""
        due, self._failed = self._failed, []
        while due := due or await self._store.due(self._clock.now(), BATCH - len(self._runs)):
            for one in due:
                run = asyncio.ensure_future(self._expire(one))
                self._runs.add(run)
                run.add_done_callback(self._ended)
            due = []
            while len(self._runs) >= BATCH:
                await asyncio.wait(self._runs, return_when=asyncio.FIRST_COMPLETED)

    def _ended(self, run: asyncio.Task[None]) -> None:
        self._runs.discard(run)
        if self._failed:
            asyncio.get_running_loop().call_later(RETRY_S, self.expect, 0)

    def _seconds_left(self) -> float:
        """Until the earliest deadline that this process knows of."""
        return math.inf if self._next is None else (self._next - self._clock.now()) / 1000

    async def run_due(self) -> int:
        """Expire everything that is due now, and what failed before; returns how many deadlines have been done."""
        due, self._failed = self._failed, []
        done = 0
        while due := due or await self._store.due(self._clock.now(), BATCH):
            await asyncio.gather(*(self._expire(one) for one in due))
            done += len(due)
            due = []
        return done - len(self._failed)

    async def _expire(self, due: Due) -> None:
        reached("timer: deadline taken, not acted on")
        try:
            await self._runner.execute(due.workflow_id, Expire(due.task_id))
        except NotFound:
            return  # removed meanwhile: nothing is left to expire
        except Exception as error:  # the top of a loop: one workflow must not stop the others
            self._failed.append(due)
            await self._report(f"deadline of {due.workflow_id}/{due.task_id}", error)
