"""What time does (§4.3, §2.13): a passed deadline, and a look at all clocks."""

from __future__ import annotations

from engine import ending, flow
from engine.commands import Decide, Expire
from engine.draft import Draft
from engine.effects import TerminateWorkflow
from engine.model import Task
from engine.questions import Steps
from engine.status import TaskStatus, WorkflowStatus
from engine.timeouts import deadline, reason, struck, workflow_deadline, workflow_reason


def expire(draft: Draft, command: Expire) -> Steps[None]:
    """Do what is due. A paused workflow waits for its resume; an early call changes nothing."""
    if draft.header.status is not WorkflowStatus.RUNNING:
        return
    if not command.task_id:
        yield from _expire_workflow(draft)
        return
    task = draft.rows.get(command.task_id)
    if task is not None and not task.status.terminal:
        yield from _expire_task(draft, task)


def look(draft: Draft, command: Decide) -> Steps[None]:  # noqa: ARG001 - every rule has this shape
    """All clocks, then all rules (§1.5)."""
    if draft.header.status is WorkflowStatus.RUNNING:
        yield from _expire_workflow(draft)
    for task in draft.rows.open():
        if draft.header.status is WorkflowStatus.RUNNING and task.deadline and task.deadline <= draft.now:
            yield from _expire_task(draft, task)
    yield from flow.reconcile(draft)


def _expire_workflow(draft: Draft) -> Steps[None]:
    at = draft.header.deadline
    if not at or at > draft.now:
        return
    if draft.definition.timeout_policy == "ALERT_ONLY":
        draft.set(deadline=workflow_deadline(draft.header, draft.definition, draft.now))
        return
    yield from ending.end(draft, WorkflowStatus.TIMED_OUT, workflow_reason(draft.header, draft.definition, draft.now))


def _expire_task(draft: Draft, task: Task) -> Steps[None]:
    task_def = draft.task_def_of(task)
    if task.wait_timeout and task.wait_timeout <= draft.now:
        yield from flow.wake(draft, task)
    elif (clock := struck(task, task_def, draft.now)) is not None:
        text = reason(clock, task, draft.now)
        task = draft.change(task, status=TaskStatus.TIMED_OUT, reason_for_incompletion=text)
        _end_child(draft, task)
        if clock.policy == "TIME_OUT_WF":
            # §4.3.7: no retries, and the workflow shows the task's own text
            yield from ending.end(draft, WorkflowStatus.TIMED_OUT, text, task)
            return
    elif deadline(task, task_def, draft.now) != task.deadline:
        draft.restate(task)
    yield from flow.advance(draft)


def _end_child(draft: Draft, task: Task) -> None:
    """Nobody waits for the child any more, and another attempt may start another one: both must not run."""
    child = task.sub_workflow_id
    if child:
        text = f"The task {task.reference_task_name} of the parent workflow has timed out"
        draft.post(TerminateWorkflow(f"terminate:{child}:{draft.version}", child, text))
