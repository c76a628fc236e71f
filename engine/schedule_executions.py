"""What became of the times of schedules: one record for each, and how records are searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from engine.definitions import Model
from engine.model import Millis
from engine.named_id import named_id
from engine.requests import StartWorkflowRequest
from engine.schedules import Fire, WorkflowSchedule, execution_id, workflow_of
from engine.search import And, Comparison, OneOf, Query, Search
from engine.search_rows import RowSearch, Value

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "executionId": "execution_id",
        "scheduleName": "schedule_name",
        "scheduledTime": "scheduled_time",
        "executionTime": "execution_time",
        "workflowName": "workflow_name",
        "workflowId": "workflow_id",
        "state": "state",
        # what the newer UI calls them
        "workflowType": "workflow_name",
        "status": "state",
        "startTime": "scheduled_time",
    }
)


class ScheduleExecution(Model, frozen=True):
    """What became of one time of a schedule (WorkflowScheduleExecutionModel of api/schemas)."""

    execution_id: str
    schedule_name: str
    scheduled_time: Millis
    execution_time: Millis
    workflow_name: str
    state: Literal["POLLED", "EXECUTED", "FAILED"]
    workflow_id: str | None = None
    reason: str | None = None
    stack_trace: str | None = None
    start_workflow_request: StartWorkflowRequest | None = None
    zone_id: str = "UTC"


class ExecutionPage(msgspec.Struct, frozen=True):
    """One page of records, and how many there are in all."""

    total_hits: int
    results: tuple[ScheduleExecution, ...]


def workflow_id_of(name: str, time: Millis) -> str:
    """The id of the execution that a schedule starts for a time: a repeated start finds it."""
    return named_id(f"schedule:{name}:{time}")


def polled(schedule: WorkflowSchedule, fire: Fire) -> ScheduleExecution:
    """The record of a time that was taken, and that nothing has become of so far."""
    return ScheduleExecution(
        execution_id=execution_id(schedule.name, fire.time),
        schedule_name=schedule.name,
        scheduled_time=fire.time,
        execution_time=fire.since,
        workflow_name=workflow_of(schedule) or "",
        state="POLLED",
        start_workflow_request=schedule.start_workflow_request,
        zone_id=fire.cron.zone_id,
    )


def page_of(executions: Iterable[ScheduleExecution], wanted: Search) -> ExecutionPage:
    """The records that a search finds, in its order; of records that are equal in it the later time comes first."""
    fits, needle = _ROWS.predicate(wanted.query), wanted.free_text.lower()
    hits = [each for each in executions if fits(each) and (not needle or needle in _text(each))]
    hits.sort(key=lambda each: (each.scheduled_time, each.schedule_name), reverse=True)
    hits = _ROWS.in_order(hits, wanted.sort)
    return ExecutionPage(len(hits), tuple(hits[wanted.start : wanted.start + wanted.size]))


def names_in(query: Query) -> list[str] | None:
    """The only schedules whose records can fit; None = any may."""
    match query:
        case Comparison("scheduleName", "=", value) if "*" not in str(value):
            return [str(value)]
        case OneOf("scheduleName", values):
            return [str(value) for value in values]
        case And(parts):
            return next((names for part in parts if (names := names_in(part)) is not None), None)
    return None


def _text(execution: ScheduleExecution) -> str:
    return msgspec.json.encode(execution).decode().lower()


def _value(execution: ScheduleExecution, field: str) -> Value | None:
    value: Value | None = getattr(execution, COLUMNS[field])
    return value


_ROWS = RowSearch(_value)
