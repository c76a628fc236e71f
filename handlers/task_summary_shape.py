"""Results of searches for tasks: rows of text, like those of searches for executions."""

from __future__ import annotations

import msgspec

from engine.java_text import java_text
from engine.model import Millis, Task
from engine.ports import FoundTasks
from engine.status import TaskStatus
from handlers.execution_shapes import queue_wait
from handlers.summary_shape import iso_time


class TaskSummaryJson(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """One row; times are ISO texts (an unset one is the epoch, as in the reference), payloads Java-style texts."""

    workflow_id: str
    workflow_type: str
    correlation_id: str | None = None
    scheduled_time: str
    start_time: str
    update_time: str
    end_time: str
    status: TaskStatus
    reason_for_incompletion: str | None = None
    execution_time: Millis
    queue_wait_time: Millis
    task_def_name: str
    task_type: str
    input: str
    output: str
    task_id: str
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    workflow_priority: int
    domain: str | None = None


def page(found: FoundTasks) -> bytes:
    """The JSON of one page of search results."""
    rows = [task_summary(task) for task in found.results]
    return msgspec.json.encode({"totalHits": found.total_hits, "results": rows})


def task_summary(task: Task) -> TaskSummaryJson:
    """One search result."""
    return TaskSummaryJson(
        workflow_id=task.workflow_instance_id,
        workflow_type=task.workflow_type,
        correlation_id=task.correlation_id,
        scheduled_time=iso_time(task.scheduled_time),
        start_time=iso_time(task.start_time),
        update_time=iso_time(task.update_time),
        end_time=iso_time(task.end_time),
        status=task.status,
        reason_for_incompletion=task.reason_for_incompletion,
        execution_time=max(0, task.end_time - task.start_time) if task.end_time else 0,
        queue_wait_time=queue_wait(task),
        task_def_name=task.task_def_name,
        task_type=task.task_type,
        input=java_text(task.input_data),
        output=java_text(task.output_data),
        task_id=task.task_id,
        external_input_payload_storage_path=task.external_input_payload_storage_path,
        external_output_payload_storage_path=task.external_output_payload_storage_path,
        workflow_priority=task.workflow_priority,
        domain=task.domain,
    )
