"""START_WORKFLOW: starts another execution and does not wait for it (§2.11). `engine.workers` does the starting."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.model import Task
from engine.tasks.base import TaskType, asks_nothing, definition_of, plain_input
from engine.tasks.in_server import waiting_row
from engine.tasks.worker import schedule


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = waiting_row(draft, node, scope, attempt, input_data=plain_input(draft, node, attempt))
    return schedule(draft, row, definition_of(node))


START_WORKFLOW = TaskType("START_WORKFLOW", asks_nothing(_create))
