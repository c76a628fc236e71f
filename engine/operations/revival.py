"""Restart, retry and rerun: how what has ended runs again (§5.4 to §5.6)."""

from __future__ import annotations

from typing import Any

from engine import flow
from engine.commands import ChildRevived, Rerun, Restart, Retry
from engine.draft import Attempt, Draft, replace
from engine.effects import RetryChild, ReviveParent
from engine.errors import Conflict, InvalidInput, NotFound
from engine.graph import BRANCHES, DYNAMIC
from engine.model import Task
from engine.operations.lifecycle import label_with_status
from engine.questions import Steps
from engine.requests import RerunWorkflowRequest
from engine.rows import finished
from engine.status import TaskStatus, WorkflowStatus
from engine.tasks import do_while, task_type
from engine.timeouts import workflow_deadline
from engine.transitions import Move

_RETRYABLE = frozenset(
    {TaskStatus.FAILED, TaskStatus.FAILED_WITH_TERMINAL_ERROR, TaskStatus.TIMED_OUT, TaskStatus.CANCELED}
)
_ALIVE: dict[str, Any] = {
    "status": WorkflowStatus.RUNNING,
    "reason_for_incompletion": None,
    "failed_task_id": None,
    "end_time": 0,
}
_NO_FAILURES: dict[str, Any] = {"failed_reference_task_names": [], "failed_task_names": []}


def _revive(draft: Draft, **changes: Any) -> None:
    """The workflow runs again, and its clock starts anew (S14)."""
    draft.set(Move.REVIVE, **_ALIVE, last_retried_time=draft.now)
    draft.set(**changes)
    draft.set(deadline=workflow_deadline(draft.header, draft.definition, draft.now))
    if draft.header.parent_workflow_task_id is not None:
        draft.post(ReviveParent(key=f"revive-parent:{draft.version}"))


def restart(draft: Draft, command: Restart) -> Steps[None]:
    """The same id, no rows, input and variables kept (D4); a definition may refuse it once COMPLETED (E55)."""
    header = draft.header
    if not header.status.terminal:
        raise Conflict(f"Workflow: {label_with_status(draft)} is not in terminal state, unable to restart.")
    if command.graph is not None and command.snapshot is not None:
        draft.graph, draft.snapshot = command.graph, command.snapshot
        definition = command.graph.definition
        draft.set(definition_id=command.graph.definition_id, workflow_version=definition.version)
    if not draft.definition.restartable and header.status is WorkflowStatus.COMPLETED:
        # 404 is odd, but it is what clients see (api/errors)
        raise NotFound(f"Workflow: {label_with_status(draft)} is non-restartable")
    draft.start_over([])
    _revive(draft, output={}, create_time=draft.now)
    draft.set(last_retried_time=0)
    yield from flow.begin(draft)


def retry(draft: Draft, command: Retry) -> Steps[None]:
    """New attempts for what failed or was cancelled; JOINs open again; failed children are replaced or go on."""
    header = draft.header
    if not header.status.terminal:
        raise NotFound(f"Workflow is still running.  status={header.status}")
    rows = list(draft.rows)
    if not rows:
        raise Conflict("Workflow has not started yet")
    chosen = _retryable(rows)
    if not chosen and command.resume and header.status is not WorkflowStatus.TIMED_OUT:
        return
    if not chosen and header.status is not WorkflowStatus.TIMED_OUT:
        raise Conflict(
            "There are no retryable tasks! Use restart if you want to attempt entire workflow execution again."
        )
    resumed = command.resume and any(task.sub_workflow_id for task in chosen)
    # a child that goes on takes its failure back from all above it [rec]
    _revive(draft, **_NO_FAILURES if resumed else {})
    for task in chosen:
        yield from _retry_task(draft, task, command.resume)
    yield from flow.reconcile(draft)


def _retryable(rows: list[Task]) -> list[Task]:
    """The newest row of each reference name, if unsuccessful: a later success cancels an earlier failure."""
    newest = {row.reference_task_name: row for row in rows}
    return [row for row in newest.values() if row.status in _RETRYABLE]


def _retry_task(draft: Draft, task: Task, resume: bool) -> Steps[None]:
    node = draft.node_of(task)
    if resume and task.sub_workflow_id:
        _resume_child(draft, task)
        return
    if task_type(node.type).revived_in_place:
        _reopen(draft, task, retry_count=task.retry_count + 1)
        return
    draft.change(task, retried=True, executed=True)
    # with its whole time again, the total time-out included (S14)
    before = replace(task, first_scheduled_time=draft.now)
    yield from flow.revive(draft, node, draft.scope_of(task), Attempt(task.retry_count + 1, before))


def _reopen(draft: Draft, task: Task, **changes: Any) -> Task:
    """The same row runs again, and has its whole time again (S14)."""
    task = draft.change(
        task, Move.REVIVE, status=TaskStatus.IN_PROGRESS, wait_timeout=0, retried=False, executed=False,
        start_time=draft.now, first_scheduled_time=draft.now, end_time=0,
        output_data=task_type(draft.node_of(task).type).reopened_output(task), reason_for_incompletion=None, **changes,
    )  # fmt: skip
    return draft.restate(task)


