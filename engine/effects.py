"""What a decision asks the world to do, as frozen values.

Effects of the outbox are stored in the header by the same commit that decided them, carried out at least once after
it, and crossed out. Each one is idempotent by its `key`. Queue entries and deadlines are no effects: the commit itself
writes them (`engine.ports.Commit`).
"""

from __future__ import annotations

from engine.definitions import Json, JsonObject, Model, WorkflowDef


class StartWorkflow(Model, tag=True, frozen=True):
    """Start another execution under a given id; starting an id that exists is a no-op."""

    key: str
    workflow_id: str
    name: str
    version: int | None = None
    input: JsonObject = {}
    correlation_id: str | None = None
    task_to_domain: dict[str, str] = {}
    failed_workflow: bool = False
    """This is the failure workflow of the execution whose outbox holds it."""
    parent_task_id: str | None = None
    """The SUB_WORKFLOW task of the execution whose outbox holds it, which this one belongs to."""
    priority: int = 0
    definition: WorkflowDef | None = None
    """The definition itself, where it is not a registered one."""
    idempotency_key: str | None = None
    """Of a child: with a key that is known already, its strategy says what serves the task instead of a new one."""
    idempotency_strategy: str | None = None


class TellParent(Model, tag=True, frozen=True):
    """This execution has ended: its parent's task shall know. Stale news is dropped there (E51).

    The key names the commit, so that crossing out the news of one end leaves that of the next one.
    """

    key: str


class ReviveParent(Model, tag=True, frozen=True):
    """This execution runs again: its ancestors shall do so too (§5.10)."""

    key: str


class RetryChild(Model, tag=True, frozen=True):
    """A child that had failed shall go on, because the task that waits for it does (§5.5 step 2, §5.10 step 4)."""

    key: str
    workflow_id: str
    task_id: str


class TerminateWorkflow(Model, tag=True, frozen=True):
    """End an open child; one that has ended already is left alone (D9)."""

    key: str
    workflow_id: str
    reason: str


class PublishEvent(Model, tag=True, frozen=True):
    """Put a message on an event queue; one whose id has been handled already is dropped there."""

    key: str
    sink: str
    payload: Json = None
    message_id: str = ""


class EnterGate(Model, tag=True, frozen=True):
    """This execution waits for its turn among those of its rate limit key."""

    key: str


class LeaveGate(Model, tag=True, frozen=True):
    """This execution has ended: the next one of its rate limit key has its turn."""

    key: str


Effect = (
    StartWorkflow | TellParent | ReviveParent | RetryChild | TerminateWorkflow | PublishEvent | EnterGate | LeaveGate
)
