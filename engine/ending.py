"""How a workflow ends: its output, its reason, its open tasks, its failure workflow (§1.10 to §1.12, §5.9)."""

from __future__ import annotations

from engine.definitions import JsonObject
from engine.draft import Draft, cancel_open
from engine.effects import LeaveGate, StartWorkflow, TellParent, TerminateWorkflow
from engine.java_text import java_text
from engine.model import Task
from engine.payload_limits import too_large
from engine.questions import MissingDefinition, Steps
from engine.status import TaskStatus, WorkflowStatus
from engine.transitions import Move

_HARD_FAILURES = frozenset({TaskStatus.FAILED, TaskStatus.FAILED_WITH_TERMINAL_ERROR})
FAILURE_WORKFLOW = "conductor.failure_workflow"


class WorkflowEnds(Exception):
    """A rule met something that ends the workflow with this status and reason (§1.4)."""

    def __init__(self, status: WorkflowStatus, reason: str, task: Task | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.task = status, reason, task


def task_failed(task: Task, status: str) -> str:
    """The workflow's reason when a task ends it; it names the workflow's status, not the task's (D12)."""
    return f"Task {task.task_id} failed with status: {status} and reason: '{java_text(task.reason_for_incompletion)}'"


def complete(draft: Draft) -> Steps[None]:
    """Everything is done: COMPLETED, unless a permissive task failed on the way (§1.6 step 9)."""
    failures = _permissive_failures(draft)
    if failures:
        yield from end(draft, WorkflowStatus.FAILED, failures)
    else:
        _close(draft, WorkflowStatus.COMPLETED, None)


def by_terminate_task(draft: Draft, task: Task) -> Steps[None]:
    """A TERMINATE task is COMPLETED: the workflow ends as its input says."""
    status = WorkflowStatus(task.input_data["terminationStatus"])
    given = task.input_data.get("terminationReason")
    reason = java_text(given) if given else f"Workflow is {status} by TERMINATE task: {task.task_id}"
    failures = _permissive_failures(draft)
    if failures:
        yield from end(draft, WorkflowStatus.FAILED, failures)
    elif status is WorkflowStatus.COMPLETED:
        _close(draft, status, reason, by=task)
    else:
        yield from end(draft, status, reason, task)


def end(draft: Draft, status: WorkflowStatus, reason: str | None, task: Task | None = None) -> Steps[None]:
    """End unsuccessfully from within, with the failure workflow if there is one (D11)."""
    if task is not None and draft.header.failed_task_id is None:
        draft.set(failed_task_id=task.task_id)
    _close(draft, status, reason, by=task)
    yield from start_failure_workflow(draft)


def terminate(draft: Draft, reason: str | None) -> None:
    """End by an operator's or a parent's word: no failure workflow (§5.8)."""
    _close(draft, WorkflowStatus.TERMINATED, reason, Move.TERMINATE)


def _close(
    draft: Draft, status: WorkflowStatus, reason: str | None, move: Move = Move.STEP, by: Task | None = None
) -> None:
    draft.reveal()
    _withdraw_children(draft)
    # D9: what has failed already has its output
    output = draft.header.output if draft.header.status.terminal else workflow_output(draft)
    problem = too_large(output, f"workflow: {draft.header.workflow_id}")
    if problem is not None:
        if status is WorkflowStatus.COMPLETED:
            raise WorkflowEnds(WorkflowStatus.FAILED, problem)
        output, reason = {}, problem
    failed = [row for row in draft.rows.unsuccessful() if row.status in _HARD_FAILURES]
    header = draft.header
    draft.set(
        move,
        status=status,
        output=output,
        end_time=draft.now,
        deadline=0,
        messages=(),
        reason_for_incompletion=reason,
        failed_reference_task_names=_with(
            header.failed_reference_task_names, [row.reference_task_name for row in failed]
        ),
        failed_task_names=_with(header.failed_task_names, [row.task_def_name for row in failed]),
    )
    _terminate_children(draft)
    cancel_open(draft, by)
    draft.ended.clear()
    if header.parent_workflow_task_id is not None or header.followers:
        draft.post(TellParent(key=f"parent:{draft.version}"))
    if header.rate_limit_key is not None:
        draft.set(rate_limited=False)
        draft.post(LeaveGate(key=f"leave-gate:{draft.version}"))


def _withdraw_children(draft: Draft) -> None:
    """A child that is only about to start, by this very decision, never does, and its task does not show it."""
    begun = {effect.key for effect in draft.base.header.outbox}
    starting = {effect.key for effect in draft.header.outbox} - begun
    for task in draft.rows.open() if starting else ():
        start = f"child:{task.sub_workflow_id}"
        if task.task_type == "SUB_WORKFLOW" and start in starting:
            draft.set(outbox=tuple(effect for effect in draft.header.outbox if effect.key != start))
            draft.change(task, sub_workflow_id=None, output_data={})


def _terminate_children(draft: Draft) -> None:
    """Children of open tasks end with their parent (§2.10.5)."""
    header = draft.header
    reason, status = header.reason_for_incompletion, header.status
    text = "Parent workflow has been terminated with " + (f"reason: {reason}" if reason else f"status {status}")
    for task in draft.rows.open():
        child = task.sub_workflow_id
        if task.task_type == "SUB_WORKFLOW" and child:
            draft.post(TerminateWorkflow(f"terminate:{child}:{draft.version}", child, text))


def _with(known: list[str], names: list[str]) -> list[str]:
    return list(dict.fromkeys((*known, *names)))


def workflow_output(draft: Draft) -> JsonObject:
    """The output at the end: a TERMINATE's, else the definition's outputParameters, else the last row's (E3)."""
    last = draft.rows.last()
    if last is None:
        return draft.header.output
    ended_by = _terminate_row(draft)
    if ended_by is not None:
        return ended_by.output_data
    if draft.definition.output_parameters:
        output: JsonObject = draft.graph.output_template.resolve(draft.lookup)
        return output
    return last.output_data


def _terminate_row(draft: Draft) -> Task | None:
    """The COMPLETED TERMINATE row; it can only be among the rows this decision made."""
    rows = (row for row in draft.rows.changed() if row.task_type == "TERMINATE")
    return next((row for row in rows if row.status is TaskStatus.COMPLETED), None)


def _permissive_failures(draft: Draft) -> str:
    """The reason that failed permissive tasks give at the end; "" when there is none."""
    texts = []
    for row in draft.rows.unsuccessful():
        node = draft.node_of(row)
        if node.permissive and not node.optional and draft.rows.newest(row.reference_task_name) is row:
            texts.append(task_failed(row, row.status))
    return ". ".join(texts)


def start_failure_workflow(draft: Draft) -> Steps[None]:
    """Post the start of the definition's failure workflow, if it has one; the output says which (§5.9)."""
    name = _failure_workflow_name(draft)
    if not name:
        return
    version = draft.definition.failure_workflow_version
    problem = yield MissingDefinition(name, version)
    if problem is not None:
        text = f"Error workflow {name} failed to start.  reason: {problem}"
        draft.set(output={**draft.header.output, FAILURE_WORKFLOW: text})
        return
    header = draft.header
    started = draft.ids.new()
    facts = {
        "workflowId": header.workflow_id,
        "reason": header.reason_for_incompletion,
        "failureStatus": header.status,
        **({"failureTaskId": header.failed_task_id} if header.failed_task_id else {}),
    }
    draft.set(output={**header.output, FAILURE_WORKFLOW: started})
    draft.post(
        StartWorkflow(
            key=f"failure-workflow:{started}",
            workflow_id=started,
            name=name,
            version=version,
            input={**header.input, **facts},
            correlation_id=header.correlation_id,
            task_to_domain=header.task_to_domain,
            failed_workflow=True,
        )
    )


def _failure_workflow_name(draft: Draft) -> str | None:
    """The name, also from the workflow's input: only the form `$workflow.input.<key>` is understood (§5.9)."""
    name = draft.definition.failure_workflow
    if not name or not name.startswith("$"):
        return name
    pieces = name.split(".")
    value = draft.header.input.get(pieces[2]) if len(pieces) > 2 else None
    return str(value) if value is not None else None
