"""What happens to single tasks: poll, update, lease, skip (§5.7, §5.11, §5.12)."""

from __future__ import annotations

from typing import Any

from engine import flow
from engine.commands import ExtendLease, HandOut, ResetCallbacks, SkipTask, UpdateTask
from engine.draft import OUTSIDE, Draft
from engine.errors import Conflict, InvalidInput, NotFound
from engine.model import Task
from engine.payload_limits import task_too_large
from engine.questions import Steps
from engine.requests import TaskResult
from engine.status import REPORTABLE, TaskStatus, WorkflowStatus
from engine.tasks import task_type
from engine.tasks.base import new_row
from engine.tasks.worker import entry_of
from engine.timeouts import SECOND, struck

REASON_LIMIT = 500
"""Characters of `reasonForIncompletion` that are kept (§1.2)."""


def hand_out(draft: Draft, command: HandOut) -> Steps[None]:
    """Give a task to a worker. One that has ended leaves the queue instead; one whose time is over is left to its
    clock (E58), and one that a worker has already to that worker (another server's poll was slow to say so).
    """
    task = draft.rows.get(command.task_id)
    if task is None or task.status.terminal:
        draft.dequeue(command.task_id)
        return
    if command.in_server and struck(task, draft.task_def_of(task), draft.now):
        return
    if task.status is not TaskStatus.SCHEDULED:
        return
    draft.change_timed(
        task,
        status=task.status if command.in_server else TaskStatus.IN_PROGRESS,
        start_time=task.start_time or draft.now,
        worker_id=command.worker_id,
        poll_count=task.poll_count + 1,
        callback_after_seconds=0,
        available_at=0,
    )
    return
    yield


def extend_lease(draft: Draft, command: ExtendLease) -> Steps[None]:
    """Only the response time-out counts anew; nothing happens to a task that has ended (E21)."""
    task = _known(draft, command.task_id)
    if not task.status.terminal:
        draft.change_timed(task)
    return
    yield


def _known(draft: Draft, task_id: str) -> Task:
    task = draft.rows.get(task_id)
    if task is None:
        raise NotFound(f"No such task found by id: {task_id}")
    return task


def update(draft: Draft, command: UpdateTask) -> Steps[None]:
    """Take a report. What has ended stays as it is, and the report is accepted silently (E6)."""
    result = command.result
    task = _known(draft, result.task_id)
    if result.status not in REPORTABLE:
        raise InvalidInput(f"A task cannot be reported as {result.status}; use one of {', '.join(sorted(REPORTABLE))}.")
    if task.status.terminal or draft.header.status.terminal or command.begun not in (0, task.start_time):
        return
    changes = _reported(task, result, command.merge)
    problem = task_too_large(changes["output_data"], task)
    if problem is not None:
        fail = TaskStatus.FAILED_WITH_TERMINAL_ERROR
        draft.change(task, status=fail, **{**changes, "output_data": {}, "reason_for_incompletion": problem})
        yield from flow.advance(draft)
    elif result.status is not TaskStatus.IN_PROGRESS:
        draft.change(task, status=result.status, **changes)
        yield from flow.advance(draft)
    elif task_type(draft.node_of(task).type).worker:
        _hand_back(draft, task, result, changes)
    else:
        # what the server has begun (asyncComplete), others go on with: nobody takes it from a queue any more
        draft.change_timed(task, status=result.status, **changes)
        draft.dequeue(task.task_id)


def _reported(task: Task, result: TaskResult, merge: bool) -> dict[str, Any]:
    reason = result.reason_for_incompletion
    changes: dict[str, Any] = {
        "output_data": {**task.output_data, **result.output_data} if merge else result.output_data,
        "reason_for_incompletion": reason[:REASON_LIMIT] if reason is not None else None,
        "callback_after_seconds": max(result.callback_after_seconds, 0),
        "start_time": task.start_time or task.scheduled_time,
    }
    if result.worker_id:
        changes["worker_id"] = result.worker_id
    if result.sub_workflow_id:
        changes["sub_workflow_id"] = result.sub_workflow_id
    if result.external_output_payload_storage_path:
        changes["external_output_payload_storage_path"] = result.external_output_payload_storage_path
    return changes


def _hand_back(draft: Draft, task: Task, result: TaskResult, changes: dict[str, Any]) -> None:
    """IN_PROGRESS from a worker: the same task is SCHEDULED again, after the callback time (§4.4)."""
    seconds = max(result.callback_after_seconds, 0)
    changes["available_at"] = draft.now + seconds * SECOND if seconds else 0
    changes["scheduled_time"] = draft.now  # S11: the poll time-out counts anew
    task = draft.change_timed(task, status=TaskStatus.SCHEDULED, **changes)
    draft.enqueue(entry_of(task, draft.task_def_of(task)))


def reset_callbacks(draft: Draft, command: ResetCallbacks) -> Steps[None]:  # noqa: ARG001 - every rule has this shape
    """Make every SCHEDULED task that was put off available now; refused for what has ended."""
    status = draft.header.status
    if status.terminal:
        raise Conflict(f"Workflow is in terminal state. Status = {status}")
    for task in draft.rows.open():
        if task.status is TaskStatus.SCHEDULED and task.available_at > draft.now:
            # S11: the poll time-out counts anew
            task = draft.change_timed(task, callback_after_seconds=0, available_at=0, scheduled_time=draft.now)
            draft.enqueue(entry_of(task, draft.task_def_of(task)))
    return
    yield


def skip(draft: Draft, command: SkipTask) -> Steps[None]:
    """Put a SKIPPED row where the flow has not arrived yet; it will be jumped over."""
    header, reference = draft.header, command.reference
    if header.status is not WorkflowStatus.RUNNING:
        raise Conflict(
            f"The workflow {header.workflow_id} is not running so the task referenced by {reference} cannot be skipped"
        )
    node = draft.graph.node(reference)
    if node is None:
        raise InvalidInput(
            f"The task referenced by {reference} does not exist in the WorkflowDefinition {header.workflow_name}"
        )
    loop = draft.graph.places[reference].loop
    if loop is not None:
        # N3: its rows have other names, one for each iteration
        raise InvalidInput(
            f"The task referenced by {reference} is inside of the loop {loop}: only the loop as a whole can be skipped"
        )
    if draft.rows.newest(reference) is not None:
        raise Conflict(f"The task referenced {reference} has already been processed, cannot be skipped")
    row = new_row(
        draft, node, OUTSIDE, task_type=node.name, status=TaskStatus.SKIPPED, end_time=draft.now,
        input_data=command.request.task_input, output_data=command.request.task_output,
    )  # fmt: skip
    draft.add(row)
    yield from flow.reconcile(draft)
