"""Rows of the types that the server's own workers carry out: SCHEDULED, and on the queue of their type (§2.0, §8.5)."""

from __future__ import annotations

from typing import Any

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.model import Task
from engine.tasks.base import definition_of, new_row
from engine.timeouts import SECOND


def waiting_row(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt, **fields: Any) -> Task:
    """A row that may be taken after the start delay, or after the delay of a retry; it has no domain (E64)."""
    task_def = definition_of(node)
    delay_ms = attempt.delay_ms if attempt.before else node.start_delay * SECOND
    return new_row(
        draft,
        node,
        scope,
        attempt,
        available_at=draft.now + delay_ms if delay_ms else 0,
        callback_after_seconds=delay_ms // SECOND,
        execution_name_space=task_def.execution_name_space,
        isolation_group_id=task_def.isolation_group_id,
        **fields,
    )
