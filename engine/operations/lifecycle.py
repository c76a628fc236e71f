"""Start, pause, resume, terminate (§5.1, §5.3, §5.8), and variables set from outside (§6.4)."""

from __future__ import annotations

from engine import ending, flow
from engine.commands import Admit, Fail, Pause, Resume, SetVariables, Start, Terminate
from engine.draft import Draft
from engine.effects import EnterGate
from engine.errors import Conflict, InvalidInput
from engine.payload_limits import variables_too_large
from engine.questions import Steps
from engine.status import WorkflowStatus
from engine.timeouts import workflow_deadline


def label_with_status(draft: Draft) -> str:
    """How messages name a workflow that is in the wrong status: `name.version/id.STATUS`."""
    return f"{label(draft)}.{draft.header.status.value}"


def label(draft: Draft) -> str:
    """How messages name a workflow: `name.version/id`."""
    header = draft.header
    return f"{header.workflow_name}.{header.workflow_version}/{header.workflow_id}"


def start(draft: Draft, command: Start) -> Steps[None]:
    """The first commit of an execution holds its first tasks."""
    draft.snapshot = command.snapshot
    if draft.header.rate_limited:
        draft.post(EnterGate("enter-gate"))
        return
    draft.set(deadline=workflow_deadline(draft.header, draft.definition, draft.now))
    yield from flow.begin(draft)


def admit(draft: Draft, command: Admit) -> Steps[None]:  # noqa: ARG001 - every rule has this shape
    """Schedule the first tasks; the clock of the workflow counts from here. A paused one goes on with its resume."""
    header = draft.header
    if not header.rate_limited or header.status.terminal:
        return
    draft.set(rate_limited=False)
    if header.status is WorkflowStatus.RUNNING:
        draft.set(last_retried_time=draft.now if draft.definition.timeout_seconds > 0 else 0)
        draft.set(deadline=workflow_deadline(draft.header, draft.definition, draft.now))
    yield from flow.reconcile(draft)


def fail(draft: Draft, command: Fail) -> Steps[None]:
    """End it FAILED; what has ended stays."""
    if not draft.header.status.terminal:
        draft.set(status=WorkflowStatus.RUNNING)
        yield from ending.end(draft, WorkflowStatus.FAILED, command.reason)


def pause(draft: Draft, command: Pause) -> Steps[None]:  # noqa: ARG001 - every rule has this shape
    """Refused for an ended workflow, nothing for a paused one. What is queued stays pollable."""
    if draft.header.status.terminal:
        raise Conflict(f"Workflow {label(draft)} has ended, status cannot be updated.")
    if draft.header.status is not WorkflowStatus.PAUSED:
        draft.set(status=WorkflowStatus.PAUSED, deadline=0)
    return
    yield


def resume(draft: Draft, command: Resume) -> Steps[None]:  # noqa: ARG001
    """Restarts the clock of the workflow, and goes on with what ended meanwhile."""
    status = draft.header.status
    if status is not WorkflowStatus.PAUSED:
        raise Conflict(
            f"The workflow {draft.header.workflow_id} is not PAUSED so cannot resume. Current status is {status}"
        )
    draft.set(status=WorkflowStatus.RUNNING, last_retried_time=draft.now)
    draft.set(deadline=workflow_deadline(draft.header, draft.definition, draft.now))
    for task in draft.rows.open():
        if task.deadline:
            # its deadline may have been handed out during the pause: state it again
            draft.restate(task)
    yield from flow.reconcile(draft)


def terminate(draft: Draft, command: Terminate) -> Steps[None]:
    """Refused for COMPLETED, nothing for TERMINATED; what has failed may still be terminated (D9)."""
    if command.only_open and draft.header.status.terminal:
        return
    if draft.header.status is WorkflowStatus.COMPLETED:
        raise Conflict("Cannot terminate a COMPLETED workflow.")
    if draft.header.status is not WorkflowStatus.TERMINATED:
        ending.terminate(draft, command.reason)
        if command.failure_workflow:
            yield from ending.start_failure_workflow(draft)


def set_variables(draft: Draft, command: SetVariables) -> Steps[None]:
    """Refused for what has ended, and for more than a workflow may have. What has been decided stays."""
    header = draft.header
    if header.status.terminal:
        raise Conflict(f"Workflow {label(draft)} has ended, its variables cannot be updated.")
    variables = {**header.variables, **command.variables}
    if command.append:
        for name, added in command.variables.items():
            present = header.variables.get(name)
            if isinstance(present, list) and isinstance(added, list):
                variables[name] = [*present, *added]
    problem = variables_too_large(variables, header.workflow_id)
    if problem is not None:
        raise InvalidInput(problem)
    draft.set(variables=variables)
    return
    yield
