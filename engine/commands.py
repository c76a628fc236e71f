"""What can happen to one execution: each command is a value that `engine.decide` turns into a decision."""

from __future__ import annotations

import msgspec

from engine.definitions import JsonObject
from engine.graph import Graph
from engine.model import Millis, Workflow
from engine.ports import Document
from engine.requests import RerunWorkflowRequest, SkipTaskRequest, TaskResult


class Start(msgspec.Struct, frozen=True):
    """Begin an execution whose header exists in memory only. `snapshot` is its definition, to be stored with it."""

    snapshot: Document


class Admit(msgspec.Struct, frozen=True):
    """It is the turn of this execution, which its rate limit has kept waiting."""


class HandOut(msgspec.Struct, frozen=True):
    """A worker has polled this task."""

    task_id: str
    worker_id: str | None
    in_server: bool = False
    """The server's own worker has it: it stays SCHEDULED, so that a crash hands it out again."""


class UpdateTask(msgspec.Struct, frozen=True):
    """A worker, or anybody, reports on a task. With `merge` the output is added to the one that is there (D6)."""

    result: TaskResult
    merge: bool = False
    begun: Millis = 0
    """The run that this report is about, by its start; a row that has been started anew since drops it."""


class ExtendLease(msgspec.Struct, frozen=True):
    """A worker says that it is still busy (§4.5)."""

    task_id: str


class Expire(msgspec.Struct, frozen=True):
    """A deadline has passed: of this task, or with "" of the workflow."""

    task_id: str


class Pause(msgspec.Struct, frozen=True):
    """Schedule nothing new until resumed."""


class Resume(msgspec.Struct, frozen=True):
    """Go on after a pause."""


class Terminate(msgspec.Struct, frozen=True):
    """End it now."""

    reason: str | None = None
    failure_workflow: bool = False
    """Start the failure workflow of its definition, as if it had failed."""
    only_open: bool = False
    """From a parent: an execution that has ended is left as it is (D9)."""


class SetVariables(msgspec.Struct, frozen=True):
    """Set variables of a running execution; with `append` lists are added to the lists that are there."""

    variables: JsonObject
    append: bool = False


class PushMessage(msgspec.Struct, frozen=True):
    """Somebody has sent this to the execution; at most `limit` messages may wait in it."""

    message_id: str
    payload: JsonObject
    limit: int


class ChildEnded(msgspec.Struct, frozen=True):
    """A child workflow has ended as this header says."""

    task_id: str
    child: Workflow


class ChildGone(msgspec.Struct, frozen=True):
    """A child workflow was removed by hand: nobody will ever tell how it ended (S8)."""

    task_id: str
    child_id: str
    again: bool = False
    """It was to go on: another attempt takes its place."""


class ChildFound(msgspec.Struct, frozen=True):
    """The child of a task with an idempotency key is this execution, new or not, instead of the id asked for."""

    task_id: str
    asked: str
    child_id: str


class Follow(msgspec.Struct, frozen=True):
    """A task of another execution waits for this one too."""

    workflow_id: str
    task_id: str


class ChildRevived(msgspec.Struct, frozen=True):
    """A child workflow that had ended runs again."""

    task_id: str
    child_id: str


class Restart(msgspec.Struct, frozen=True):
    """Run a terminal workflow again from its beginning; with another definition if one is given."""

    graph: Graph | None = None
    snapshot: Document | None = None


class Fail(msgspec.Struct, frozen=True):
    """A rule broke on this execution: end it, so that it is not tried for ever (S1)."""

    reason: str


class Retry(msgspec.Struct, frozen=True):
    """Try what failed again. With `resume` a failed child goes on instead of being replaced by a fresh one."""

    resume: bool = False


class Rerun(msgspec.Struct, frozen=True):
    """Run a terminal workflow again, whole or from a task."""

    request: RerunWorkflowRequest


class ResetCallbacks(msgspec.Struct, frozen=True):
    """Let workers poll at once what was put off: by their own word, by a start delay or by a retry delay."""


class SkipTask(msgspec.Struct, frozen=True):
    """Jump over a node that has not been reached."""

    reference: str
    request: SkipTaskRequest


class Decide(msgspec.Struct, frozen=True):
    """Look at everything: clocks that have struck, and whatever the rules find to do."""


class EffectDone(msgspec.Struct, frozen=True):
    """An effect of the outbox has been carried out, or failed for good with this error; cross it out."""

    key: str
    error: str | None = None


Lifecycle = (
    Start
    | Admit
    | Fail
    | Pause
    | Resume
    | Terminate
    | SetVariables
    | PushMessage
    | Restart
    | Retry
    | Rerun
    | EffectDone
    | ChildEnded
    | ChildGone
    | ChildFound
    | Follow
    | ChildRevived
)
OfTasks = HandOut | UpdateTask | ExtendLease | SkipTask | ResetCallbacks | Expire | Decide
Command = Lifecycle | OfTasks
TOUCHES = (HandOut, ExtendLease)
"""Commands that change one task and nothing else: they cost no header write and leave the version alone."""
