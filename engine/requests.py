"""What clients send: the typed form of request bodies (api/schemas)."""

from __future__ import annotations

from typing import Literal

from engine.definitions import Json, JsonObject, Model, WorkflowDef
from engine.status import TaskStatus


class StartWorkflowRequest(Model, frozen=True):
    """Which workflow to start, and with what."""

    name: str
    version: int | None = None
    correlation_id: str | None = None
    input: JsonObject | None = None
    task_to_domain: dict[str, str] = {}
    workflow_def: WorkflowDef | None = None
    external_input_payload_storage_path: str | None = None
    priority: int = 0
    created_by: str | None = None
    idempotency_key: str | None = None
    idempotency_strategy: Literal["FAIL", "RETURN_EXISTING", "FAIL_ON_RUNNING"] | None = None


class TaskMock(Model, frozen=True):
    """What a task of a test run shall report, after how many milliseconds in its queue and at its worker."""

    status: TaskStatus = TaskStatus.COMPLETED
    output: JsonObject = {}
    execution_time: int = 0
    queue_wait_time: int = 0


class WorkflowTestRequest(StartWorkflowRequest, frozen=True):
    """What to run as a test. Mocks by reference name, one for each attempt or iteration in order; of an iteration also
    by its full name `ref__N`. Sub-workflows by the reference name of their task.
    """

    task_ref_to_mock_output: dict[str, list[TaskMock]] = {}
    sub_workflow_test_request: dict[str, WorkflowTestRequest] = {}


class TaskExecLog(Model, frozen=True):
    """One line that a worker wrote about its task; `created_time` is kept as it was sent (Q13)."""

    log: str | None = None
    task_id: str | None = None
    created_time: int = 0


class TaskResult(Model, frozen=True):
    """What a worker reports. Statuses: IN_PROGRESS, COMPLETED, FAILED, FAILED_WITH_TERMINAL_ERROR, CANCELED."""

    workflow_instance_id: str
    task_id: str
    status: TaskStatus
    output_data: JsonObject = {}
    reason_for_incompletion: str | None = None
    callback_after_seconds: int = 0
    worker_id: str | None = None
    logs: list[TaskExecLog] = []
    external_output_payload_storage_path: str | None = None
    sub_workflow_id: str | None = None
    extend_lease: bool = False


class RerunWorkflowRequest(Model, frozen=True):
    """From which task to run again, and with which changes."""

    re_run_from_workflow_id: str | None = None
    workflow_input: JsonObject | None = None
    re_run_from_task_id: str | None = None
    task_input: JsonObject | None = None
    correlation_id: str | None = None


class SkipTaskRequest(Model, frozen=True):
    """Input and output that the skipped task shall show."""

    task_input: JsonObject = {}
    task_output: JsonObject = {}


class BulkResponse(Model, frozen=True):
    """What became of each item of a request for many."""

    bulk_error_results: dict[str, str] = {}
    bulk_successful_results: list[Json] = []
