"""DYNAMIC: the task's name comes from an input (§2.3). The task definition of that name counts (D2)."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.ending import WorkflowEnds
from engine.java_text import java_text
from engine.model import Task
from engine.questions import Complete, Steps
from engine.status import WorkflowStatus
from engine.tasks.base import Create, TaskType, plain_input


def dynamic(create_as: dict[str, Create], worker: Create) -> TaskType:
    """The type, which hands over to the type that the name stands for, or to a worker."""

    def create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
        named = yield from _named(draft, node, attempt, create_as)
        row = yield from create_as.get(named.type, worker)(draft, named, scope, attempt)
        return row

    return TaskType("DYNAMIC", create, worker=True)


def _named(draft: Draft, node: WorkflowTask, attempt: Attempt, known: dict[str, Create]) -> Steps[WorkflowTask]:
    given = plain_input(draft, node, attempt)
    name = given.get(node.dynamic_task_name_param or "")
    if not name:
        text = "Cannot map a dynamic task based on the parameter and input. "
        text += f"Parameter= {node.dynamic_task_name_param}, input= {java_text(given)}"
        raise WorkflowEnds(WorkflowStatus.FAILED, text)
    kind = name if name in known else "SIMPLE"
    named = replace(node, name=str(name), type=kind, task_definition=None)
    completed: list[WorkflowTask] = yield Complete((named,))
    return completed[0]
