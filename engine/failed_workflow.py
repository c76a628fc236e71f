"""What a failure workflow is told of the workflow that failed (E57): its stored fields, by their names in the API."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.definitions import JsonObject
from engine.graph import Graph
from engine.model import Task, Workflow
from engine.payload_limits import KB, LIMIT_KB
from engine.shown import shown_struct
from engine.views import view

_OWN_OF_WORKFLOWS = frozenset(
    {"definitionId", "version", "outbox", "deadline", "startedFor", "followers", "lastSeq", "messages"}
)
_OWN_OF_TASKS = frozenset({"rev", "node", "ownNode", "ownTaskDef", "loopTaskId", "availableAt", "deadline", "waitsFor"})
"""What the engine keeps for itself."""

_encode = msgspec.json.Encoder().encode


def as_input(header: Workflow, graph: Graph, tasks: Sequence[Task]) -> JsonObject:
    """The workflow with its definition and its tasks, each with its node and task definition; without those two when it
    would be more than an input may be, as `workflowDefinition` has them too.

    As it will be read again: what a store holds and what memory holds are the same (DESIGN §8, 8).
    """
    told = _encode(_told(header, graph, [_with_node(task, graph) for task in tasks]))
    if len(told) > LIMIT_KB * KB:
        told = _encode(_told(header, graph, [_task(task) for task in tasks]))
    read: JsonObject = msgspec.json.decode(told)
    return read


def _told(header: Workflow, graph: Graph, tasks: list[JsonObject]) -> JsonObject:
    fields = _without(shown_struct(header), _OWN_OF_WORKFLOWS)
    return {**fields, "workflowDefinition": shown_struct(graph.definition), "tasks": tasks}


def _with_node(task: Task, graph: Graph) -> JsonObject:
    node = shown_struct(view(task, graph).node)
    definition = {"taskDefinition": node["taskDefinition"]} if "taskDefinition" in node else {}
    return {**_task(task), "workflowTask": node, **definition}


def _task(task: Task) -> JsonObject:
    computed = {"callbackFromWorker": True, "loopOverTask": task.iteration > 0}
    return {**_without(shown_struct(task), _OWN_OF_TASKS), **computed}


def _without(fields: JsonObject, names: frozenset[str]) -> JsonObject:
    return {name: value for name, value in fields.items() if name not in names}
