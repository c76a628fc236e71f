"""Messages from outside to an execution, for its PULL_WORKFLOW_MESSAGES tasks (§2.23)."""

from __future__ import annotations

import msgspec

from engine import flow
from engine.commands import PushMessage
from engine.draft import Draft
from engine.errors import Conflict, PayloadTooLarge, QueueFull
from engine.model import WorkflowMessage
from engine.payload_limits import KB
from engine.questions import Steps
from engine.status import WorkflowStatus
from engine.tasks import pull_workflow_messages

LIMIT_KB = 5_120
"""Of all messages that wait in one execution: they stand in its header, beside an input of up to twice as much."""

_encode = msgspec.json.Encoder().encode


def push(draft: Draft, command: PushMessage) -> Steps[None]:
    """Keep the message, unless a task waits for it. Refused by what does not run and by what holds enough already."""
    header = draft.header
    if header.status is not WorkflowStatus.RUNNING:
        raise Conflict(f"Workflow {header.workflow_id} is not in RUNNING state (current: {header.status})")
    payload = _encode(command.payload)
    _check_room(draft, len(payload), command.limit)
    message = WorkflowMessage(command.message_id, msgspec.Raw(payload), draft.now)
    draft.set(messages=(*header.messages, message))
    pull_workflow_messages.deliver(draft)
    yield from flow.advance(draft)


def _check_room(draft: Draft, size: int, limit: int) -> None:
    workflow_id, waiting = draft.header.workflow_id, draft.header.messages
    most = LIMIT_KB * KB
    if size > most:
        raise PayloadTooLarge(
            f"The payload size: {size} of a message to workflow: {workflow_id} is greater than the permissible limit: "
            f"{most} bytes"
        )
    if len(waiting) >= limit:
        raise QueueFull(f"Workflow message queue for workflowId={workflow_id} has reached the maximum size of {limit}")
    if size + sum(len(memoryview(message.payload)) for message in waiting) > most:
        raise QueueFull(
            f"Workflow message queue for workflowId={workflow_id} has no room for {size} bytes: "
            f"its messages may have {most} together"
        )
