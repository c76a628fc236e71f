"""WAIT: until a moment, for a while, or until somebody updates it (§2.13)."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.errors import InvalidInput
from engine.model import Millis, Task
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, own_input, started
from engine.timeouts import SECOND, deadline
from engine.wait_time import parse_duration, parse_until, wait_text

BOTH = "Both 'duration' and 'until' specified. Please provide only one input"


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = started(draft, node, scope, attempt)
    row = replace(row, input_data=own_input(draft, node, attempt, row.task_id, with_task_def=False))
    try:
        duration, until = (wait_text(row.input_data.get(key)) for key in ("duration", "until"))
        ends = _ends(duration, until, draft.now)
    except InvalidInput as error:
        failed = TaskStatus.FAILED_WITH_TERMINAL_ERROR
        # S1, S3: a bad value ends the task at once, with a reason that quotes it
        return draft.add(replace(row, status=failed, end_time=draft.now, reason_for_incompletion=error.message))
    row = replace(row, wait_timeout=ends)
    return draft.add(replace(row, deadline=deadline(row, node.task_definition, draft.now)))


def _ends(duration: str | None, until: str | None, now: Millis) -> Millis:
    """When the WAIT is over; 0 = only by an update."""
    if duration and until:
        raise InvalidInput(BOTH)
    if duration:
        return now + parse_duration(duration) * SECOND
    # a moment that has passed ends the WAIT at the next look, never before its creation
    return max(parse_until(until), 1) if until else 0


WAIT = TaskType("WAIT", asks_nothing(_create))
