"""News between executions: a child that has ended, and effects that are done (§2.10.4, DESIGN §4)."""

from __future__ import annotations

from engine import ending, flow
from engine.commands import ChildEnded, ChildGone, EffectDone
from engine.draft import Draft
from engine.effects import Effect, StartWorkflow
from engine.questions import Steps
from engine.status import TaskStatus, WorkflowStatus

_TASK_STATUS = {
    WorkflowStatus.COMPLETED: TaskStatus.COMPLETED,
    WorkflowStatus.FAILED: TaskStatus.FAILED,
    WorkflowStatus.TIMED_OUT: TaskStatus.TIMED_OUT,
    WorkflowStatus.TERMINATED: TaskStatus.CANCELED,
}
"""What a child's end makes of its parent's task."""


def child_ended(draft: Draft, command: ChildEnded) -> Steps[None]:
    """End the task of a child. News of a child that the task no longer waits for is dropped (E51)."""
    child = command.child
    task = draft.rows.get(command.task_id)
    if task is None or task.status.terminal or task.sub_workflow_id != child.workflow_id or not child.status.terminal:
        return
    reason = None
    if child.status is not WorkflowStatus.COMPLETED:
        name = f"{child.workflow_name}.{child.workflow_version}/{child.workflow_id}"
        reason = f"Sub workflow {name} failure reason: {child.reason_for_incompletion}"
    draft.change(
        task,
        status=_TASK_STATUS[child.status],
        output_data={**task.output_data, **child.output},
        reason_for_incompletion=reason,
    )
    yield from flow.advance(draft)


def child_gone(draft: Draft, command: ChildGone) -> Steps[None]:
    """Fail the task of a child that was removed (S8)."""
    task = draft.rows.get(command.task_id)
    if task is None or task.status.terminal or task.sub_workflow_id != command.child_id:
        return
    reason = f"Sub workflow {command.child_id} was removed"
    draft.change(task, status=TaskStatus.FAILED, reason_for_incompletion=reason)
    yield from flow.advance(draft)


def effect_done(draft: Draft, command: EffectDone) -> Steps[None]:
    """Cross an effect out of the outbox; what can never be done fails the task that asked for it."""
    known = next((effect for effect in draft.header.outbox if effect.key == command.key), None)
    if known is None:
        return
    draft.set(outbox=tuple(effect for effect in draft.header.outbox if effect is not known))
    if command.error is not None:
        yield from _failed(draft, known, command.error)


def _failed(draft: Draft, effect: Effect, error: str) -> Steps[None]:
    if isinstance(effect, StartWorkflow) and effect.failed_workflow:
        draft.set(output={**draft.header.output, ending.FAILURE_WORKFLOW: error})
    task_id = effect.parent_task_id if isinstance(effect, StartWorkflow) else None
    task = draft.rows.get(task_id) if task_id else None
    if task is not None and not task.status.terminal:
        draft.change(task, status=TaskStatus.FAILED, reason_for_incompletion=error)
        yield from flow.advance(draft)
