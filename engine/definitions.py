"""The definitions that users register: field names, defaults and types of the contract, nothing else.

Two conventions hold for every struct of the API. A field whose default is `None` is left out of JSON while it
is `None`; every other field is always shown (`handlers.shapes`). Stored documents leave out every default.
Sources: reference §0.3, §0.4 (fields without effect are kept and returned), api/schemas.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

Json = Any
JsonObject = dict[str, Any]

_DIGITS = re.compile(r"[0-9]{1,9}")


class Model(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of everything that is both a value and a document."""


class TaskDef(Model, frozen=True):
    """How tasks of one name behave: retries, time-outs, limits. One inside of a node needs no name."""

    name: str = ""
    description: str | None = None
    retry_count: int = 3
    timeout_seconds: int = 0
    input_keys: list[str] = []
    output_keys: list[str] = []
    runtime_metadata: list[str] = []
    timeout_policy: Literal["RETRY", "TIME_OUT_WF", "ALERT_ONLY"] = "TIME_OUT_WF"
    retry_logic: Literal["FIXED", "EXPONENTIAL_BACKOFF", "LINEAR_BACKOFF"] = "FIXED"
    retry_delay_seconds: int = 60
    response_timeout_seconds: int = 3600
    concurrent_exec_limit: int | None = None
    input_template: JsonObject = {}
    rate_limit_per_frequency: int = 0
    rate_limit_frequency_in_seconds: int = 1
    isolation_group_id: str | None = None
    execution_name_space: str | None = None
    owner_email: str | None = None
    poll_timeout_seconds: int | None = None
    backoff_scale_factor: int = 1
    max_retry_delay_seconds: int = 0
    backoff_jitter_ms: int = 0
    base_type: str | None = None
    total_timeout_seconds: int = 0
    task_status_listener_enabled: bool = True
    input_schema: JsonObject | None = None
    output_schema: JsonObject | None = None
    enforce_schema: bool = False
    create_time: int = 0
    update_time: int = 0
    owner_app: str | None = None
    created_by: str | None = None
    updated_by: str | None = None


class SubWorkflowParams(Model, frozen=True):
    """Which workflow a SUB_WORKFLOW task starts. A version in digits is a number; any other text is a reference."""

    name: str | None = None
    version: Json = None
    task_to_domain: Json = None
    workflow_definition: Json = None
    idempotency_key: str | None = None
    idempotency_strategy: str | None = None
    priority: Json = None

    def __post_init__(self) -> None:
        if isinstance(self.version, str) and _DIGITS.fullmatch(self.version):
            msgspec.structs.force_setattr(self, "version", int(self.version))


class WorkflowTask(Model, frozen=True):
    """One node of a workflow definition. `workflow_task_type` is an older name of the type: read, never shown."""

    name: str = ""
    task_reference_name: str = ""
    description: str | None = None
    input_parameters: JsonObject = {}
    type: str = "SIMPLE"
    dynamic_task_name_param: str | None = None
    case_value_param: str | None = None
    case_expression: str | None = None
    script_expression: str | None = None
    decision_cases: dict[str, list[WorkflowTask]] = {}
    default_case: list[WorkflowTask] = []
    dynamic_fork_join_tasks_param: str | None = None
    dynamic_fork_tasks_param: str | None = None
    dynamic_fork_tasks_input_param_name: str | None = None
    fork_tasks: list[list[WorkflowTask]] = []
    start_delay: int = 0
    sub_workflow_param: SubWorkflowParams | None = None
    join_on: list[str] = []
    join_mode: Literal["SYNC", "ASYNC"] | None = None
    join_status: str | None = None
    default_exclusive_join_task: list[str] = []
    sink: str | None = None
    optional: bool = False
    permissive: bool = False
    async_complete: bool = False
    rate_limited: bool | None = None
    loop_condition: str | None = None
    loop_over: list[WorkflowTask] = []
    items: str | None = None
    evaluator_type: str | None = None
    expression: str | None = None
    retry_count: int | None = None
    task_definition: TaskDef | None = None
    on_state_change: JsonObject = {}
    cache_config: JsonObject | None = None
    metadata: JsonObject = {}
    workflow_task_type: str | None = None

    def __post_init__(self) -> None:
        if self.workflow_task_type is not None:
            msgspec.structs.force_setattr(self, "type", self.workflow_task_type)
            msgspec.structs.force_setattr(self, "workflow_task_type", None)


class RateLimitConfig(Model, frozen=True):
    """How many executions of a workflow may run at once, by key."""

    rate_limit_key: str | None = None
    concurrent_exec_limit: int = 0
    policy: Literal["QUEUE", "REJECT"] = "QUEUE"


class WorkflowDef(Model, frozen=True):
    """A workflow as it is registered."""

    name: str = ""
    description: str | None = None
    version: int = 1
    tasks: list[WorkflowTask] = []
    input_parameters: list[str] = []
    output_parameters: JsonObject = {}
    failure_workflow: str | None = None
    failure_workflow_version: int | None = None
    schema_version: int = 2
    restartable: bool = True
    workflow_status_listener_enabled: bool = False
    workflow_status_listener_sink: str | None = None
    owner_email: str | None = None
    timeout_policy: Literal["TIME_OUT_WF", "ALERT_ONLY"] = "ALERT_ONLY"
    timeout_seconds: int = 0
    variables: JsonObject = {}
    input_template: JsonObject = {}
    rate_limit_config: RateLimitConfig | None = None
    input_schema: JsonObject | None = None
    output_schema: JsonObject | None = None
    enforce_schema: bool = True
    metadata: JsonObject = {}
    cache_config: JsonObject | None = None
    masked_fields: list[str] = []
    create_time: int = 0
    update_time: int = 0
    owner_app: str | None = None
    created_by: str | None = None
    updated_by: str | None = None

    @property
    def classifier(self) -> str | None:
        """What its metadata say it is, for searches: a text such as `agent`; None = a plain workflow [rec]."""
        found = self.metadata.get("classifier")
        return found if isinstance(found, str) and found else None


class EventHandler(Model, frozen=True):
    """What to do when a message arrives on an event queue."""

    name: str = ""
    event: str = ""
    condition: str | None = None
    actions: list[JsonObject] = []
    active: bool = False
    evaluator_type: str | None = None
