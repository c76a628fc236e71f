"""NOOP: nothing (§2.21). Not even its input parameters are looked at."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.model import Task
from engine.tasks.base import TaskType, asks_nothing, done


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    return draft.add(done(draft, node, scope, attempt))


NOOP = TaskType("NOOP", asks_nothing(_create))