def _resume_child(draft: Draft, task: Task) -> None:
    """The task waits for its child again, and the child is told to go on."""
    assert task.sub_workflow_id is not None
    task = _reopen(draft, task)
    draft.post(RetryChild(f"retry:{task.sub_workflow_id}:{draft.version}", str(task.sub_workflow_id), task.task_id))


def child_revived(draft: Draft, command: ChildRevived) -> Steps[None]:
    """A child runs again: so does its task, and what had been cancelled beside it (§5.10). An optional child that ended
    long ago changes nothing (E26, D22); nor does one that another attempt has replaced.
    """
    task = draft.rows.get(command.task_id)
    if task is None or task.retried or task.sub_workflow_id != command.child_id:
        return
    if not task.status.terminal or draft.node_of(task).optional:
        return
    ended = draft.header.status.terminal
    if ended:
        _revive(draft, **_NO_FAILURES)
    _reopen(draft, task)
    for row in _retryable(list(draft.rows)) if ended else ():
        yield from _revive_sibling(draft, row)
    yield from flow.reconcile(draft)


def _revive_sibling(draft: Draft, row: Task) -> Steps[None]:
    node = draft.node_of(row)
    if row.status is TaskStatus.CANCELED and not row.sub_workflow_id and not task_type(node.type).revived_in_place:
        draft_scope = draft.scope_of(row)
        yield from flow.revive(draft, node, draft_scope, Attempt(row.retry_count + 1, again=row, given=row.input_data))
    else:
        yield from _retry_task(draft, row, resume=True)


def rerun(draft: Draft, command: Rerun) -> Steps[None]:
    """The whole workflow, or from one task: back to the moment at which that task was scheduled (S20)."""
    request, header = command.request, draft.header
    if not header.status.terminal:
        raise Conflict(f"Workflow: {label_with_status(draft)} is not in terminal state, unable to rerun.")
    target = None
    if request.re_run_from_task_id:
        target = draft.rows.get(request.re_run_from_task_id)
        if target is None:
            raise InvalidInput(f"Task {request.re_run_from_task_id} not found")
    _revive(draft, **_NO_FAILURES, **_given(request))
    if target is None:
        draft.start_over([])
        yield from flow.begin(draft)
    else:
        yield from _rerun_from(draft, target, request)


def _given(request: RerunWorkflowRequest) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if request.workflow_input is not None:
        changes["input"] = request.workflow_input
    if request.correlation_id is not None:
        changes["correlation_id"] = request.correlation_id
    return changes


def _rerun_from(draft: Draft, target: Task, request: RerunWorkflowRequest) -> Steps[None]:
    draft.start_over([row for row in draft.rows if row.seq < target.seq])
    _turn_loops_back(draft, target)
    for row in list(draft.rows):
        # the attempt before the target has had its turn
        own = row.reference_task_name == target.reference_task_name
        if not own and not row.waits_for and draft.rows.newest(row.reference_task_name) is row:
            yield from _restore(draft, row)
    node = draft.node_of(target)
    given = request.task_input
    if given is None and node.type not in DYNAMIC | BRANCHES:
        given = target.input_data  # as it was resolved, whatever has changed since (recorded)
    attempt = Attempt(target.retry_count, again=target, given=given)
    yield from flow.revive(draft, node, draft.scope_of(target), attempt)
    for row in list(draft.rows):
        if row.waits_for and row.task_id != target.task_id and draft.rows.newest(row.reference_task_name) is row:
            _open_join(draft, row)
    yield from flow.reconcile(draft)


def _turn_loops_back(draft: Draft, target: Task) -> None:
    """The loops around a task go on from the iterations that it belongs to."""
    inside = target
    while inside.loop_task_id is not None and (loop := draft.rows.get(inside.loop_task_id)) is not None:
        iteration = draft.scope_of(inside).iteration
        loop = _reopen(draft, loop, iteration=iteration)
        draft.change(loop, output_data=do_while.turn(draft, loop, iteration))
        inside = loop


def _restore(draft: Draft, row: Task) -> Steps[None]:
    """An earlier row that had failed or was cancelled runs again in place; a loop goes on with its iteration."""
    if row.status not in _RETRYABLE or row.executed:
        return
    node = draft.node_of(row)
    if row.status is TaskStatus.CANCELED and task_type(node.type).revived_in_place:
        _reopen(draft, row)
        return
    again = Attempt(row.retry_count, again=row, given=row.input_data)
    yield from flow.revive(draft, node, draft.scope_of(row), again)


def _open_join(draft: Draft, join: Task) -> None:
    """A JOIN opens when what it joins is open again."""
    if join.status.terminal and not all(finished(draft.rows.newest(name)) for name in join.waits_for):
        _reopen(draft, join)
