"""PULL_WORKFLOW_MESSAGES: takes messages that were sent to its execution, or waits for one (§2.23).

The messages that nobody has taken stand in the header. A row takes them in the decision that makes it or, while it
waits, in the decision that brings them, so they leave the header in the commit that completes the row: a crash loses
none (C5), and nobody has to look for them now and then (P7). Of several rows that wait the oldest is served first.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from engine.definitions import Json, JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.model import Task, WorkflowMessage
from engine.payload_limits import task_too_large
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, own_input, started
from engine.timeouts import SECOND, deadline

LARGEST_BATCH = 100


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = started(draft, node, scope, attempt)
    # the inputTemplate of a task definition does not count [rec]
    row = replace(row, input_data=own_input(draft, node, attempt, row.task_id, with_task_def=False))
    if draft.header.messages or row.input_data.get("blocking") is False:
        return draft.add(replace(row, end_time=draft.now, **_served(draft, row)))
    return draft.add(replace(row, deadline=deadline(row, node.task_definition, draft.now)))


def deliver(draft: Draft) -> None:
    """Let the rows that wait take what there is, the oldest first."""
    if not draft.header.messages:
        return
    for row in draft.rows.pulling():
        if draft.header.messages:
            draft.change(row, **_served(draft, row))


def _served(draft: Draft, row: Task) -> dict[str, Any]:
    """How a row ends that takes its batch, which leaves the header.

    A batch that is too much beside what the row shows already is not taken: the row fails for good (§4.12).
    """
    waiting = draft.header.messages
    number = batch_size(row.input_data.get("batchSize"))
    messages = [_shown(message, draft.header.workflow_id) for message in waiting[:number]]
    output: JsonObject = {**row.output_data, "messages": messages, "count": len(messages)}
    problem = task_too_large(output, row) if messages else None
    if problem is not None:
        fail = TaskStatus.FAILED_WITH_TERMINAL_ERROR
        return {"status": fail, "output_data": {}, "reason_for_incompletion": problem}
    if messages:
        draft.set(messages=waiting[number:])
    return {"status": TaskStatus.COMPLETED, "output_data": output}


def batch_size(given: Json) -> int:
    """How many messages a row takes at most: what is no number counts as 1, as what is below it does [rec]."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return 1
    return int(min(max(given, 1), LARGEST_BATCH))


def _shown(message: WorkflowMessage, workflow_id: str) -> JsonObject:
    return {
        "id": message.id,
        "workflowId": workflow_id,
        "payload": msgspec.json.decode(message.payload),
        "receivedAt": _instant(message.received_at),
    }


def _instant(at: int) -> str:
    """A moment as `2026-11-23T01:39:33.909Z`."""
    seconds, millis = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03}Z"


PULL_WORKFLOW_MESSAGES = TaskType("PULL_WORKFLOW_MESSAGES", asks_nothing(_create))
