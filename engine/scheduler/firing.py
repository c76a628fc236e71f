"""Doing what was taken: each time of a schedule starts one execution, whose id follows from schedule and time.

Taking a time, starting, recording and crossing out are four writes. A crash between any two leaves the time among those
that were taken, and whoever does it again finds the record, or the execution, and goes on behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import msgspec

from engine.crash_points import reached
from engine.errors import ConductorError, Unavailable
from engine.idempotency import KeyedStarter
from engine.ports import Clock
from engine.requests import StartWorkflowRequest
from engine.schedule_executions import ScheduleExecution, polled, workflow_id_of
from engine.scheduler.history import History
from engine.schedules import Fire, WorkflowSchedule, scheduled_start
from engine.starting import Starter

Start = Callable[[StartWorkflowRequest, str], Awaitable[str]]
"""Starts under that id, or finds what it has started before; answers the id."""

Check = Callable[[StartWorkflowRequest], Awaitable[None]]

log = logging.getLogger("segue.engine")


def once(check: Check, starter: Starter, keyed: KeyedStarter) -> Start:
    """Starts that can be repeated; with an idempotency key the key alone decides what is started."""

    async def start(request: StartWorkflowRequest, workflow_id: str) -> str:
        await check(request)
        if request.idempotency_key:
            return await keyed.start(request)
        await starter.start_once(request, workflow_id)
        return workflow_id

    return start


class Firing:
    """Starts what is scheduled, and records what became of it."""

    def __init__(self, history: History, start: Start, clock: Clock) -> None:
        self._history, self._start, self._clock = history, start, clock

    async def fire(self, schedule: WorkflowSchedule, fire: Fire) -> None:
        """Start for one time, at most once. `Unavailable`: nothing is recorded, do it again later.

        A start that is refused is recorded as FAILED, and not tried again.
        """
        if await self._history.get(schedule.name, fire.time) is not None:
            return  # done, but not crossed out before a crash
        now = self._clock.now()
        request = scheduled_start(schedule, fire, now)
        record = msgspec.structs.replace(polled(schedule, fire), execution_time=now)
        reached("scheduler: time taken, not started")
        record = await self._started(record, request)
        reached("scheduler: started, not recorded")
        await self._history.put(record)
        reached("scheduler: recorded, not crossed out")

    async def _started(self, record: ScheduleExecution, request: StartWorkflowRequest) -> ScheduleExecution:
        wanted = workflow_id_of(record.schedule_name, record.scheduled_time)
        try:
            workflow_id = await self._start(request, wanted)
        except Unavailable:
            raise
        except Exception as error:  # the top of one start: the schedule goes on
            return msgspec.structs.replace(record, state="FAILED", reason=_reason(record, error))
        return msgspec.structs.replace(record, state="EXECUTED", workflow_id=workflow_id)


def _reason(record: ScheduleExecution, error: Exception) -> str:
    """What the record says; what is no refusal by a rule is a fault, and the log has all of it."""
    said = "schedule %s could not start workflow %s: %s"
    if isinstance(error, ConductorError):
        log.warning(said, record.schedule_name, record.workflow_name, error)
        return error.message
    log.error(said, record.schedule_name, record.workflow_name, error, exc_info=error)
    return f"{type(error).__name__}: {error}"
