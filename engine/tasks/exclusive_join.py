"""EXCLUSIVE_JOIN: takes the output of the first of several tasks that has run (§2.7, E39)."""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.model import Task
from engine.rows import finished
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, started


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    given = {"joinOn": node.join_on, "defaultExclusiveJoinTask": node.default_exclusive_join_task}
    references = dict.fromkeys((*node.join_on, *node.default_exclusive_join_task))
    row = started(
        draft, node, scope, attempt, task_def_name="EXCLUSIVE_JOIN", input_data=given,
        waits_for=tuple(scope.name(reference) for reference in references),
    )  # fmt: skip
    draft.add(row)
    return _evaluate(draft, row)


def _evaluate(draft: Draft, join: Task) -> Task:
    """The first joined row that runs or ran decides; only when there is none, the default list."""
    node, scope = draft.node_of(join), draft.scope_of(join)
    for references in (node.join_on, node.default_exclusive_join_task):
        rows = (draft.rows.newest(scope.name(reference)) for reference in references)
        first = next((row for row in rows if row is not None and row.status is not TaskStatus.SKIPPED), None)
        if first is not None:
            return _take(draft, join, first) if finished(first) else join
    return join


def _take(draft: Draft, join: Task, row: Task) -> Task:
    if row.status.successful:
        return draft.change(join, status=TaskStatus.COMPLETED, output_data=row.output_data)
    return draft.change(join, status=TaskStatus.FAILED, reason_for_incompletion=row.reason_for_incompletion)


def _joined(draft: Draft, join: Task, branch: Task) -> None:  # noqa: ARG001 - every rule of this kind has this shape
    _evaluate(draft, join)


def _run_dry(draft: Draft, join: Task, rows: list[Task]) -> None:
    ended = next((row for row in rows if row.status is not TaskStatus.SKIPPED), None)
    if ended is not None:
        _take(draft, join, ended)
    else:
        draft.change(join, status=TaskStatus.COMPLETED)


EXCLUSIVE_JOIN = TaskType(
    "EXCLUSIVE_JOIN", asks_nothing(_create), retriable=False, revived_in_place=True, joined=_joined, run_dry=_run_dry
)
