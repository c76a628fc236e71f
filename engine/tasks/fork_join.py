"""FORK_JOIN: every branch begins, and the JOIN behind it exists from the start (§2.4)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.ending import WorkflowEnds
from engine.model import Task
from engine.status import WorkflowStatus
from engine.tasks.base import TaskType, asks_nothing, done, plain_input


def join_behind(draft: Draft, reference: str) -> WorkflowTask:
    """The JOIN that every fork must be followed by."""
    follows = draft.graph.follows(reference)
    join = draft.graph.node(follows) if follows else None
    if join is None or join.type not in ("JOIN", "EXCLUSIVE_JOIN"):
        text = "Fork task definition is not followed by a join task.  Check the blueprint"
        raise WorkflowEnds(WorkflowStatus.FAILED, text)
    return join


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    join_behind(draft, node.task_reference_name)
    given = plain_input(draft, node, attempt)
    return draft.add(
        done(draft, node, scope, attempt, task_type="FORK", task_def_name="FORK", input_data=given, executed=True)
    )


def _children(draft: Draft, task: Task) -> Iterator[WorkflowTask]:
    yield from (branch[0] for branch in draft.node_of(task).fork_tasks if branch)
    yield join_behind(draft, task.node)


FORK_JOIN = TaskType("FORK_JOIN", asks_nothing(_create), _children, retriable=False, revived_in_place=True)
