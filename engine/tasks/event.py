"""EVENT: puts a message on an event queue (§2.12).

The row and the effect that publishes are one commit, so a message is published once however often the workflow is
looked at (C6, N4). Only the internal queue exists so far: other sinks fail the task.
"""

from __future__ import annotations

from engine.definitions import Json, JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.effects import PublishEvent
from engine.java_text import java_text
from engine.model import Task
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, definition_of, own_input, started
from engine.template import compile_template
from engine.timeouts import deadline

INTERNAL = "conductor"
BROKERS = frozenset({"sqs", "kafka", "nats", "jsm", "nats_stream", "amqp_queue", "amqp_exchange"})
"""Queue types of the reference that this server has no adapter for."""


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = started(draft, node, scope, attempt)
    given = own_input(draft, node, attempt, row.task_id, with_task_def=False)
    sink = compile_template(node.sink).resolve(draft.lookup, row.task_id)
    own: JsonObject = {"sink": sink, "asyncComplete": node.async_complete}
    given = {**given, **own} if attempt.given is None else {**own, **given}
    row = replace(row, input_data=given, output_data={**given, **_origin(draft)})
    return _publish(draft, node, row, attempt)


def _origin(draft: Draft) -> JsonObject:
    """What every message says of where it comes from."""
    header = draft.header
    return {
        "workflowInstanceId": header.workflow_id,
        "workflowType": header.workflow_name,
        "workflowVersion": header.workflow_version,
        "correlationId": header.correlation_id,
        "taskToDomain": header.task_to_domain,
    }


def _publish(draft: Draft, node: WorkflowTask, row: Task, attempt: Attempt) -> Task:
    queue, problem = queue_of(row.input_data.get("sink"), row)
    if queue is not None:
        row = replace(row, output_data={**row.output_data, "event_produced": queue})
    if problem is not None:
        failed = TaskStatus.FAILED
        return draft.add(replace(row, status=failed, end_time=draft.now, reason_for_incompletion=problem))
    assert queue is not None
    # a rerun keeps the row's id, but what it publishes is news
    message_id = draft.ids.new() if attempt.again else row.task_id
    draft.post(PublishEvent(f"event:{message_id}", queue, row.output_data, message_id))
    if not node.async_complete:
        return draft.add(replace(row, status=TaskStatus.COMPLETED, end_time=draft.now))
    return draft.add(replace(row, deadline=deadline(row, definition_of(node), draft.now)))


def queue_of(sink: Json, row: Task) -> tuple[str | None, str | None]:
    """The event queue that a sink means for a row, and why nothing can be published there; either may be None."""
    if not isinstance(sink, str):
        return None, f"Invalid / Unsupported sink specified: {java_text(sink)} (it must be a text)"
    kind, colon, place = sink.partition(":")
    if kind == INTERNAL:
        return f"{INTERNAL}:{row.workflow_type}:{place if colon else row.reference_task_name}", None
    if sink.startswith(INTERNAL):
        return None, f"Invalid / Unsupported sink specified: {sink}"
    if not colon:
        return sink, _unloadable(sink, row, f"Illegal event {sink}")
    if kind in BROKERS:
        return sink, _unloadable(sink, row, no_adapter(kind))
    return sink, _unloadable(sink, row, f"Unknown queue type {kind}")


def no_adapter(broker: str) -> str:
    """Why a queue of another kind cannot be used, and what can."""
    return f"this server has no adapter for {broker} yet; use {INTERNAL}:<name>"


def _unloadable(queue: str, row: Task, error: str) -> str:
    return f"Error loading queue:{queue}, for task:{row.task_id}, error: {error}"


EVENT = TaskType("EVENT", asks_nothing(_create))
