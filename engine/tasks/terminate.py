"""TERMINATE: ends the workflow from within (§2.20). What its end means stands in `engine.ending`."""

from __future__ import annotations

from engine.definitions import Json, JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.model import Task
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, done, own_input

STATUSES = frozenset({"COMPLETED", "FAILED", "TERMINATED"})


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = done(draft, node, scope, attempt)
    row = replace(row, input_data=own_input(draft, node, attempt, row.task_id, with_task_def=False))
    if row.input_data.get("terminationStatus") not in STATUSES:
        reason = "given termination status is not valid"
        return draft.add(replace(row, status=TaskStatus.FAILED, reason_for_incompletion=reason))
    return draft.add(replace(row, output_data=_output(row.input_data.get("workflowOutput"))))


def _output(value: Json) -> JsonObject:
    if isinstance(value, dict):
        return value
    return {} if value is None else {"output": value}


TERMINATE = TaskType("TERMINATE", asks_nothing(_create))
