"""One execution as it is stored: a small header, and one document per attempt of a task.

`Workflow.version` counts commits; a task carries as `rev` the version of the commit that last touched it, so a
process with an older copy refreshes it by reading only tasks with a higher `rev` (DESIGN §4). The definition is not
part of either: executions share one immutable snapshot, named by `definition_id`.
"""

from __future__ import annotations

import msgspec

from engine.definitions import Json, JsonObject, Model, TaskDef, WorkflowTask
from engine.effects import Effect
from engine.status import TaskStatus, WorkflowStatus

Millis = int
"""Milliseconds since 1970 in UTC; 0 means "not set"."""


class WorkflowMessage(Model, frozen=True):
    """A message to one execution that no task has taken yet. Its payload stays encoded until one does."""

    id: str
    payload: msgspec.Raw
    received_at: Millis


class Workflow(Model, frozen=True):
    """The header of one execution."""

    workflow_id: str
    workflow_name: str
    workflow_version: int
    definition_id: str
    status: WorkflowStatus = WorkflowStatus.RUNNING
    version: int = 0
    create_time: Millis = 0
    update_time: Millis = 0
    end_time: Millis = 0
    last_retried_time: Millis = 0
    input: JsonObject = {}
    output: JsonObject = {}
    variables: JsonObject = {}
    correlation_id: str | None = None
    priority: int = 0
    parent_workflow_id: str | None = None
    parent_workflow_task_id: str | None = None
    reason_for_incompletion: str | None = None
    failed_task_id: str | None = None
    failed_reference_task_names: list[str] = []
    failed_task_names: list[str] = []
    event: str | None = None
    task_to_domain: dict[str, str] = {}
    owner_app: str | None = None
    created_by: str | None = None
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    idempotency_key: str | None = None
    started_for: str | None = None
    """Of a child with an idempotency key: the id under which its parent's task asked for it."""
    followers: tuple[tuple[str, str], ...] = ()
    """Tasks of other executions that share this child by its key, as (workflow id, task id)."""
    rate_limit_key: str | None = None
    """Under which key this execution counts for its definition's `rateLimitConfig`."""
    rate_limited: bool = False
    """It waits for its turn: nothing has been scheduled yet."""
    last_seq: int = 0
    """The highest `seq` given to a task so far."""
    deadline: Millis = 0
    """When the workflow's own time-out strikes; 0 = never."""
    outbox: tuple[Effect, ...] = ()
    """Effects that are decided but not known to be done."""
    messages: tuple[WorkflowMessage, ...] = ()
    """What was sent to the execution and waits to be taken, the oldest first (§2.23); none once it has ended."""


class Task(Model, frozen=True):
    """One attempt of one node of the definition."""

    task_id: str
    workflow_instance_id: str
    reference_task_name: str
    """The node's reference name; inside a loop with the suffix `__<iteration>`."""
    task_type: str
    task_def_name: str
    seq: int
    status: TaskStatus = TaskStatus.SCHEDULED
    rev: int = 0
    node: str = ""
    """The plain reference name: which node of the definition this is."""
    own_node: WorkflowTask | None = None
    """The node itself where it is not part of the definition (dynamic forks, dynamic tasks)."""
    input_data: JsonObject = {}
    output_data: JsonObject = {}
    retry_count: int = 0
    retried_task_id: str | None = None
    retried: bool = False
    """A newer attempt exists."""
    executed: bool = False
    """What follows from its end has been decided."""
    iteration: int = 0
    loop_task_id: str | None = None
    """The DO_WHILE row around it."""
    correlation_id: str | None = None
    scheduled_time: Millis = 0
    first_scheduled_time: Millis = 0
    start_time: Millis = 0
    end_time: Millis = 0
    update_time: Millis = 0
    first_start_time: Millis = 0
    start_delay_in_seconds: int = 0
    callback_after_seconds: int = 0
    available_at: Millis = 0
    """When a SCHEDULED task may be polled (start delay, retry delay, callback)."""
    wait_timeout: Millis = 0
    """When a WAIT ends by itself."""
    deadline: Millis = 0
    """The earliest moment at which time alone changes this task; 0 = never (`engine.timeouts`)."""
    poll_count: int = 0
    response_timeout_seconds: int = 0
    worker_id: str | None = None
    domain: str | None = None
    rate_limit_per_frequency: int = 0
    rate_limit_frequency_in_seconds: int = 0
    workflow_type: str = ""
    workflow_priority: int = 0
    execution_name_space: str | None = None
    isolation_group_id: str | None = None
    reason_for_incompletion: str | None = None
    sub_workflow_id: str | None = None
    subworkflow_changed: bool = False
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    waits_for: tuple[str, ...] = ()
    """JOIN: the reference names (with loop suffix) it waits for."""
    own_task_def: TaskDef | None = None
    """The task definition where the node's own does not count (dynamic tasks)."""


class Summary(Model, frozen=True):
    """The row that search sees, written when a workflow starts, pauses, resumes or ends (not at every step)."""

    workflow_id: str
    workflow_type: str
    version: int
    status: WorkflowStatus
    start_time: Millis
    update_time: Millis = 0
    end_time: Millis = 0
    correlation_id: str | None = None
    parent_workflow_id: str | None = None
    priority: int = 0
    input: Json = {}
    output: Json = {}
    reason_for_incompletion: str | None = None
    failed_reference_task_names: list[str] = []
    failed_task_names: list[str] = []
    event: str | None = None
    created_by: str | None = None
    task_to_domain: dict[str, str] = {}
    idempotency_key: str | None = None
    classifier: str | None = None
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None


def summary_of(workflow: Workflow, classifier: str | None = None) -> Summary:
    """The search row of a header; `classifier` is that of its definition."""
    return Summary(
        workflow_id=workflow.workflow_id,
        workflow_type=workflow.workflow_name,
        version=workflow.workflow_version,
        status=workflow.status,
        start_time=workflow.create_time,
        update_time=workflow.update_time,
        end_time=workflow.end_time,
        correlation_id=workflow.correlation_id,
        parent_workflow_id=workflow.parent_workflow_id,
        priority=workflow.priority,
        input=workflow.input,
        output=workflow.output,
        reason_for_incompletion=workflow.reason_for_incompletion,
        failed_reference_task_names=workflow.failed_reference_task_names,
        failed_task_names=workflow.failed_task_names,
        event=workflow.event,
        created_by=workflow.created_by,
        task_to_domain=workflow.task_to_domain,
        idempotency_key=workflow.idempotency_key,
        classifier=classifier,
        external_input_payload_storage_path=workflow.external_input_payload_storage_path,
        external_output_payload_storage_path=workflow.external_output_payload_storage_path,
    )
