"""SET_VARIABLE: every input becomes a variable of the workflow (§2.19)."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.model import Task
from engine.payload_limits import variables_too_large
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, done, plain_input


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    given = plain_input(draft, node, attempt)
    variables = {**draft.header.variables, **given}
    reason = variables_too_large(variables, draft.header.workflow_id)
    if reason is not None:
        row = done(
            draft, node, scope, attempt, input_data=given,
            status=TaskStatus.FAILED_WITH_TERMINAL_ERROR, reason_for_incompletion=reason,
        )  # fmt: skip
        return draft.add(row)
    draft.set(variables=variables)
    return draft.add(done(draft, node, scope, attempt, input_data=given))


SET_VARIABLE = TaskType("SET_VARIABLE", asks_nothing(_create))
