"""HTTP: the server itself makes the request (§2.15); `engine.workers.http` is the one that does."""

from __future__ import annotations

from engine.definitions import JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.model import Task
from engine.parameters import merged_input
from engine.tasks.base import TaskType, asks_nothing, definition_of, own_input
from engine.tasks.in_server import waiting_row
from engine.tasks.worker import schedule


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    task_def = definition_of(node)
    row = waiting_row(
        draft,
        node,
        scope,
        attempt,
        response_timeout_seconds=task_def.response_timeout_seconds,
        rate_limit_per_frequency=task_def.rate_limit_per_frequency,
        rate_limit_frequency_in_seconds=task_def.rate_limit_frequency_in_seconds,
    )
    return schedule(draft, replace(row, input_data=_input(draft, node, attempt, row.task_id)), task_def)


def _input(draft: Draft, node: WorkflowTask, attempt: Attempt, task_id: str) -> JsonObject:
    fresh = own_input(draft, node, attempt, task_id)
    given = merged_input(attempt.before.input_data, fresh) if attempt.before else fresh
    # the node's flag counts, whatever the input says (S1)
    return {**given, "asyncComplete": node.async_complete}


HTTP = TaskType("HTTP", asks_nothing(_create))
