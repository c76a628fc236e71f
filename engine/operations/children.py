"""News between executions: a child that has ended, and effects that are done (§2.10.4, DESIGN §4)."""

from __future__ import annotations

from engine import ending, flow
from engine.commands import ChildEnded, ChildFound, ChildGone, EffectDone, Follow
from engine.draft import Attempt, Draft
from engine.effects import Effect, StartWorkflow, TerminateWorkflow
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
    again = command.again and draft.header.status is WorkflowStatus.RUNNING
    draft.change(
        task, status=TaskStatus.FAILED, reason_for_incompletion=reason,
        retried=again or task.retried, executed=again or task.executed,
    )  # fmt: skip
    if again:
        yield from flow.revive(draft, draft.node_of(task), draft.scope_of(task), Attempt(task.retry_count + 1, task))
    yield from flow.advance(draft)


def child_found(draft: Draft, command: ChildFound) -> Steps[None]:
    """The task waits for that execution; if it waits no more, and this is what was started for it, it is ended."""
    task = draft.rows.get(command.task_id)
    if task is not None and task.sub_workflow_id == command.child_id:
        return
    if task is not None and not task.status.terminal and task.sub_workflow_id == command.asked:
        output = {**task.output_data, "subWorkflowId": command.child_id}
        draft.change(task, sub_workflow_id=command.child_id, output_data=output)
        return
    text = f"The task {command.task_id} that it was started for does not wait for it any more"
    draft.post(TerminateWorkflow(f"terminate:{command.child_id}:{draft.version}", command.child_id, text))
    return
    yield


def follow(draft: Draft, command: Follow) -> Steps[None]:
    """Remember who else waits for the end of this execution; also later ends are told."""
    follower = (command.workflow_id, command.task_id)
    if follower not in draft.header.followers:
        draft.set(followers=(*draft.header.followers, follower))
    return
    yield


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
