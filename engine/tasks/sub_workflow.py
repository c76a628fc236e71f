"""SUB_WORKFLOW: a child execution, whose end is the task's end (§2.10).

The row and the effect that starts the child are one commit; the child's id is derived from the row, so a repeated start
finds the child that is there (E48).
"""

from __future__ import annotations

import msgspec

from engine.definitions import Json, JsonObject, SubWorkflowParams, WorkflowDef, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.effects import StartWorkflow
from engine.ending import WorkflowEnds
from engine.java_text import java_text
from engine.model import Task
from engine.named_id import named_id
from engine.questions import MissingDefinition, Steps
from engine.status import TaskStatus, WorkflowStatus
from engine.tasks.base import TaskType, new_row, plain_input
from engine.template import compile_template
from engine.timeouts import SECOND, deadline


def child_id(workflow_id: str, task_id: str, retry_count: int) -> str:
    """The id of the child that this attempt of a task starts."""
    return named_id(f"subworkflow:{workflow_id}:{task_id}:{retry_count}")


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    params = node.sub_workflow_param
    if params is None:
        raise WorkflowEnds(
            WorkflowStatus.FAILED,
            f"Task {node.name} is defined as sub-workflow and is missing subWorkflowParams. "
            "Please check the workflow definition",
        )
    # what was resolved for one attempt stays for all that follow [rec]
    earlier = attempt.again or attempt.before
    given = plain_input(draft, node, attempt) if earlier is None else earlier.input_data
    if "subWorkflowName" not in given:
        given = _input(draft, params, given)
    row = new_row(draft, node, scope, attempt, input_data=given, start_delay_in_seconds=node.start_delay)
    return (yield from _begin(draft, node, row, attempt.again is not None))


def _input(draft: Draft, params: SubWorkflowParams, given: JsonObject) -> JsonObject:
    definition = params.workflow_definition
    resolved: JsonObject = {
        "subWorkflowName": _resolved(draft, params.name),
        "subWorkflowVersion": _number(_resolved(draft, params.version)),
        "priority": _resolved(draft, params.priority),
        "subWorkflowTaskToDomain": _resolved(draft, params.task_to_domain),
        # an inline definition is not substituted (§2.10.1)
        "subWorkflowDefinition": _resolved(draft, definition) if isinstance(definition, str) else definition,
        "idempotencyKey": _resolved(draft, params.idempotency_key),
        "idempotencyStrategy": _resolved(draft, params.idempotency_strategy),
        "workflowInput": given,
    }
    if isinstance(resolved["subWorkflowDefinition"], dict):
        resolved |= _inline(resolved["subWorkflowDefinition"], named=not isinstance(definition, str))
    return resolved


def _inline(given: JsonObject, named: bool) -> JsonObject:
    """What is shown of an inline definition: no version of its own, and its name where it stands in the node [rec]."""
    inline = _definition(given)
    if inline is None:
        return {}
    name: JsonObject = {"subWorkflowName": inline.name} if named else {}
    return {"subWorkflowVersion": None, "subWorkflowDefinition": _complete(inline)} | name


def _complete(definition: WorkflowDef) -> JsonObject:
    """A definition with every default filled in, as the reference stores it **[rec]**."""
    shown: JsonObject = {"version": definition.version, "schemaVersion": definition.schema_version}
    shown.update(msgspec.to_builtins(definition))
    return shown


def _resolved(draft: Draft, value: Json) -> Json:
    return compile_template(value).resolve(draft.lookup)


def _number(value: Json) -> Json:
    return int(value) if isinstance(value, str) and value.strip().isdigit() else value


def _definition(value: Json) -> WorkflowDef | None:
    try:
        return msgspec.convert(value, WorkflowDef, strict=False)
    except msgspec.ValidationError:
        return None


def _begin(draft: Draft, node: WorkflowTask, row: Task, again: bool) -> Steps[Task]:
    """Add the row, and start the child now or after the start delay."""
    if row.start_delay_in_seconds > 0:
        at = draft.now + row.start_delay_in_seconds * SECOND
        return draft.add(replace(row, callback_after_seconds=row.start_delay_in_seconds, wait_timeout=at, deadline=at))
    return (yield from start_child(draft, node, draft.add(row), again))


def start_child(draft: Draft, node: WorkflowTask, row: Task, again: bool = False) -> Steps[Task]:
    """Post the effect that starts the child; the row is IN_PROGRESS from now on."""
    given = row.input_data
    inline = _definition(given["subWorkflowDefinition"]) if given.get("subWorkflowDefinition") else None
    problem = yield from _problem(given, inline)
    if problem is not None:
        return draft.change(row, status=problem[0], start_time=draft.now, reason_for_incompletion=problem[1])
    child = child_id(row.workflow_instance_id, row.task_id, row.retry_count)
    if again:
        child = draft.ids.new()  # the derived id is taken by the child that ended before (§2.10.3)
    draft.post(_effect(draft, row, child, inline))
    row = draft.change(
        row,
        status=TaskStatus.IN_PROGRESS,
        start_time=draft.now,
        sub_workflow_id=child,
        wait_timeout=0,
        callback_after_seconds=0,
        output_data={"subWorkflowId": child},
    )
    return draft.change(row, deadline=deadline(row, node.task_definition, draft.now))


def _problem(given: JsonObject, inline: WorkflowDef | None) -> Steps[tuple[TaskStatus, str] | None]:
    """Why no child can be started: its definition may be registered before the next attempt, its name stays (S1)."""
    name, version = given.get("subWorkflowName"), given.get("subWorkflowVersion")
    if inline is not None:
        return None
    if not isinstance(name, str) or not name:
        return TaskStatus.FAILED_WITH_TERMINAL_ERROR, f"subWorkflowParam.name is no name: {java_text(name)}"
    missing = yield MissingDefinition(name, version or None)
    return None if missing is None else (TaskStatus.FAILED, missing)


def _effect(draft: Draft, row: Task, child: str, inline: WorkflowDef | None) -> StartWorkflow:
    given, header = row.input_data, draft.header
    # E49: without an input of its own the child gets the whole input of the task
    own = given.get("workflowInput") or given
    domains = given.get("subWorkflowTaskToDomain")
    priority = given.get("priority")
    return StartWorkflow(
        key=f"child:{child}",
        workflow_id=child,
        name=inline.name if inline else str(given["subWorkflowName"]),
        version=given.get("subWorkflowVersion") or None,
        input={**own, "_systemMetadata": {"dynamic": True}} if inline else own,
        correlation_id=header.correlation_id,
        task_to_domain=domains if isinstance(domains, dict) else header.task_to_domain,
        parent_task_id=row.task_id,
        # the parent's priority is not inherited (D5)
        priority=priority if isinstance(priority, int) and not isinstance(priority, bool) else 0,
        definition=inline,
        idempotency_key=_text(given.get("idempotencyKey")),
        idempotency_strategy=_text(given.get("idempotencyStrategy")),
    )


def _text(value: Json) -> str | None:
    """A text; other values as Java shows them, and nothing for what says nothing."""
    return (value if isinstance(value, str) else java_text(value)) or None if value is not None else None


SUB_WORKFLOW = TaskType(
    "SUB_WORKFLOW",
    _create,
    woken=start_child,
    reopened_output=lambda task: {"subWorkflowId": task.sub_workflow_id},
)
