"""SET_VARIABLE: every input becomes a variable of the workflow (§2.19)."""

from __future__ import annotations

import msgspec

from engine.definitions import JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.model import Task
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, done, plain_input

LIMIT_KB = 256
"""The largest size of all variables of a workflow as JSON."""


def too_large(workflow_id: str, variables: JsonObject) -> str | None:
    """The sentence for variables that are more than a workflow may have; None when they are not."""
    size = len(msgspec.json.encode(variables))
    if size <= LIMIT_KB * 1024:
        return None
    return (
        f"The variables payload size: {size} of workflow: {workflow_id} "
        f"is greater than the permissible limit: {LIMIT_KB} kilobytes"
    )


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    given = plain_input(draft, node, attempt)
    variables = {**draft.header.variables, **given}
    reason = too_large(draft.header.workflow_id, variables)
    if reason is not None:
        row = done(
            draft, node, scope, attempt, input_data=given,
            status=TaskStatus.FAILED_WITH_TERMINAL_ERROR, reason_for_incompletion=reason,
        )  # fmt: skip
        return draft.add(row)
    draft.set(variables=variables)
    return draft.add(done(draft, node, scope, attempt, input_data=given))


SET_VARIABLE = TaskType("SET_VARIABLE", asks_nothing(_create))
