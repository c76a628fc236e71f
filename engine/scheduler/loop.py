"""One loop per process: sleeps until the next time of all schedules, takes what is due, and does it.

Every server watches all schedules. At a time each of them tries to write that it has taken it; the store lets one
through. What a server has taken and not done for too long (it died) another one does.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable

from engine.errors import NotFound
from engine.model import Millis
from engine.ports import Clock, Ids, Store
from engine.scheduler.firing import Firing
from engine.scheduler.history import TRIM_EVERY, History
from engine.scheduler.plans import Plans
from engine.schedules import Fire, Plan, finished, taken

PATIENCE_MS: Millis = 10_000
"""What another server has taken so long ago, and not done, it will not do."""
RETRY_S = 1.0
SHARED_SLEEP_S = 5.0
LONGEST_SLEEP_S = 60.0
AT_ONCE = 32
"""How many schedules are worked on at a time, so that their writes share a flush."""

Report = Callable[[str, BaseException], Awaitable[None]]


class Loop:
    """Fires the schedules of a store for as long as it runs. `report` is told what will be tried again."""

    def __init__(
        self, store: Store, plans: Plans, history: History, firing: Firing, clock: Clock, ids: Ids, report: Report
    ) -> None:
        self._store, self._plans, self._history, self._firing = store, plans, history, firing
        self._clock, self._ids, self._report = clock, ids, report
        self._woken = asyncio.Event()
        self._impatient = False
        self._turns = asyncio.Semaphore(AT_ONCE)

    @functools.cached_property
    def _holder(self) -> str:
        """What this process signs with."""
        return self._ids.new()

    def wake(self, impatient: bool = False) -> None:
        """Look again now; `impatient`: also do what others have taken only just now."""
        self._impatient = self._impatient or impatient
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            seconds = RETRY_S
            self._woken.clear()
            try:
                seconds = await self.run_due()
            except Exception as error:  # the top of a loop: the store may answer again soon
                await self._report("the look at schedules", error)
            # not wait_for: up to Python 3.11 it loses a cancellation that comes together with the event
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()

    async def run_due(self) -> float:
        """Do everything that is due now; answers for how many seconds there is nothing more to do."""
        await self._plans.refresh()
        now, impatient = self._clock.now(), self._impatient
        due = [name for name, plan in self._plans.known.items() if impatient or self._calls(plan, now)]
        if due and await self._plans.halted():
            return self._longest
        self._impatient = False
        done = await asyncio.gather(*(self._served(name, impatient) for name in due))
        return self._seconds_left() if all(done) else RETRY_S

    def _calls(self, plan: Plan, now: Millis) -> bool:
        at = self._wakes(plan)
        return at is not None and at <= now

    def _wakes(self, plan: Plan) -> Millis | None:
        """When there will be something to do for a plan."""
        times = [self._mine_from(fire) for fire in plan.pending]
        if plan.next is not None:
            times.append(plan.next)
        return min(times, default=None)

    def _mine_from(self, fire: Fire) -> Millis:
        """When this server does what was taken: at once what it has taken itself, or what nobody else can have."""
        own = fire.holder == self._holder or not self._store.shared
        return 0 if own else fire.since + PATIENCE_MS

    async def _served(self, name: str, impatient: bool) -> bool:
        async with self._turns:
            try:
                await self._serve(name, impatient)
            except NotFound:
                return True  # deleted meanwhile
            except Exception as error:  # the top of one schedule: the others go on
                await self._report(f"schedule {name}", error)
                return False
        return True

    async def _serve(self, name: str, impatient: bool) -> None:
        """Take and do, in the order of times, until nothing is due."""

        def take(plan: Plan) -> Plan:
            return taken(plan, self._clock.now(), self._holder)

        plan = await self._plans.change(name, take)
        while mine := [fire for fire in plan.pending if impatient or self._mine_from(fire) <= self._clock.now()]:
            for fire in mine:
                await self._firing.fire(plan.schedule, fire)
                await self._cross_out(name, fire.time)
            plan = await self._plans.change(name, take)

    async def _cross_out(self, name: str, time: Millis) -> None:
        plan = await self._plans.change(name, lambda plan: finished(plan, time))
        if plan.done % TRIM_EVERY == 0:
            await self._history.trim(name)

    def _seconds_left(self) -> float:
        times = [at for plan in self._plans.known.values() if (at := self._wakes(plan)) is not None]
        return min([self._longest, *(max((at - self._clock.now()) / 1000, 0.001) for at in times)])

    @property
    def _longest(self) -> float:
        return SHARED_SLEEP_S if self._store.shared else LONGEST_SLEEP_S
