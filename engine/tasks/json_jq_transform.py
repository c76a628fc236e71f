"""JSON_JQ_TRANSFORM: a jq program over the task's whole input (§2.18)."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.expressions import not_a_text
from engine.java_text import java_text
from engine.model import Task
from engine.questions import Evaluate, Evaluated, Steps
from engine.status import TaskStatus
from engine.tasks.base import TaskType, done, own_input

KEY = "queryExpression"


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    row = done(draft, node, scope, attempt)
    given = own_input(draft, node, attempt, row.task_id)
    row = replace(row, input_data=given)
    if given.get(KEY) is None:
        return draft.add(_failed(row, f"Missing '{KEY}' in input parameters"))
    if not_a_text(given, KEY):
        return draft.add(_failed(row, f"'{KEY}' in input parameters must be a String, but is {java_text(given[KEY])}"))
    answer: Evaluated = yield Evaluate("jq", given[KEY], given)
    if answer.error is not None:
        return draft.add(replace(_failed(row, answer.error), output_data={"error": answer.error}))
    results = answer.value
    output = {"result": results[0] if results else None, "resultList": results}
    return draft.add(replace(row, output_data=output))


def _failed(row: Task, reason: str) -> Task:
    return replace(row, status=TaskStatus.FAILED, reason_for_incompletion=reason)


JSON_JQ_TRANSFORM = TaskType("JSON_JQ_TRANSFORM", _create, failed_when_made=True)
