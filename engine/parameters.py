"""Inputs of workflows and tasks, and the documents that references read (§3.4, §3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from engine.definitions import JsonObject, WorkflowDef, WorkflowTask
from engine.model import Task, Workflow
from engine.template import Lookup, Template, compile_template

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class TaskTemplate:
    """A node's input parameters, completed by its task definition's inputTemplate; `defaults` is that, as written."""

    parameters: Template
    defaults: JsonObject


def compile_node(node: WorkflowTask, with_task_def: bool = True) -> TaskTemplate:
    """The node's inputs, parsed once. `with_task_def` is false for the types that ignore the inputTemplate (§3.8)."""
    task_def = node.task_definition if with_task_def else None
    defaults = task_def.input_template if task_def is not None else {}
    return TaskTemplate(
        compile_template({**node.input_parameters, **_absent(defaults, node.input_parameters)}), defaults
    )


def task_input(
    template: TaskTemplate, lookup: Lookup, task_id: str | None = None, environment: Mapping[str, str] = _NOTHING
) -> JsonObject:
    """The input of one row: shared with the template and the context, so not to be changed in place.

    A key that is null after substitution takes the inputTemplate's value as it is written, references and all (§3.8).
    """
    resolved = cast(JsonObject, template.parameters.resolve(lookup, task_id, environment))
    if not template.defaults:
        return resolved
    return resolved | {key: raw for key, raw in template.defaults.items() if resolved[key] is None}


def workflow_input(given: JsonObject | None, template: JsonObject) -> JsonObject:
    """The input of an execution: what was given, and the definition's inputTemplate for keys that are absent or null.

    The reference leaves the template out when no input is given at all (D25); here the defaults always count.
    """
    given = given or {}
    return given | {key: value for key, value in template.items() if given.get(key) is None}


def merged_input(before: JsonObject, fresh: JsonObject) -> JsonObject:
    """The input of a retried row: what the attempt before had, and over it what the definition gives now (§4.1)."""
    return before | fresh


def workflow_context(header: Workflow, definition: WorkflowDef) -> JsonObject:
    """What `${workflow...}` reads. The order shows when the whole document is put into text."""
    return {
        "output": header.output,
        "input": header.input,
        "parentWorkflowId": header.parent_workflow_id,
        "variables": header.variables,
        "schemaVersion": definition.schema_version,
        "reasonForIncompletion": header.reason_for_incompletion,
        "parentWorkflowTaskId": header.parent_workflow_task_id,
        "workflowType": header.workflow_name,
        "correlationId": header.correlation_id,
        "version": header.workflow_version,
        "workflowId": header.workflow_id,
        "status": header.status.value,
    }


def task_context(task: Task) -> JsonObject:
    """What `${reference...}` reads of a task. The caller files it under the plain reference name (§3.4)."""
    return {
        "callbackAfterSeconds": task.callback_after_seconds,
        "workerId": task.worker_id,
        "scheduledTime": task.scheduled_time,
        "referenceTaskName": task.reference_task_name,
        "retryCount": task.retry_count,
        "output": task.output_data,
        "input": task.input_data,
        "taskType": task.task_type,
        "pollCount": task.poll_count,
        "reasonForIncompletion": task.reason_for_incompletion,
        "taskDefName": task.task_def_name,
        "iteration": task.iteration,
        "correlationId": task.correlation_id,
        "startTime": task.start_time,
        "endTime": task.end_time,
        "workflowInstanceId": task.workflow_instance_id,
        "taskId": task.task_id,
        "status": task.status.value,
    }


def _absent(defaults: JsonObject, given: JsonObject) -> JsonObject:
    return {key: value for key, value in defaults.items() if key not in given}
