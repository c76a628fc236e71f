"""FORK_JOIN: every branch begins, and the JOIN behind it exists from the start (§2.4)."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.ending import WorkflowEnds
from engine.model import Task
from engine.status import WorkflowStatus
from engine.tasks.base import TaskType, asks_nothing, done, plain_input


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    follows = draft.graph.follows(node.task_reference_name)
    join = draft.graph.node(follows) if follows else None
    if join is None or join.type not in ("JOIN", "EXCLUSIVE_JOIN"):
        raise WorkflowEnds(
            WorkflowStatus.FAILED, "Fork task definition is not followed by a join task.  Check the blueprint"
        )
    given = plain_input(draft, node, attempt)
    return draft.add(
        done(draft, node, scope, attempt, task_type="FORK", task_def_name="FORK", input_data=given, executed=True)
    )


def _children(draft: Draft, task: Task) -> tuple[str, ...]:
    node = draft.node_of(task)
    heads = tuple(branch[0].task_reference_name for branch in node.fork_tasks if branch)
    join = draft.graph.follows(task.node)
    return (*heads, join) if join else heads


FORK_JOIN = TaskType("FORK_JOIN", asks_nothing(_create), _children, retriable=False, revived_in_place=True)
