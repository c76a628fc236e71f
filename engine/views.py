"""What clients are shown of executions: rows with the nodes of the definition they came from."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definitions import WorkflowDef, WorkflowTask
from engine.graph import Graph
from engine.model import Task, Workflow


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with the node of the definition it came from; `definition_id` and `node` make a cache key."""

    task: Task
    node: WorkflowTask
    definition_id: str


@dataclass(frozen=True, slots=True)
class WorkflowView:
    """An execution with its definition; `tasks` is empty when it was asked for without."""

    header: Workflow
    definition: WorkflowDef
    tasks: tuple[TaskView, ...]


def view(task: Task, graph: Graph) -> TaskView:
    """A task as clients see it."""
    node = task.own_node or graph.node(task.node) or WorkflowTask(task.task_def_name, task.node, type=task.task_type)
    return TaskView(task, node, graph.definition_id)
