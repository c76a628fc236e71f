"""FORK_JOIN_DYNAMIC: branches made at run time, from a list of tasks or from one task and many inputs (§2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from engine.definitions import Json, JsonObject, SubWorkflowParams, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.ending import WorkflowEnds
from engine.java_text import java_text
from engine.model import Task
from engine.questions import Complete, Steps
from engine.status import TaskStatus, WorkflowStatus
from engine.tasks.base import TaskType, done, plain_input
from engine.tasks.fork_join import join_behind

SYSTEM_NAMES = frozenset(
    {"DO_WHILE", "EVENT", "HTTP", "HUMAN", "INLINE", "JSON_JQ_TRANSFORM", "LAMBDA", "NOOP"}
    | {"PULL_WORKFLOW_MESSAGES", "SET_VARIABLE", "START_WORKFLOW", "SUB_WORKFLOW", "TERMINATE", "WAIT"}
)
"""System types that may stand for a branch without a name of its own."""


def _fail(text: str) -> WorkflowEnds:
    return WorkflowEnds(WorkflowStatus.FAILED, text)


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    try:
        join_behind(draft, node.task_reference_name)
    except WorkflowEnds:
        text = "Dynamic join definition is not followed by a join task.  Check the workflow definition."
        raise _fail(text) from None
    given = plain_input(draft, node, attempt)
    branches: list[WorkflowTask] = yield Complete(tuple(_branches(draft, node, given)))
    _refuse_duplicates(draft, node, branches, scope)
    shown = {
        **given,
        "forkedTasks": [branch.task_reference_name for branch in branches],
        "forkedTaskDefs": [msgspec.to_builtins(branch) for branch in branches],
    }
    row = done(draft, node, scope, attempt, task_type="FORK", task_def_name="FORK", input_data=shown, executed=True)
    return draft.add(row)


def _branches(draft: Draft, node: WorkflowTask, given: JsonObject) -> list[WorkflowTask]:
    """The three forms, tried in this order."""
    inputs = given.get("forkTaskInputs")
    if isinstance(inputs, list):
        return _same_task(draft, node, given, inputs)
    if node.dynamic_fork_tasks_param:
        return _listed(node, given)
    return _legacy(node, given)


# ---------------------------------------------------------------------- one task, many inputs


def _same_task(draft: Draft, node: WorkflowTask, given: JsonObject, inputs: Sequence[Json]) -> list[WorkflowTask]:
    kind = str(given.get("forkTaskType") or "SIMPLE")
    child = given.get("forkTaskWorkflow")
    name = str(given.get("forkTaskName") or (kind if kind in SYSTEM_NAMES else node.task_reference_name))
    # E35: a second dynamic fork of the workflow puts its own name in front
    prefix = f"_{node.task_reference_name}_{name}" if _forked_before(draft) else f"_{name}"
    return [
        _element(node, kind, name, None if child is None else str(child), given, f"{prefix}_{index}", index, value)
        for index, value in enumerate(inputs)
    ]


def _forked_before(draft: Draft) -> bool:
    return any(
        row.task_type == "FORK" and "forkedTasks" in row.input_data
        for reference, place in draft.graph.places.items()
        if place.node.type == "FORK_JOIN_DYNAMIC" and (row := draft.rows.newest_of(reference)) is not None
    )


def _element(
    node: WorkflowTask,
    kind: str,
    name: str,
    child: str | None,
    given: JsonObject,
    reference: str,
    index: int,
    value: Json,
) -> WorkflowTask:
    own: JsonObject = {**(value if isinstance(value, dict) else {"input": value}), "__index": index}
    branch = WorkflowTask(
        name=name, task_reference_name=reference, type=kind, input_parameters=own, optional=node.optional
    )
    if child is None:
        return branch
    domains = value.get("taskToDomain") if isinstance(value, dict) else None
    params = SubWorkflowParams(
        name=child,
        version=_version(given.get("forkTaskWorkflowVersion")),
        task_to_domain=domains if isinstance(domains, dict) else None,
    )
    return replace(branch, name=child, type="SUB_WORKFLOW", sub_workflow_param=params)


def _version(value: Json) -> int | None:
    """A number, also as text (N6); anything else means the latest."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.strip().isdigit() else None


