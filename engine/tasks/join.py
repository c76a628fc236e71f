"""JOIN: waits until everything it joins has ended for good (§2.6).

It is looked at when a joined row ends, in the same decision, after retries have been considered (P6, C4): a failed
attempt that is tried again never shows here. A skipped task counts as ended (S5). One without `joinOn` joins nothing,
so it ends at once, also behind a fork (recorded; `engine.joins.joining_nothing` finds those, U18).
"""

from __future__ import annotations

from engine.definitions import WorkflowTask
from engine.draft import Attempt, Draft, Scope
from engine.joins import gathered
from engine.model import Task
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, started


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    joined = _join_on(node, attempt)
    known = draft.graph.node(node.task_reference_name)
    # behind a static fork its own inputs are dropped, behind a dynamic one they are kept, unresolved (D24)
    given = {} if node is known else node.input_parameters
    row = started(
        draft, node, scope, attempt, task_def_name="JOIN", input_data={**given, "joinOn": joined},
        waits_for=tuple(scope.name(reference) for reference in joined), own_node=None,
    )  # fmt: skip
    draft.add(row)
    return evaluate(draft, row)


def _join_on(node: WorkflowTask, attempt: Attempt) -> list[str]:
    """What it waits for; one that runs again keeps its list, but a skipped one never had any."""
    kept = attempt.again.input_data.get("joinOn") if attempt.again else None
    return kept if kept is not None else node.join_on


def evaluate(draft: Draft, join: Task) -> Task:
    """End an open JOIN if it can end: at once when a branch failed that nobody tolerates, else when all have ended."""
    rows = [draft.rows.newest(reference) for reference in join.waits_for]
    known = [row for row in rows if row is not None]
    if draft.rows.remaining(join.task_id) == 0:
        return finish(draft, join, known)
    if any(_breaks(draft, row) for row in known):
        return _fail(draft, join, known)
    return join


def _joined(draft: Draft, join: Task, branch: Task) -> None:
    """Look at an open JOIN after one joined row has ended for good; costs the same whatever the number of branches."""
    if draft.rows.remaining(join.task_id) == 0 or _breaks(draft, branch):
        evaluate(draft, join)


def _run_dry(draft: Draft, join: Task, rows: list[Task]) -> None:
    finish(draft, join, rows)


def finish(draft: Draft, join: Task, rows: list[Task]) -> Task:
    """End a JOIN with the rows that are there."""
    if any(not row.status.successful and not draft.node_of(row).optional for row in rows):
        return _fail(draft, join, rows)
    output = gathered(draft.rows, join)
    partly = [row for row in rows if row.status is TaskStatus.COMPLETED_WITH_ERRORS and draft.node_of(row).optional]
    if not partly:
        return draft.change(join, status=TaskStatus.COMPLETED, output_data=output)
    reason = " ".join(f"{row.task_def_name}/{row.task_id} completed with errors" for row in partly)
    return draft.change(
        join, status=TaskStatus.COMPLETED_WITH_ERRORS, output_data=output, reason_for_incompletion=reason
    )


def _breaks(draft: Draft, row: Task) -> bool:
    """A failure that ends the JOIN without waiting for the other branches."""
    node = draft.node_of(row)
    return not row.status.successful and not row.retried and not node.optional and not node.permissive


def _fail(draft: Draft, join: Task, rows: list[Task]) -> Task:
    failed = [row for row in rows if not row.status.successful and not draft.node_of(row).optional]
    cancelled = all(row.status is TaskStatus.CANCELED for row in failed)
    status = TaskStatus.CANCELED if cancelled else TaskStatus.FAILED
    reason = " ".join(row.reason_for_incompletion or "" for row in failed).strip()
    return draft.change(join, status=status, reason_for_incompletion=reason or None)


JOIN = TaskType("JOIN", asks_nothing(_create), retriable=False, revived_in_place=True, joined=_joined, run_dry=_run_dry)
