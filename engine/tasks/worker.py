"""SIMPLE and every type nobody knows: tasks that workers poll (§2.1, §2.2), their queue and their domain (§4.8)."""

from __future__ import annotations

from engine.definitions import JsonObject, TaskDef, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.model import Task
from engine.parameters import merged_input
from engine.ports import Limit, QueueEntry
from engine.questions import Steps, WorkerActive
from engine.tasks.base import TaskType, definition_of, new_row, own_input
from engine.timeouts import IN_SERVER, SECOND, deadline

NO_DOMAIN = "NO_DOMAIN"


def queue_name(task_type: str, domain: str | None, namespace: str | None = None, group: str | None = None) -> str:
    """`[domain:]taskType[@executionNameSpace][-isolationGroupId]` (§1.9)."""
    name = f"{domain}:{task_type}" if domain else task_type
    if namespace:
        name += f"@{namespace}"
    return f"{name}-{group}" if group else name


def entry_of(task: Task, task_def: TaskDef | None) -> QueueEntry:
    """The queue entry of a SCHEDULED task."""
    place = (task.domain, task.execution_name_space, task.isolation_group_id)
    return QueueEntry(
        task_id=task.task_id,
        workflow_id=task.workflow_instance_id,
        # S15: the server's own workers serve one queue a type, whatever the group
        queue=task.task_type if task.task_type in IN_SERVER else queue_name(task.task_type, *place),
        priority=task.workflow_priority,
        available_at=task.available_at,
        limit=_limit(task, task_def),
    )


def _limit(task: Task, task_def: TaskDef | None) -> Limit | None:
    if task_def is None:
        return None
    concurrent, per_window = task_def.concurrent_exec_limit or 0, task.rate_limit_per_frequency
    if concurrent <= 0 and per_window <= 0:
        return None
    window = task.rate_limit_frequency_in_seconds * SECOND
    return Limit(task.task_def_name, max(concurrent, 0), max(per_window, 0), window)


def domain_of(draft: Draft, task_type: str) -> Steps[str | None]:
    """The domain a task of this type goes to: the first with a live worker, else the last named (E64)."""
    mapping = draft.header.task_to_domain
    if not mapping:
        return None
    listed = mapping.get(task_type, mapping.get("*", ""))
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if not names:
        return None
    for name in names:
        if name != NO_DOMAIN and (yield WorkerActive(task_type, name)):
            return name
    return None if names[-1] == NO_DOMAIN else names[-1]


def schedule(draft: Draft, task: Task, task_def: TaskDef | None) -> Task:
    """Add a SCHEDULED row with its deadline, and put it on its queue."""
    task = draft.add(replace(task, deadline=deadline(task, task_def, draft.now)))
    draft.enqueue(entry_of(task, task_def))
    return task


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Steps[Task]:
    task_def, simple = definition_of(node), node.type == "SIMPLE"
    task_type = node.name if simple else node.type
    domain = yield from domain_of(draft, task_type)
    delay_ms = attempt.delay_ms if attempt.before else node.start_delay * SECOND
    row = new_row(
        draft,
        node,
        scope,
        attempt,
        task_type=task_type,
        domain=domain,
        available_at=draft.now + delay_ms if delay_ms else 0,
        start_delay_in_seconds=delay_ms // SECOND,
        callback_after_seconds=delay_ms // SECOND,
        # §2.2: other types do not carry the response time-out on their row
        response_timeout_seconds=task_def.response_timeout_seconds if simple else 0,
        rate_limit_per_frequency=task_def.rate_limit_per_frequency,
        rate_limit_frequency_in_seconds=task_def.rate_limit_frequency_in_seconds,
        execution_name_space=task_def.execution_name_space,
        isolation_group_id=task_def.isolation_group_id,
    )
    row = replace(row, input_data=_input(draft, node, attempt, row.task_id))
    return schedule(draft, row, task_def)


def _input(draft: Draft, node: WorkflowTask, attempt: Attempt, task_id: str) -> JsonObject:
    fresh = own_input(draft, node, attempt, task_id)
    return merged_input(attempt.before.input_data, fresh) if attempt.before else fresh


WORKER = TaskType("SIMPLE", _create, worker=True)
