"""Small executions and tasks to show."""

from __future__ import annotations

from typing import Any

from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.model import Task, Workflow
from engine.views import TaskView, WorkflowView

NODE = WorkflowTask(name="pack", task_reference_name="pack_ref", task_definition=TaskDef(name="pack"))


def task_view(node: WorkflowTask = NODE, definition_id: str = "d1", **fields: Any) -> TaskView:
    """A task of `NODE`, with the fields given."""
    defaults: dict[str, Any] = {
        "task_id": "t1",
        "workflow_instance_id": "w1",
        "reference_task_name": "pack_ref",
        "task_type": "pack",
        "task_def_name": "pack",
        "seq": 1,
        "node": node.task_reference_name,
    }
    return TaskView(Task(**{**defaults, **fields}), node, definition_id)


def workflow_view(*tasks: TaskView, **fields: Any) -> WorkflowView:
    """An execution of a definition with `NODE`, with the fields given."""
    defaults: dict[str, Any] = {
        "workflow_id": "w1",
        "workflow_name": "ship",
        "workflow_version": 2,
        "definition_id": "d1",
    }
    definition = WorkflowDef(name="ship", version=2, tasks=[NODE])
    return WorkflowView(Workflow(**{**defaults, **fields}), definition, tasks)
