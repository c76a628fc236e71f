"""HUMAN: open until somebody updates it (§2.14)."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.model import Task
from engine.tasks.base import TaskType, asks_nothing, own_input, started
from engine.timeouts import deadline


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = started(draft, node, scope, attempt)
    given = own_input(draft, node, attempt, row.task_id, with_task_def=False)
    row = replace(row, input_data=given, deadline=deadline(row, node.task_definition, draft.now))
    return draft.add(row)


HUMAN = TaskType("HUMAN", asks_nothing(_create))
