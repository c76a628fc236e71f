"""What a failure workflow is told of the workflow that failed (E57): all of it, as clients are shown it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.definitions import JsonObject
from engine.graph import Graph
from engine.model import Task, Workflow
from engine.shown import shown_struct
from engine.views import view

_OWN_OF_WORKFLOWS = frozenset(
    {"definitionId", "version", "outbox", "deadline", "startedFor", "followers", "lastSeq", "messages"}
)
_OWN_OF_TASKS = frozenset({"rev", "node", "ownNode", "ownTaskDef", "loopTaskId", "availableAt", "deadline", "waitsFor"})
"""What the engine keeps for itself."""


def as_input(header: Workflow, graph: Graph, tasks: Iterable[Task]) -> JsonObject:
    """The workflow with its definition and its tasks, each with its node and task definition.

    As it will be read again: what a store holds and what memory holds are the same (DESIGN §8, 8).
    """
    told = {
        **_without(shown_struct(header), _OWN_OF_WORKFLOWS),
        "workflowDefinition": shown_struct(graph.definition),
        "tasks": [_task(task, graph) for task in tasks],
    }
    read: JsonObject = msgspec.json.decode(msgspec.json.encode(told))
    return read


def _task(task: Task, graph: Graph) -> JsonObject:
    node = shown_struct(view(task, graph).node)
    definition = {"taskDefinition": node["taskDefinition"]} if "taskDefinition" in node else {}
    computed = {"callbackFromWorker": True, "loopOverTask": task.iteration > 0, "workflowTask": node, **definition}
    return {**_without(shown_struct(task), _OWN_OF_TASKS), **computed}


def _without(fields: JsonObject, names: frozenset[str]) -> JsonObject:
    return {name: value for name, value in fields.items() if name not in names}
