"""INLINE: the value of an expression (§2.16). An error in the expression is final, one of time or luck is not."""

from __future__ import annotations

from engine.definitions import JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.expressions import EVALUATORS, NOT_HERE, evaluate, not_a_text, text_of
from engine.java_text import java_text
from engine.model import Task
from engine.questions import Steps
from engine.status import TaskStatus
from engine.tasks.base import TaskType, done, own_input

DEFAULT = "javascript"
NO_TEXT = "A non-empty String value must be provided."


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    row = done(draft, node, scope, attempt)
    row = replace(row, input_data=own_input(draft, node, attempt, row.task_id))
    problem = _problem(row.input_data)
    if problem is not None:
        return draft.add(_failed(row, problem, TaskStatus.FAILED_WITH_TERMINAL_ERROR))
    answer = yield from evaluate(_evaluator(row.input_data), row.input_data["expression"], row.input_data)
    if answer.error is not None:
        status = TaskStatus.FAILED if answer.interrupted else TaskStatus.FAILED_WITH_TERMINAL_ERROR
        return draft.add(_failed(row, answer.error, status))
    return draft.add(replace(row, output_data={"result": answer.value}))


def _evaluator(given: JsonObject) -> str:
    value = given.get("evaluatorType")
    return DEFAULT if value is None else java_text(value)


def _problem(given: JsonObject) -> str | None:
    """What is wrong with the input before any expression is looked at, in the reference's order and words."""
    evaluator = _evaluator(given)
    if not evaluator.strip():
        return f"Empty 'evaluatorType' in INLINE task's input parameters. {NO_TEXT}"
    if evaluator not in EVALUATORS:
        return NOT_HERE.get(evaluator, f"Unknown evaluator '{evaluator}' in INLINE task.")
    if not_a_text(given, "expression"):
        return f"'expression' in Inline task's input parameters is {java_text(given['expression'])}. {NO_TEXT}"
    if text_of(given, "expression") is None:
        return f"Empty 'expression' in Inline task's input parameters. {NO_TEXT}"
    return None


def _failed(row: Task, reason: str, status: TaskStatus) -> Task:
    return replace(row, status=status, output_data={"error": reason}, reason_for_incompletion=reason)


INLINE = TaskType("INLINE", _create)