# ---------------------------------------------------------------------- a list of tasks and a map of inputs


def _listed(node: WorkflowTask, given: JsonObject) -> list[WorkflowTask]:
    param, inputs_param = node.dynamic_fork_tasks_param or "", node.dynamic_fork_tasks_input_param_name or ""
    try:
        nodes = msgspec.convert(given.get(param), list[WorkflowTask], strict=False)
        usable = all(branch.task_reference_name for branch in nodes)
    except msgspec.ValidationError:
        usable = False
    if not usable:
        value = java_text(given.get(param))
        raise _fail(f"Input '{param}' is invalid. Cannot deserialize a list of Workflow Tasks from '{value}'")
    inputs = given.get(inputs_param)
    if not isinstance(inputs, dict):
        text = "Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found "
        raise _fail(text + java_text(inputs))
    return [_with_input(branch, inputs.get(branch.task_reference_name)) for branch in nodes]


def _with_input(branch: WorkflowTask, value: Json) -> WorkflowTask:
    if value is None:
        return branch
    if not isinstance(value, dict):
        raise _fail(f"Tasks could not be dynamically forked due to invalid input: {java_text(value)}")
    return replace(branch, input_parameters={**branch.input_parameters, **value})


def _legacy(node: WorkflowTask, given: JsonObject) -> list[WorkflowTask]:
    """`dynamicForkJoinTasksParam`, deprecated."""
    param = node.dynamic_fork_join_tasks_param or ""
    value = given.get(param)
    tasks = value.get("dynamicTasks") if isinstance(value, dict) else None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise _fail(
            f"Dynamic tasks could not be created. The value of {param} from task's input {java_text(given)} "
            "has no dynamic tasks to be scheduled"
        )
    return [_legacy_branch(task) for task in tasks]


def _legacy_branch(task: JsonObject) -> WorkflowTask:
    child = task.get("workflowName")
    name, reference = str(task.get("taskName") or child or ""), str(task.get("referenceName") or "")
    kind = str(task.get("type") or ("SUB_WORKFLOW" if child else "SIMPLE"))
    given = task.get("input")
    return WorkflowTask(
        name=name,
        task_reference_name=reference or name,
        type=kind,
        input_parameters=given if isinstance(given, dict) else {},
        sub_workflow_param=SubWorkflowParams(name=str(child)) if child else None,
    )


# ---------------------------------------------------------------------- rows


def _refuse_duplicates(draft: Draft, node: WorkflowTask, branches: Sequence[WorkflowTask], scope: Scope) -> None:
    """A reference name may be used once (S18): not twice in the list, and by no other task of the workflow."""
    seen: set[str] = set()
    for branch in branches:
        reference = branch.task_reference_name
        taken = draft.rows.newest(scope.name(reference)) is not None or draft.graph.node(reference) is not None
        if reference in seen or taken:
            header = draft.header
            raise _fail(
                f"No dynamic tasks could be created for the Workflow: {header.workflow_name}.{header.workflow_version}/"
                f"{header.workflow_id}, Dynamic Fork Task: {node.name} attempted to create a duplicate task reference "
                f"name: {reference}"
            )
        seen.add(reference)


def _children(draft: Draft, task: Task) -> Iterator[WorkflowTask]:
    """The branches, then the JOIN, which waits for the last row that each branch has made."""
    scope, joined = draft.scope_of(task), []
    for branch in msgspec.convert(task.input_data.get("forkedTaskDefs", []), list[WorkflowTask]):
        before = draft.rows.last()
        yield branch
        last = draft.rows.last()
        made = last is not None and (before is None or last.seq > before.seq)
        joined.append(last.node if made and last is not None else branch.task_reference_name)
    join = join_behind(draft, task.node)
    known = draft.rows.newest(scope.name(join.task_reference_name))
    if known is None or known.status is TaskStatus.SKIPPED:
        yield replace(join, join_on=joined)


FORK_JOIN_DYNAMIC = TaskType("FORK_JOIN_DYNAMIC", _create, _children, retriable=False, revived_in_place=True)
