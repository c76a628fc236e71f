"""Definitions in a few words, and worlds in which they have just begun."""

from __future__ import annotations

from typing import Any

from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from tests.world import Surroundings, World


def simple(reference: str, **fields: Any) -> WorkflowTask:
    """A SIMPLE task; fields of its task definition and of the node may be mixed. Not retried unless said otherwise."""
    own: dict[str, Any] = {"retry_count": 0, "retry_delay_seconds": 0, "response_timeout_seconds": 3600}
    of_node = {"optional", "permissive", "start_delay", "input_parameters", "type", "retries_of_node", "name"}
    own |= {key: value for key, value in fields.items() if key not in of_node}
    name = fields.get("name", "work")
    node = {key: value for key, value in fields.items() if key in of_node - {"retries_of_node", "name"}}
    if "retries_of_node" in fields:
        node["retry_count"] = fields["retries_of_node"]
    return WorkflowTask(name, reference, task_definition=TaskDef(name=name, **own), **node)


def task(kind: str, reference: str, given: dict[str, Any] | None = None, **fields: Any) -> WorkflowTask:
    """A task of a system type."""
    return WorkflowTask(kind.lower(), reference, type=kind, input_parameters=given or {}, **fields)


def switch(reference: str, which: Any, cases: dict[str, list[WorkflowTask]], **fields: Any) -> WorkflowTask:
    """SWITCH by value."""
    return task(
        "SWITCH", reference, {"which": which}, evaluator_type="value-param", expression="which", decision_cases=cases,
        **fields,
    )  # fmt: skip


def fork(reference: str, *branches: list[WorkflowTask]) -> WorkflowTask:
    """FORK_JOIN."""
    return task("FORK_JOIN", reference, fork_tasks=list(branches))


def join(reference: str, *joined: str, **fields: Any) -> WorkflowTask:
    """JOIN."""
    return task("JOIN", reference, join_on=list(joined), **fields)


def flow(*tasks: WorkflowTask, **fields: Any) -> WorkflowDef:
    """A definition of these tasks."""
    return WorkflowDef(name="flow", tasks=list(tasks), **fields)


def started(*tasks: WorkflowTask, around: Surroundings | None = None, header: Any = None, **fields: Any) -> World:
    """A world in which a workflow of these tasks has begun."""
    return World.started(flow(*tasks, **fields), around, **(header or {}))
