"""What became of the times of schedules: one record for each, and how records are searched."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from engine.definitions import Model
from engine.model import Millis
from engine.named_id import named_id
from engine.requests import StartWorkflowRequest
from engine.schedules import Fire, WorkflowSchedule, execution_id, workflow_of
from engine.search import And, Comparison, IsNull, OneOf, Or, Query, Search, StartsWith

Value = str | int
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

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
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
    fits, needle = _predicate(wanted.query), wanted.free_text.lower()
    hits = [each for each in executions if fits(each) and (not needle or needle in _text(each))]
    hits.sort(key=lambda each: (each.scheduled_time, each.schedule_name), reverse=True)
    for key in reversed(wanted.sort):
        hits.sort(key=lambda each: _order(each, key.field), reverse=key.descending)
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


def _order(execution: ScheduleExecution, field: str) -> tuple[bool, Value]:
    value = _value(execution, field)
    return (value is not None, value if value is not None else 0)


def _predicate(query: Query) -> Callable[[ScheduleExecution], bool]:
    match query:
        case And(parts):
            every = [_predicate(part) for part in parts]
            return lambda each: all(fits(each) for fits in every)
        case Or(parts):
            some = [_predicate(part) for part in parts]
            return lambda each: any(fits(each) for fits in some)
        case IsNull(field, negated):
            return lambda each: (_value(each, field) is None) != negated
        case StartsWith(field, prefix):
            return lambda each: str(_value(each, field) or "").startswith(prefix)
        case OneOf(field, values):
            return lambda each: _value(each, field) in values
        case Comparison():
            return _comparison(query)


def _comparison(query: Comparison) -> Callable[[ScheduleExecution], bool]:
    field, asked = query.field, query.value
    if query.operator == "=":
        return lambda each: _equal(_value(each, field), asked)
    if query.operator == "!=":
        return lambda each: not _equal(_value(each, field), asked)
    test = _ORDER[query.operator]
    return lambda each: (value := _value(each, field)) is not None and test(value, asked)


def _equal(value: Value | None, asked: Value) -> bool:
    """`*` in a text stands for any text; letters of a pattern count in any case."""
    if not isinstance(value, str) or not isinstance(asked, str) or "*" not in asked:
        return value == asked
    first, *middle, last = asked.lower().split("*")
    text = value.lower()
    position, end = len(first), len(text) - len(last)
    if position > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        at = text.find(part, position, end)
        if at < 0:
            return False
        position = at + len(part)
    return True
