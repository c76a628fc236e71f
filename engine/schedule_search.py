"""Searches for schedules: by workflow, name and state, free text, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from engine.schedules import WorkflowSchedule, workflow_of
from engine.search import Sort

_ATTRIBUTES = dict(zip(WorkflowSchedule.__struct_encode_fields__, WorkflowSchedule.__struct_fields__, strict=True))
_SORTABLE = _ATTRIBUTES.keys() - {"startWorkflowRequest", "cronSchedules"}


class ScheduleSearch(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a search; None and "" ask for nothing. `schedule_name` is part of the name; `free_text` may stand
    anywhere in the schedule's JSON."""

    workflow_name: str | None = None
    schedule_name: str | None = None
    paused: bool | None = None
    free_text: str = ""
    start: int = 0
    size: int = 100
    sort: tuple[Sort, ...] = ()


class SchedulePage(msgspec.Struct, frozen=True):
    """One page of schedules, and how many there are in all."""

    total_hits: int
    results: tuple[WorkflowSchedule, ...]


def schedule_sort(text: str) -> tuple[Sort, ...]:
    """The valid entries of `field:ASC|field:DESC`, also joined by commas; `field` alone is ascending."""
    entries = (entry.partition(":") for entry in text.replace(",", "|").split("|"))
    found = ((field.strip(), direction.strip().upper()) for field, _, direction in entries)
    return tuple(Sort(field, direction == "DESC") for field, direction in found if field in _SORTABLE)


def schedules_page(schedules: Iterable[WorkflowSchedule], wanted: ScheduleSearch) -> SchedulePage:
    """The schedules that fit, in the order that is asked for; by name where that leaves it open."""
    hits = sorted((each for each in schedules if _fits(each, wanted)), key=lambda each: each.name)
    for key in reversed(wanted.sort):
        hits.sort(key=lambda each: _order(each, key.field), reverse=key.descending)
    return SchedulePage(len(hits), tuple(hits[wanted.start : wanted.start + wanted.size]))


def _fits(schedule: WorkflowSchedule, wanted: ScheduleSearch) -> bool:
    return (
        (not wanted.workflow_name or workflow_of(schedule) == wanted.workflow_name)
        and (not wanted.schedule_name or wanted.schedule_name in schedule.name)
        and wanted.paused in (None, schedule.paused)
        and wanted.free_text.lower() in msgspec.json.encode(schedule).decode().lower()
    )


def _order(schedule: WorkflowSchedule, field: str) -> tuple[bool, Any]:
    value = getattr(schedule, _ATTRIBUTES[field])
    return (value is not None, value if value is not None else 0)
