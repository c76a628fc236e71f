"""DECISION: the older SWITCH (§2.8). Other than there, an empty case means the default, and an error ends the workflow
without a row.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.definitions import Json, JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.ending import WorkflowEnds
from engine.java_text import java_text
from engine.model import Task
from engine.questions import Evaluate, Evaluated, Steps
from engine.status import WorkflowStatus
from engine.tasks.base import TaskType, done, plain_input


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    value = yield from _value(node, plain_input(draft, node, attempt))
    case = java_text(value)
    chosen = _branch(node, case)
    shown: JsonObject = ({"hasChildren": "true"} if chosen else {}) | {"case": case}
    row = done(
        draft, node, scope, attempt, task_def_name="DECISION", input_data=shown, output_data={"caseOutput": [case]},
        executed=bool(chosen),
    )  # fmt: skip
    return draft.add(row)


def _value(node: WorkflowTask, given: JsonObject) -> Steps[Json]:
    """A case expression wins over a case parameter, unless it is blank."""
    expression = node.case_expression or ""
    if not expression.strip():
        return given.get(node.case_value_param or "")
    answer: Evaluated = yield Evaluate("javascript", expression, given)
    if answer.error is not None:
        raise WorkflowEnds(WorkflowStatus.FAILED, f"Error while evaluating script: {expression}")
    return answer.value


def _branch(node: WorkflowTask, case: str) -> list[WorkflowTask]:
    return node.decision_cases.get(case) or node.default_case


def _children(draft: Draft, task: Task) -> Iterable[WorkflowTask]:
    if "hasChildren" not in task.input_data:
        return ()
    return _branch(draft.node_of(task), str(task.input_data.get("case")))[:1]


DECISION = TaskType("DECISION", _create, _children, retriable=False)
