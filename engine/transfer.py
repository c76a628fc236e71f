"""An execution on its way from one store to another: all that belongs to it, and the commit that makes it there.

Queue entries are not carried, for they follow from the tasks. Versions begin anew: the commit is the first of its
workflow in its new store.
"""

from __future__ import annotations

import msgspec

from engine.definitions import Model
from engine.graph import Graph
from engine.model import Summary, Task, Workflow, summary_of
from engine.ports import Commit, QueueEntry
from engine.requests import TaskExecLog
from engine.status import TaskStatus
from engine.tasks import task_type
from engine.tasks.worker import entry_of
from engine.timeouts import IN_SERVER


class Definition(Model, frozen=True):
    """A metadata document; `body` is its JSON."""

    kind: str
    name: str
    body: str
    version: int = 0


class Execution(Model, frozen=True):
    """A workflow with its tasks in `seq` order, its search row, the logs of its tasks in order, and the documents that
    say which place of a `rateLimitConfig` it has or waits for."""

    header: Workflow
    tasks: tuple[Task, ...] = ()
    summary: Summary | None = None
    logs: tuple[TaskExecLog, ...] = ()
    places: tuple[Definition, ...] = ()


def is_open(execution: Execution) -> bool:
    """Some of its tasks have not ended, so that its definition decides which of them stand on a queue."""
    return any(not task.status.terminal for task in execution.tasks)


def creation(execution: Execution, graph: Graph | None) -> Commit:
    """The commit that makes it; `graph`, that of its definition snapshot, may be None for one that is not open."""
    header = msgspec.structs.replace(execution.header, version=1)
    tasks = tuple([msgspec.structs.replace(task, rev=1) for task in execution.tasks])
    entries = [_entry(task, graph) for task in tasks if not task.status.terminal] if graph else []
    return Commit(
        workflow_id=header.workflow_id,
        expected=0,
        header=header,
        tasks=tasks,
        enqueue=tuple([entry for entry in entries if entry]),
        summary=execution.summary or summary_of(header, graph.definition.classifier if graph else None),
    )


def _entry(task: Task, graph: Graph) -> QueueEntry | None:
    """What an open task stands on its queue with. One that is with a worker counts for its limit, and nobody can
    claim it; one that the server has begun for others is on no queue any more.
    """
    node, held = task.own_node or graph.node(task.node), task.status is TaskStatus.IN_PROGRESS
    if node is None:
        return None
    in_server = task.task_type in IN_SERVER
    if (in_server and held) or not (in_server or task_type(node.type).worker):
        return None
    entry = entry_of(task, task.own_task_def or node.task_definition)
    return msgspec.structs.replace(entry, claimed=held)
