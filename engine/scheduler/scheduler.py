"""What clients can ask of schedules (api/scheduler)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bulk import for_each
from engine.cron import parse_cron
from engine.idempotency import KeyedStarter
from engine.model import Millis
from engine.ports import Clock, Ids, Store
from engine.requests import BulkResponse
from engine.schedule_executions import ExecutionPage, ScheduleExecution, names_in, page_of, polled
from engine.schedule_search import SchedulePage, ScheduleSearch, schedules_page
from engine.scheduler.firing import Check, Firing, Start, once
from engine.scheduler.history import History
from engine.scheduler.loop import Loop, Report
from engine.scheduler.plans import Plans
from engine.schedules import (
    Plan,
    WorkflowSchedule,
    check_schedule,
    execution_id,
    few_times,
    paused,
    resumed,
    saved,
    workflow_of,
)
from engine.search import Search
from engine.starting import Starter

MOST_TIMES = 5
"""As many next times as the reference tells."""


def scheduler(
    store: Store, check: Check, starter: Starter, keyed: KeyedStarter, clock: Clock, ids: Ids, report: Report
) -> Scheduler:
    """A scheduler with everything behind it."""
    return Scheduler(store, once(check, starter, keyed), clock, ids, report)


class Scheduler:
    """The schedules of a store, and the loop that fires them in this process."""

    def __init__(self, store: Store, start: Start, clock: Clock, ids: Ids, report: Report) -> None:
        self._clock = clock
        self._plans, self._history = Plans(store, clock), History(store)
        firing = Firing(self._history, start, clock)
        self.loop = Loop(store, self._plans, self._history, firing, clock, ids, report)

    async def run(self) -> None:
        """Fire schedules until cancelled."""
        await self.loop.run()

    async def save(self, schedule: WorkflowSchedule) -> WorkflowSchedule:
        """Create or replace a schedule; answers it with its next time."""
        check_schedule(schedule)
        plan = await self._plans.put(schedule.name, lambda known: saved(known, schedule, self._clock.now()))
        self.loop.wake()
        return plan.schedule

    async def get(self, name: str) -> WorkflowSchedule:
        """One schedule; `NotFound` without it."""
        return (await self._plans.get(name)).schedule

    async def all(self, workflow_name: str | None = None) -> list[WorkflowSchedule]:
        """All schedules by name, or those that start a certain workflow."""
        schedules = [plan.schedule for plan in await self._plans.all()]
        return [each for each in schedules if not workflow_name or workflow_of(each) == workflow_name]

    async def search(self, wanted: ScheduleSearch) -> SchedulePage:
        """One page of schedules."""
        return schedules_page(await self.all(), wanted)

    async def delete(self, name: str) -> None:
        """Delete a schedule; the records of what it has started stay. One that does not exist is as good as deleted."""
        await self._plans.delete(name)

    async def pause(self, name: str, reason: str | None = None) -> None:
        """From now on it takes no time."""
        await self._plans.change(name, lambda plan: paused(plan, reason, self._clock.now()))

    async def resume(self, name: str) -> None:
        """It goes on with its next time from now on; `NotFound` when it was not paused."""
        await self._plans.change(name, lambda plan: resumed(plan, self._clock.now()))
        self.loop.wake()

    async def pause_many(self, names: Sequence[str]) -> BulkResponse:
        """Pause each."""
        return await for_each(names, self.pause)

    async def resume_many(self, names: Sequence[str]) -> BulkResponse:
        """Resume each."""
        return await for_each(names, self.resume)

    async def pause_all(self) -> None:
        """No schedule takes a time any more, on no server; what the schedules say of themselves stays."""
        await self._plans.halt()

    async def resume_all(self) -> None:
        """End `pause_all`."""
        await self._plans.go_on()
        self.loop.wake()

    async def requeue(self) -> list[str]:
        """Do now what was taken and is not done; answers the ids of those records."""
        plans = await self._plans.all()
        self.loop.wake(impatient=True)
        return [execution_id(plan.schedule.name, fire.time) for plan in plans for fire in plan.pending]

    def next_times(
        self, expression: str, start: Millis | None = None, end: Millis | None = None, limit: int = MOST_TIMES
    ) -> list[Millis]:
        """The next times of an expression in UTC, at most five, within bounds of which 0 is none."""
        after = max(self._clock.now(), (start or 0) - 1)
        return few_times(parse_cron(expression), "UTC", after, end or None, min(limit, MOST_TIMES))

    async def executions(self, wanted: Search) -> ExecutionPage:
        """A page of what became of the times of schedules, those that are being worked on included."""
        names = names_in(wanted.query)
        plans = [plan for plan in await self._plans.all() if names is None or plan.schedule.name in names]
        found = {(each.schedule_name, each.scheduled_time): each for plan in plans for each in _waiting(plan)}
        for each in await self._history.of(names):
            found[each.schedule_name, each.scheduled_time] = each
        return page_of(found.values(), wanted)


def _waiting(plan: Plan) -> list[ScheduleExecution]:
    schedule = plan.schedule
    return [polled(schedule, fire) for fire in plan.pending]
