"""Messages about status changes (§5.17), for definitions that ask for them: of the workflow by
`workflowStatusListenerEnabled` with a sink, of a task by its `onStateChange`. And for servers that ask for those of all
executions, but of tasks whose definition says `taskStatusListenerEnabled: false`.

They are looked for once, when a decision is complete, by comparing it with what was there before, and leave through the
outbox with its commit. Sinks are those of EVENT tasks: `conductor:x` of a workflow `w` is the event queue
`conductor:w:x`. Other sinks are ignored: a listener never hinders an execution.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine.commands import Command, Rerun, Restart, Retry, Start
from engine.definitions import Json, JsonObject
from engine.draft import Draft
from engine.effects import PublishEvent
from engine.model import Task, summary_of
from engine.status import TaskStatus, WorkflowStatus
from engine.template import compile_template

INTERNAL = "conductor"
_BEGINS: dict[type, str] = {Start: "STARTED", Restart: "RESTARTED", Retry: "RETRIED", Rerun: "RERAN"}
_ENDS = {
    WorkflowStatus.COMPLETED: "COMPLETED",
    # the reference calls every unsuccessful end so; the status tells which
    WorkflowStatus.FAILED: "TERMINATED",
    WorkflowStatus.TIMED_OUT: "TERMINATED",
    WorkflowStatus.TERMINATED: "TERMINATED",
    WorkflowStatus.PAUSED: "PAUSED",
}
_OUTCOMES = {
    TaskStatus.COMPLETED: "onSuccess",
    TaskStatus.COMPLETED_WITH_ERRORS: "onSuccess",
    TaskStatus.FAILED: "onFailed",
    TaskStatus.FAILED_WITH_TERMINAL_ERROR: "onFailed",
    TaskStatus.TIMED_OUT: "onFailed",
    TaskStatus.CANCELED: "onCancelled",
}


def publish(draft: Draft, command: Command) -> None:
    """Post what a complete decision has to tell."""
    if draft.graph.listens and draft.header is not draft.base.header:
        for name in _workflow_changes(draft, command):
            for queue in _queues_of_workflow(draft):
                _post(draft, queue, name, _of_workflow(draft, name))
    if draft.graph.tasks_tell:
        for task in draft.rows.changed():
            _tell_task(draft, task)


def _workflow_changes(draft: Draft, command: Command) -> Iterator[str]:
    before, now = draft.base.header, draft.header
    begins = _BEGINS.get(type(command))
    if begins is not None:
        yield begins
    elif before.status is WorkflowStatus.PAUSED and now.status is WorkflowStatus.RUNNING:
        yield "RESUMED"
    elif before.status.terminal and not now.status.terminal:
        yield "RETRIED"  # a child took it along
    if now.status in _ENDS and (now.status is not before.status or begins is not None):
        yield _ENDS[now.status]


def _of_workflow(draft: Draft, name: str) -> JsonObject:
    summary: JsonObject = msgspec.to_builtins(summary_of(draft.header))
    summary.setdefault("status", draft.header.status.value)
    return {**summary, "updateTime": draft.now, "eventType": name}


def _queues_of_workflow(draft: Draft) -> Iterator[str | None]:
    if draft.definition.workflow_status_listener_enabled:
        yield _queue(draft, draft.definition.workflow_status_listener_sink)
    yield draft.graph.told.workflows


def _tell_task(draft: Draft, task: Task) -> None:
    wanted, everything = draft.node_of(task).on_state_change, draft.graph.told.tasks
    own = draft.task_def_of(task)
    if own is not None and not own.task_status_listener_enabled:
        everything = None
    if not wanted and everything is None:
        return
    for name in _task_changes(draft.base.rows.get(task.task_id), task):
        for message in _messages(wanted, name):
            queue = _queue(draft, _sink(message.get("type")))
            _post(draft, queue, name, _of_task(draft, task, name, message.get("payload")), task)
        _post(draft, everything, name, _of_task(draft, task, name, None), task)


def _task_changes(before: Task | None, now: Task) -> Iterator[str]:
    anew = before is None or (before.status.terminal and not now.status.terminal)
    if anew:
        yield "onScheduled"
    begun = now.status is not TaskStatus.SCHEDULED and now.status is not TaskStatus.SKIPPED
    if begun and (before is None or anew or before.status is TaskStatus.SCHEDULED) and now.start_time:
        yield "onStart"
    if now.status in _OUTCOMES and (before is None or before.status is not now.status):
        yield _OUTCOMES[now.status]


def _messages(wanted: JsonObject, name: str) -> Iterator[JsonObject]:
    """What a node wants to be told of a change; the keys are lists of names, separated by commas."""
    for names, messages in wanted.items():
        if name in [each.strip() for each in names.split(",")] and isinstance(messages, list):
            yield from (message for message in messages if isinstance(message, dict))


def _sink(kind: Json) -> str | None:
    if not isinstance(kind, str) or not kind:
        return None
    return kind if kind.partition(":")[0] == INTERNAL else f"{INTERNAL}:{kind}"


def _of_task(draft: Draft, task: Task, name: str, payload: Json) -> JsonObject:
    given = compile_template(payload).resolve(draft.lookup, task.task_id) if isinstance(payload, dict) else {}
    return {
        "workflowInstanceId": draft.header.workflow_id,
        "workflowType": draft.header.workflow_name,
        "correlationId": draft.header.correlation_id,
        "taskId": task.task_id,
        "taskReferenceName": task.reference_task_name,
        "taskStatus": task.status.value,
        "eventType": name,
        **given,
    }


def _queue(draft: Draft, sink: str | None) -> str | None:
    """The event queue that a sink of this workflow's definition means; None for what is no sink of ours."""
    kind, colon, place = (sink or "").partition(":")
    return f"{INTERNAL}:{draft.header.workflow_name}:{place if colon else 'status'}" if kind == INTERNAL else None


def _post(draft: Draft, queue: str | None, name: str, payload: JsonObject, task: Task | None = None) -> None:
    if queue is None:
        return
    subject = task.task_id if task is not None else draft.header.workflow_id
    number = len(draft.header.outbox)
    message_id = f"{subject}:{name}:{draft.version}:{number}"
    draft.post(PublishEvent(f"event:{message_id}", queue, payload, message_id))
