"""SWITCH: one of several cases (§2.8). Its row and the first task of the chosen case appear together."""

from __future__ import annotations

from engine.definitions import JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.ending import WorkflowEnds
from engine.expressions import EVALUATORS, NOT_HERE, evaluate
from engine.java_text import java_text
from engine.model import Task
from engine.questions import Evaluated, Steps
from engine.status import TaskStatus, WorkflowStatus
from engine.tasks.base import TaskType, done, plain_input


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    given = plain_input(draft, node, attempt)
    answer = yield from _evaluate(node, given)
    if answer.error is not None:
        # E37: an error makes a FAILED row; SWITCH is never retried
        row = done(
            draft, node, scope, attempt, task_def_name="SWITCH", status=TaskStatus.FAILED, input_data=given,
            reason_for_incompletion=answer.error,
        )  # fmt: skip
        return draft.add(row)
    case = java_text(answer.value)
    chosen = _branch(node, case)
    shown: JsonObject = {**given, "case": case} | ({"hasChildren": "true"} if chosen else {})
    output: JsonObject = {"evaluationResult": [case], "selectedCase": case}
    row = done(
        draft, node, scope, attempt, task_def_name="SWITCH", input_data=shown, output_data=output,
        executed=bool(chosen),
    )  # fmt: skip
    return draft.add(row)


def _evaluate(node: WorkflowTask, given: JsonObject) -> Steps[Evaluated]:
    kind = node.evaluator_type or ""
    if kind not in EVALUATORS:
        raise WorkflowEnds(WorkflowStatus.FAILED, NOT_HERE.get(kind, f"No evaluator registered for type: {kind}"))
    answer = yield from evaluate(kind, node.expression or "", given)
    return answer


def _branch(node: WorkflowTask, case: str) -> list[WorkflowTask]:
    """The tasks of a case; a matching empty case runs nothing, only a missing one means the default (E36)."""
    return node.decision_cases.get(case, node.default_case)


def _children(draft: Draft, task: Task) -> tuple[WorkflowTask, ...]:
    if "hasChildren" not in task.input_data:
        return ()
    chosen = _branch(draft.node_of(task), str(task.input_data.get("case")))
    return tuple(chosen[:1])


SWITCH = TaskType("SWITCH", _create, _children, retriable=False, failed_when_made=True)
