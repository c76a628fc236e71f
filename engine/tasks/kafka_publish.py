"""KAFKA_PUBLISH (§2.22): there is no adapter for Kafka yet, so it fails for good, with a sentence.

Registration refuses it (`engine.validation_tasks`). It comes here all the same as a branch of a dynamic fork, by the
name of a DYNAMIC, in an inline definition, or from a server that could: it must not wait for a worker that never polls.
"""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.model import Task
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, done, own_input

NO_ADAPTER = "Task type KAFKA_PUBLISH is not supported yet: this server has no adapter for Kafka."


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = done(
        draft, node, scope, attempt,
        status=TaskStatus.FAILED_WITH_TERMINAL_ERROR, reason_for_incompletion=NO_ADAPTER,
    )  # fmt: skip
    return draft.add(replace(row, input_data=own_input(draft, node, attempt, row.task_id)))


KAFKA_PUBLISH = TaskType("KAFKA_PUBLISH", asks_nothing(_create))
