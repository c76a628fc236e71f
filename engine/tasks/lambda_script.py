"""LAMBDA: the older INLINE (§2.17). Its script is the body of a function, so it may use `return`."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.expressions import not_a_text, text_of
from engine.java_text import java_text
from engine.model import Task
from engine.questions import Evaluate, Evaluated, Steps
from engine.status import TaskStatus
from engine.tasks.base import TaskType, done, own_input

KEY = "scriptExpression"
NO_TEXT = "A non-empty String value must be provided."


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    row = done(draft, node, scope, attempt)
    given = own_input(draft, node, attempt, row.task_id)
    row = replace(row, input_data=given)
    script = text_of(given, KEY)
    if script is None:
        shown = f"'{KEY}' in Lambda task's input parameters is {java_text(given.get(KEY))}."
        empty = f"Empty '{KEY}' in Lambda task's input parameters."
        reason = f"{shown if not_a_text(given, KEY) else empty} {NO_TEXT}"
        return draft.add(replace(row, status=TaskStatus.FAILED, reason_for_incompletion=reason))
    answer: Evaluated = yield Evaluate("javascript", as_function(script), given)
    if answer.error is not None:
        failed = replace(row, status=TaskStatus.FAILED, output_data={"error": answer.error})
        return draft.add(replace(failed, reason_for_incompletion=answer.error))
    return draft.add(replace(row, output_data={"result": answer.value}))


def as_function(script: str) -> str:
    """The script whose value is what the body returns; lines keep their numbers, and a last comment its end."""
    return f"(function () {{{script}\n}})()"


LAMBDA = TaskType("LAMBDA", _create)
