"""What a waiting start or signal answers: an execution or a task, by the strategy that the client names (§5.2)."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.blocking import Settled
from engine.definitions import JsonObject
from engine.model import Task
from engine.runner import Seen
from engine.views import view
from handlers.execution_shapes import ExecutionShapes

Strategy = Literal["TARGET_WORKFLOW", "BLOCKING_WORKFLOW", "BLOCKING_TASK", "BLOCKING_TASK_INPUT"]
OF_TASKS = frozenset({"BLOCKING_TASK", "BLOCKING_TASK_INPUT"})


def run(shapes: ExecutionShapes, settled: Settled, strategy: str, request_id: str | None) -> bytes | None:
    """The answer; None when a blocking task was asked for and nothing blocks."""
    holder = settled.holder or settled.target
    if strategy not in OF_TASKS:
        shown = holder if strategy == "BLOCKING_WORKFLOW" else settled.target
        return _encoded({**_base(settled, shown, strategy, request_id), **_workflow_part(shapes, shown)})
    if settled.task is None:
        return None
    return _encoded({**_base(settled, holder, strategy, request_id), **_task_part(settled.task, holder)})


def _encoded(fields: JsonObject) -> bytes:
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})


def _base(settled: Settled, shown: Seen, strategy: str, request_id: str | None) -> JsonObject:
    target = settled.target.header
    return {
        "responseType": strategy,
        "targetWorkflowId": target.workflow_id,
        "targetWorkflowStatus": target.status,
        # unless it was given, the execution's own id is as unique
        "requestId": request_id or target.workflow_id,
        "workflowId": shown.header.workflow_id,
        "correlationId": shown.header.correlation_id,
        "signalTimeout": settled.timed_out,
        "priority": shown.header.priority,
    }


def _workflow_part(shapes: ExecutionShapes, shown: Seen) -> JsonObject:
    header = shown.header
    return {
        "input": header.input,
        "output": header.output,
        "variables": header.variables,
        "tasks": msgspec.Raw(shapes.tasks([view(task, shown.graph) for task in shown.tasks])),
        "createdBy": header.created_by,
        "createTime": header.create_time,
        "status": header.status,
        "updateTime": header.update_time,
    }


def _task_part(task: Task, holder: Seen) -> JsonObject:
    return {
        "input": task.input_data,
        "output": task.output_data,
        "taskType": task.task_type,
        "taskId": task.task_id,
        "referenceTaskName": task.reference_task_name,
        "retryCount": task.retry_count,
        "taskDefName": task.task_def_name,
        "retriedTaskId": task.retried_task_id,
        "workflowType": holder.header.workflow_name,
        "reasonForIncompletion": task.reason_for_incompletion,
        "createdBy": task.worker_id,
        "createTime": task.start_time or task.scheduled_time,
        "updateTime": task.update_time,
        "status": task.status,
    }
