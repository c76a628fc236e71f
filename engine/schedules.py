"""Schedules: which workflow starts at which times, and the rules by which that goes on.

A `Plan` is a schedule as it is stored, with how far it has come: the next time, and the times that a server has taken
upon itself. Each rule here is a function from a plan to the next; the shell writes it only over the plan that it was
made from (compare and set), so of two servers that take the same time one wins and the other finds it taken.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import msgspec

from engine.cron import Cron, parse_cron
from engine.cron_times import next_time, parse_zone
from engine.definitions import Model
from engine.errors import InvalidInput, NotFound
from engine.model import Millis
from engine.named_id import named_id
from engine.requests import StartWorkflowRequest
from engine.validation_requests import MAX_PRIORITY

TOLERANCE_MS: Millis = 10_000
"""A time that comes so late was not missed: the server was only busy, or started anew."""
MOST_AT_ONCE = 100
"""How many times are taken in one step; the rest is taken when these are done."""
_READ = 1024

replace = msgspec.structs.replace


class CronSchedule(Model, frozen=True):
    """One of several cron expressions of a schedule."""

    cron_expression: str
    zone_id: str = "UTC"


class WorkflowSchedule(Model, frozen=True):
    """A schedule as clients send and see it (api/schemas). With `cron_schedules` its own expression does not count."""

    name: str = ""
    cron_expression: str | None = None
    run_catchup_schedule_instances: bool = False
    paused: bool = False
    paused_reason: str | None = None
    start_workflow_request: StartWorkflowRequest | None = None
    zone_id: str = "UTC"
    cron_schedules: list[CronSchedule] = []
    schedule_start_time: Millis | None = None
    schedule_end_time: Millis | None = None
    create_time: Millis | None = None
    updated_time: Millis | None = None
    created_by: str = ""
    updated_by: str = ""
    description: str | None = None
    next_run_time: Millis | None = None


class Fire(Model, frozen=True):
    """A time that a server has taken upon itself: whose, and since when."""

    time: Millis
    cron: CronSchedule
    """The expression that it comes from."""
    holder: str
    since: Millis


class Plan(Model, frozen=True):
    """A schedule and how far it has come."""

    schedule: WorkflowSchedule
    pending: tuple[Fire, ...] = ()
    """Taken, not done; in the order of their times."""
    done: int = 0
    """How many times have been done."""

    @property
    def next(self) -> Millis | None:
        """When there is something to take; None = not as it is now."""
        return None if self.schedule.paused else self.schedule.next_run_time


def check_schedule(schedule: WorkflowSchedule) -> None:
    """Raises `InvalidInput` with what is wrong with a schedule, if anything is."""
    if not schedule.name.strip():
        raise InvalidInput("A schedule needs a name.")
    if schedule.start_workflow_request is None or not schedule.start_workflow_request.name.strip():
        raise InvalidInput(f"Schedule '{schedule.name}' needs a startWorkflowRequest with the name of a workflow.")
    if not 0 <= schedule.start_workflow_request.priority <= MAX_PRIORITY:
        given = schedule.start_workflow_request.priority
        raise InvalidInput(
            f"Schedule '{schedule.name}' starts with priority {given}; it goes from 0 to {MAX_PRIORITY}."
        )
    if not schedule.cron_expression and not schedule.cron_schedules:
        raise InvalidInput(f"Schedule '{schedule.name}' needs a cronExpression.")
    start, end = schedule.schedule_start_time, schedule.schedule_end_time
    if start and end and start > end:
        raise InvalidInput(f"Schedule '{schedule.name}' ends (scheduleEndTime) before it starts (scheduleStartTime).")
    for each in _expressions(schedule):
        parse_cron(each.cron_expression)
        parse_zone(each.zone_id)


def workflow_of(schedule: WorkflowSchedule) -> str | None:
    """The name of the workflow that a schedule starts."""
    request = schedule.start_workflow_request
    return request.name if request else None


def next_fire(schedule: WorkflowSchedule, after: Millis) -> tuple[Millis, CronSchedule] | None:
    """The first time later than `after` within the bounds of the schedule, and the expression it comes from."""
    begin = max(after, (schedule.schedule_start_time or 0) - 1)
    found = min(_times(schedule, begin), key=lambda pair: pair[0], default=None)
    if found is None or (schedule.schedule_end_time and found[0] > schedule.schedule_end_time):
        return None
    return found


def saved(known: Plan | None, sent: WorkflowSchedule, now: Millis) -> Plan:
    """The plan once a client has created or replaced its schedule.

    Who saves the same times again does not lose the time that is due just now.
    """
    if known is None:
        return Plan(_aimed(replace(sent, create_time=now, updated_time=now), now))
    former = known.schedule
    creator = sent.created_by or former.created_by
    schedule = replace(sent, create_time=former.create_time, updated_time=now, created_by=creator)
    if _same_times(former, sent):
        return replace(known, schedule=replace(schedule, next_run_time=former.next_run_time))
    return replace(known, schedule=_aimed(schedule, now))


def paused(plan: Plan, reason: str | None, now: Millis) -> Plan:
    """Nothing more is taken from now on; what was taken is done."""
    return replace(plan, schedule=replace(plan.schedule, paused=True, paused_reason=reason, updated_time=now))


def resumed(plan: Plan, now: Millis) -> Plan:
    """It goes on with the next time from now on: what fell into the pause was not missed, also where it catches up.

    Raises `NotFound` when it is not paused, as the reference answers.
    """
    if not plan.schedule.paused:
        raise NotFound(f"Schedule '{plan.schedule.name}' not found: it is not paused")
    schedule = replace(plan.schedule, paused=False, paused_reason=None, updated_time=now)
    return replace(plan, schedule=_aimed(schedule, now))


def taken(plan: Plan, now: Millis, holder: str) -> Plan:
    """The plan with the times that are due taken by `holder`; the same plan when there is nothing to take.

    Catching up, every time is taken. Otherwise the first one that is due, and of those behind it the ones that are
    not later than a busy server may be.
    """
    schedule, fires, at = plan.schedule, list(plan.pending), plan.next
    if at is None or at > now:
        return plan
    found = next_fire(schedule, at - 1)
    missed = 0 if schedule.run_catchup_schedule_instances else now - TOLERANCE_MS
    while found and found[0] <= now and len(fires) < MOST_AT_ONCE:
        fires.append(Fire(found[0], found[1], holder, now))
        found = next_fire(schedule, max(found[0], missed))
    return replace(plan, pending=tuple(fires), schedule=replace(schedule, next_run_time=found and found[0]))


def finished(plan: Plan, time: Millis) -> Plan:
    """The plan once a time that was taken is done."""
    rest = tuple([fire for fire in plan.pending if fire.time != time])
    return plan if rest == plan.pending else replace(plan, pending=rest, done=plan.done + 1)


def execution_id(name: str, time: Millis) -> str:
    """The id of the record of a time."""
    return named_id(f"scheduled:{name}:{time}")


def scheduled_start(schedule: WorkflowSchedule, fire: Fire, now: Millis) -> StartWorkflowRequest:
    """The request that starts the workflow for one time."""
    request = schedule.start_workflow_request
    assert request is not None  # `check_schedule`
    told = {
        "_scheduledTime": fire.time,
        "_executedTime": now,
        "_executionId": execution_id(schedule.name, fire.time),
        "_startedByScheduler": schedule.name,
        "_schedulerCron": f"{fire.cron.cron_expression} {fire.cron.zone_id}",
    }
    return replace(request, input={**(request.input or {}), **told})


def few_times(cron: Cron, zone_id: str, after: Millis, until: Millis | None, count: int) -> list[Millis]:
    """The next times of an expression, at most `count`, none later than `until`."""
    times: list[Millis] = []
    zone, found = parse_zone(zone_id), next_time(cron, parse_zone(zone_id), after)
    while found is not None and len(times) < count and (until is None or found <= until):
        times.append(found)
        found = next_time(cron, zone, found)
    return times


def _aimed(schedule: WorkflowSchedule, now: Millis) -> WorkflowSchedule:
    found = next_fire(schedule, now)
    return replace(schedule, next_run_time=found and found[0])


def _times(schedule: WorkflowSchedule, after: Millis) -> Iterator[tuple[Millis, CronSchedule]]:
    for each in _expressions(schedule):
        found = next_time(_cron(each.cron_expression), parse_zone(each.zone_id), after)
        if found is not None:
            yield found, each


def _expressions(schedule: WorkflowSchedule) -> list[CronSchedule]:
    return schedule.cron_schedules or [CronSchedule(schedule.cron_expression or "", schedule.zone_id)]


def _same_times(one: WorkflowSchedule, other: WorkflowSchedule) -> bool:
    def times(schedule: WorkflowSchedule) -> tuple[object, ...]:
        bounds = schedule.schedule_start_time or 0, schedule.schedule_end_time or 0
        return (_expressions(schedule), bounds, schedule.paused, schedule.run_catchup_schedule_instances)

    return times(one) == times(other)


@functools.lru_cache(_READ)
def _cron(expression: str) -> Cron:
    return parse_cron(expression)
