"""What every task type is made of, and the row that all types share.

A type is a record of functions. `create` makes the rows of a node when control reaches it; `children` names the nodes
that belong to the row itself rather than behind it. Types know nothing of stores, HTTP or each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from engine.definitions import JsonObject, TaskDef, WorkflowTask
from engine.draft import FIRST, OUTSIDE, Attempt, Draft, Scope
from engine.model import Task
from engine.parameters import task_input
from engine.questions import Steps
from engine.status import TaskStatus

Create = Callable[[Draft, WorkflowTask, Scope, Attempt], Steps[Task]]


def asks_nothing(create: Callable[[Draft, WorkflowTask, Scope, Attempt], Task]) -> Create:
    """The `create` of a type that decides without a question to the shell."""

    def steps(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
        return create(draft, node, scope, attempt)
        yield  # makes this a generator

    return steps


def no_children(draft: Draft, task: Task) -> Iterable[WorkflowTask]:  # noqa: ARG001 - the common case of a rule
    """Most types contain nothing."""
    return ()


def same_scope(draft: Draft, task: Task) -> Scope:
    """Most types stand in the same iteration as what they contain."""
    return draft.scope_of(task)


@dataclass(frozen=True, slots=True)
class TaskType:
    """One row of the registry."""

    name: str
    create: Create
    children: Callable[[Draft, Task], Iterable[WorkflowTask]] = no_children
    """The nodes to schedule together with the row, in order; each is asked for when the one before has its rows."""
    inner: Callable[[Draft, Task], Scope] = same_scope
    """The scope of the children."""
    worker: bool = False
    """Workers poll it; an IN_PROGRESS update hands it back to the queue."""
    retriable: bool = True
    """False for the built-in types that are never retried, whatever the definition says (§2.0)."""
    failed_when_made: bool = False
    """It may be FAILED before the reference looks at the loop around it: then the loop fails with it (§2.9) [rec]."""
    revived_in_place: bool = False
    """The retry operation re-opens the same row instead of adding an attempt (§5.5 step 6)."""
    reopened_output: Callable[[Task], JsonObject] = lambda task: {}  # noqa: ARG005 - the common case
    """What a re-opened row still shows."""
    woken: Callable[[Draft, WorkflowTask, Task], Steps[Task]] | None = None
    """What happens when the row's `wait_timeout` has come; without a rule the row is COMPLETED."""
    joined: Callable[[Draft, Task, Task], None] | None = None
    """For types that wait for other rows: one of them has ended for good."""
    run_dry: Callable[[Draft, Task, list[Task]], None] | None = None
    """For types that wait for other rows: nothing else is open, these rows are all that will ever be there."""


def new_row(draft: Draft, node: WorkflowTask, scope: Scope = OUTSIDE, attempt: Attempt = FIRST, **fields: Any) -> Task:
    """A row of a node with the fields that all types share (§1.8); the caller adds it to the draft."""
    before, same = attempt.before, attempt.again
    header, now = draft.header, draft.now
    values: dict[str, Any] = {
        "task_id": same.task_id if same else draft.ids.new(),
        "task_type": node.type,
        "task_def_name": node.name,
        "workflow_instance_id": header.workflow_id,
        "workflow_type": header.workflow_name,
        "workflow_priority": header.priority,
        "correlation_id": header.correlation_id,
        "reference_task_name": scope.name(node.task_reference_name),
        "node": node.task_reference_name,
        "iteration": scope.iteration,
        "loop_task_id": scope.loop_task_id,
        "seq": same.seq if same else draft.rows.last_seq + 1,
        "rev": draft.version,
        "retry_count": attempt.number,
        "scheduled_time": now,
        "first_scheduled_time": before.first_scheduled_time if before else now,
        "update_time": now,
    }
    if before is not None:
        values |= {"retried_task_id": before.task_id, "reason_for_incompletion": attempt.reason}
    if draft.graph.node(node.task_reference_name) is not node:
        values["own_node"] = node
    return Task(**(values | fields))


def started(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt, **fields: Any) -> Task:
    """A row that is IN_PROGRESS from its creation, as system tasks are."""
    return new_row(
        draft, node, scope, attempt, status=TaskStatus.IN_PROGRESS,
        start_time=draft.now, **fields,
    )  # fmt: skip


def done(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt, **fields: Any) -> Task:
    """A row that has begun and ended in the same decision."""
    values = {"status": TaskStatus.COMPLETED, "start_time": draft.now}
    return new_row(draft, node, scope, attempt, **(values | {"end_time": draft.now} | fields))


def plain_input(draft: Draft, node: WorkflowTask, attempt: Attempt) -> JsonObject:
    """The node's input parameters resolved without a task id ("input A", §1.8), unless the attempt brings its own."""
    if attempt.given is not None:
        return attempt.given
    return task_input(draft.graph.template(node, with_task_def=False), draft.lookup, None)


def own_input(
    draft: Draft, node: WorkflowTask, attempt: Attempt, task_id: str, with_task_def: bool = True
) -> JsonObject:
    """The node's input parameters resolved for one row ("input B", §1.8), unless the attempt brings its own."""
    if attempt.given is not None:
        return attempt.given
    return task_input(draft.graph.template(node, with_task_def), draft.lookup, task_id)


def definition_of(node: WorkflowTask) -> TaskDef:
    """The task definition in the node's snapshot; every node with a name got one at the start (§2.0.6)."""
    return node.task_definition or TaskDef(name=node.name, retry_count=0, response_timeout_seconds=0)
