"""Executions and tasks as JSON. Every poll goes through here, so the form is a struct that msgspec encodes in one go.

What a task shows of its definition (its node and the task definition inside) never changes for one snapshot, so its
JSON is made once per (snapshot, node) and kept. The caches are bounded and belong to one `ExecutionShapes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import msgspec

from engine.definitions import JsonObject, WorkflowTask
from engine.lookups import TaskPage, WorkflowPage
from engine.model import Millis, Task, Workflow
from engine.payload_limits import task_outside, workflow_outside
from engine.shown import shown_struct
from engine.status import TaskStatus, WorkflowStatus
from engine.views import TaskView, WorkflowView
from handlers import shapes

Raw = msgspec.Raw
K = TypeVar("K")
V = TypeVar("V")

NULL = Raw(b"null")
NO_METADATA = Raw(b'{"additionalContext":{},"empty":true,"additionalContextMap":{}}')
"""`executionMetadata` of the reference when nobody measured anything."""


class TaskJson(msgspec.Struct, rename="camel", omit_defaults=True):
    """A task as clients see it: fields without default are always shown, the others when they are set.

    The order is that of construction: computed fields, fields copied from the task, the one computed optional field.
    """

    workflow_task: Raw
    task_definition: Raw
    execution_metadata: Raw
    callback_from_worker: bool
    queue_wait_time: Millis
    loop_over_task: bool
    first_start_time: Millis
    input_data: JsonObject
    output_data: JsonObject
    task_type: str
    status: TaskStatus
    reference_task_name: str
    retry_count: int
    seq: int
    poll_count: int
    task_def_name: str
    scheduled_time: Millis
    start_time: Millis
    end_time: Millis
    update_time: Millis
    start_delay_in_seconds: int
    retried: bool
    executed: bool
    response_timeout_seconds: int
    workflow_instance_id: str
    workflow_type: str
    task_id: str
    callback_after_seconds: int
    rate_limit_per_frequency: int
    rate_limit_frequency_in_seconds: int
    workflow_priority: int
    iteration: int
    subworkflow_changed: bool
    correlation_id: str | None = None
    retried_task_id: str | None = None
    reason_for_incompletion: str | None = None
    worker_id: str | None = None
    domain: str | None = None
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    execution_name_space: str | None = None
    isolation_group_id: str | None = None
    sub_workflow_id: str | None = None


class WorkflowJson(msgspec.Struct, rename="camel", omit_defaults=True):
    """An execution as clients see it; the order is that of construction, as in `TaskJson`."""

    tasks: list[TaskJson]
    workflow_definition: Raw
    history: tuple[()]
    rate_limited: bool
    start_time: Millis
    owner_app: str
    input: JsonObject
    output: JsonObject
    workflow_id: str
    workflow_name: str
    workflow_version: int
    status: WorkflowStatus
    create_time: Millis
    update_time: Millis
    end_time: Millis
    last_retried_time: Millis
    variables: JsonObject
    priority: int
    task_to_domain: dict[str, str]
    failed_reference_task_names: list[str]
    failed_task_names: list[str]
    correlation_id: str | None = None
    parent_workflow_id: str | None = None
    parent_workflow_task_id: str | None = None
    reason_for_incompletion: str | None = None
    event: str | None = None
    created_by: str | None = None
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    idempotency_key: str | None = None
    rate_limit_key: str | None = None


class NodeJson(NamedTuple):
    """A node of a definition, encoded, and the task definition inside it."""

    node: Raw
    task_def: Raw


def _copier(source: type[msgspec.Struct], target: type[msgspec.Struct], after: str, until: str) -> attrgetter[Any]:
    """Reads from a `source` everything that `target` declares between two fields (both included), in order."""
    names = target.__struct_fields__
    copied = names[names.index(after) : names.index(until) + 1]
    missing = set(copied) - set(source.__struct_fields__)
    if missing:
        raise TypeError(f"{target.__name__} shows {sorted(missing)}, which {source.__name__} does not have")
    return attrgetter(*copied)


_task_fields = _copier(Task, TaskJson, "task_type", "isolation_group_id")
_workflow_fields = _copier(Workflow, WorkflowJson, "workflow_id", "rate_limit_key")


class ExecutionShapes:
    """Encodes executions and tasks, and keeps the encoded parts that many of them share."""

    def __init__(self, nodes_kept: int = 2048, definitions_kept: int = 128, outside: bool = False) -> None:
        """`outside`: large payloads are shown by their path in the external storage."""
        self._nodes_kept, self._definitions_kept, self._outside = nodes_kept, definitions_kept, outside
        self._nodes: dict[tuple[str, str], NodeJson] = {}
        self._definitions: dict[str, Raw] = {}
        self._encoder = msgspec.json.Encoder()

    def task(self, view: TaskView) -> bytes:
        """The JSON of one task."""
        return self._encoder.encode(self._task(view))

    def tasks(self, views: Sequence[TaskView]) -> bytes:
        """The JSON of a list of tasks."""
        return self._encoder.encode([self._task(view) for view in views])

    def task_page(self, page: TaskPage) -> bytes:
        """The JSON of one page of tasks."""
        return self._encoder.encode({"totalHits": page.total_hits, "results": [self._task(v) for v in page.results]})

    def workflow_page(self, page: WorkflowPage) -> bytes:
        """The JSON of one page of executions."""
        results = [self._workflow(view) for view in page.results]
        return self._encoder.encode({"totalHits": page.total_hits, "results": results})

    def workflow(self, view: WorkflowView) -> bytes:
        """The JSON of one execution."""
        return self._encoder.encode(self._workflow(view))

    def workflows(self, views: Sequence[WorkflowView]) -> bytes:
        """The JSON of a list of executions."""
        return self._encoder.encode([self._workflow(view) for view in views])

    def found(self, views: Sequence[WorkflowView], errors: dict[str, str]) -> bytes:
        """The JSON of many executions that were asked for by id, with a sentence for each that could not be read."""
        results = [self._workflow(view) for view in views]
        return self._encoder.encode({"bulkErrorResults": errors, "bulkSuccessfulResults": results})

    def correlated(self, views: dict[str, list[WorkflowView]]) -> bytes:
        """The JSON of executions by correlation id."""
        return self._encoder.encode({key: [self._workflow(view) for view in found] for key, found in views.items()})

    def _task(self, view: TaskView) -> TaskJson:
        task = task_outside(view.task) if self._outside else view.task
        node, task_def = self._node(view)
        fields: tuple[Any, ...] = (
            node,
            task_def,
            NO_METADATA,
            True,
            queue_wait(task),
            task.iteration > 0,
            0,  # firstStartTime: the reference never sets it (golden get-envelope)
            {} if task.external_input_payload_storage_path else task.input_data,
            {} if task.external_output_payload_storage_path else _output(task),
            *_task_fields(task),
            task.sub_workflow_id or _sub_workflow_in_payload(task),
        )
        return TaskJson(*fields)

    def _workflow(self, view: WorkflowView) -> WorkflowJson:
        header = workflow_outside(view.header) if self._outside else view.header
        return WorkflowJson(
            [self._task(task) for task in view.tasks],
            self._definition(view),
            (),
            header.rate_limited,
            header.create_time,
            header.owner_app or "",
            {} if header.external_input_payload_storage_path else header.input,
            {} if header.external_output_payload_storage_path else header.output,
            *_workflow_fields(header),
        )

    def _node(self, view: TaskView) -> NodeJson:
        if view.task.own_node is not None:
            return self._encode_node(view.node)
        key = (view.definition_id, view.task.node)
        found = self._nodes.get(key)
        if found is None:
            found = _remember(self._nodes, key, self._encode_node(view.node), self._nodes_kept)
        return found

    def _encode_node(self, node: WorkflowTask) -> NodeJson:
        task_def = node.task_definition
        return NodeJson(
            Raw(self._encoder.encode(shown_struct(node))),
            NULL if task_def is None else Raw(self._encoder.encode(shapes.definition(task_def))),
        )

    def _definition(self, view: WorkflowView) -> Raw:
        key = view.header.definition_id
        found = self._definitions.get(key)
        if found is None:
            encoded = Raw(self._encoder.encode(shapes.definition(view.definition)))
            found = _remember(self._definitions, key, encoded, self._definitions_kept)
        return found


def _remember(cache: dict[K, V], key: K, value: V, kept: int) -> V:
    """Keep a value; when the cache is full, the oldest entry goes."""
    if len(cache) >= kept:
        del cache[next(iter(cache))]
    cache[key] = value
    return value


def queue_wait(task: Task) -> Millis:
    """How long it waited for its worker. The reference subtracts from the present time once a callback was asked
    for, so there the value grows with every look; this one stays what it was."""
    return max(0, task.start_time - task.scheduled_time) if task.start_time and task.scheduled_time else 0


def _output(task: Task) -> JsonObject:
    """A task shows its own child, also when the child's output has brought the id of its child [rec]."""
    child, output = task.sub_workflow_id, task.output_data
    if child is None or output.get("subWorkflowId", child) == child:
        return output
    return {**output, "subWorkflowId": child}


def _sub_workflow_in_payload(task: Task) -> str | None:
    """§0.3: the id of the child is also looked for in the output, then in the input."""
    found = task.output_data.get("subWorkflowId") or task.input_data.get("subWorkflowId")
    return found if isinstance(found, str) else None
