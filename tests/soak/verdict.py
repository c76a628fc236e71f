"""What must be true when the dust has settled, from what a server tells of all executions of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tests.crash.connection import Connection
from tests.soak.crowd import Crowd
from tests.soak.trees import Trees

Json = dict[str, Any]
PAGE = 500
OPEN = frozenset({"RUNNING", "PAUSED"})
OPEN_TASKS = frozenset({"SCHEDULED", "IN_PROGRESS"})


async def all_executions(crowd: Crowd, connection: Connection, trees: Trees) -> tuple[dict[str, str], dict[str, Json]]:
    """The status of each by search, and each with its tasks by its id."""
    query = quote(f"workflowType STARTS_WITH '{trees.prefix}'")
    found: dict[str, str] = {}
    while True:
        path = f"/workflow/search?start={len(found)}&size={PAGE}&sort={quote('startTime:ASC')}&query={query}"
        page = (await crowd.insist(connection, "GET", path)).json()["results"]
        found |= {summary["workflowId"]: summary["status"] for summary in page}
        if len(page) < PAGE:
            break
    read: dict[str, Json] = {}
    for workflow_id in found:
        answer = await crowd.insist(connection, "GET", f"/workflow/{workflow_id}")
        if answer.ok:
            read[workflow_id] = answer.json()
    return found, read


def faults(crowd: Crowd, found: Mapping[str, str], read: Mapping[str, Json]) -> list[str]:
    """Everything that is wrong, a sentence each."""
    return [*crowd.faults, *_lost(crowd, found), *_disagreements(found, read), *_stuck(read), *_families(read)]


def _lost(crowd: Crowd, found: Mapping[str, str]) -> Iterator[str]:
    yield from (f"the acknowledged start {each} is gone" for each in crowd.started - crowd.removed - set(found))


def _disagreements(found: Mapping[str, str], read: Mapping[str, Json]) -> Iterator[str]:
    for workflow_id, status in found.items():
        shown = read.get(workflow_id, {}).get("status", "not found")
        if shown != status:
            yield f"{workflow_id} is {status} in a search and {shown} when it is read"


def _stuck(read: Mapping[str, Json]) -> Iterator[str]:
    for execution in read.values():
        if execution["status"] in OPEN and not waits_for(execution, read):
            states = [f"{task['referenceTaskName']} {task['status']}" for task in execution["tasks"]]
            yield f"{execution['workflowId']} is {execution['status']} and waits for nothing: {', '.join(states)}"
        elif execution["status"] not in OPEN:
            for task in execution["tasks"]:
                if task["status"] in OPEN_TASKS:
                    yield f"{execution['workflowId']} has ended, but {task['referenceTaskName']} is {task['status']}"


def waits_for(execution: Json, read: Mapping[str, Json]) -> str | None:
    """The name of what an open execution waits for; None when nothing will ever move it."""
    if execution["status"] == "PAUSED":
        return "a resume"
    if execution.get("rateLimited"):
        return "its turn"
    names = [_waits(task, read) for task in execution["tasks"] if task["status"] in OPEN_TASKS]
    return next((name for name in names if name), None)


def _waits(task: Json, read: Mapping[str, Json]) -> str | None:
    kind = task["taskType"]
    if kind in ("JOIN", "DO_WHILE"):
        return None
    if kind == "SUB_WORKFLOW" and task["status"] == "IN_PROGRESS":
        child = read.get(task.get("subWorkflowId", ""))
        return "a child" if child is not None and child["status"] in OPEN else None
    return {"HUMAN": "a person", "WAIT": "a moment", "SUB_WORKFLOW": "its start"}.get(kind, "a worker")


def _families(read: Mapping[str, Json]) -> Iterator[str]:
    for execution in read.values():
        if execution["status"] not in OPEN:
            continue
        for task in execution["tasks"]:
            if task["taskType"] == "SUB_WORKFLOW" and task["status"] == "IN_PROGRESS":
                child = read.get(task.get("subWorkflowId", ""), {"status": "gone"})
                if child["status"] not in OPEN:
                    who = f"{execution['workflowId']} {task['referenceTaskName']}"
                    yield f"{who} waits for {task.get('subWorkflowId')}, which is {child['status']}"


async def queue_faults(crowd: Crowd, connection: Connection, trees: Trees, read: Mapping[str, Json]) -> list[str]:
    """Queues hold what is SCHEDULED, no more and no less. To be asked when nobody polls."""
    scheduled = Counter(
        task["taskDefName"]
        for execution in read.values() if execution["status"] in OPEN
        for task in execution["tasks"] if task["status"] == "SCHEDULED"
    )  # fmt: skip
    wrong: list[str] = []
    for kind in trees.task_types():
        sizes = (await crowd.insist(connection, "GET", f"/tasks/queue/sizes?taskType={kind}")).json()
        if sizes.get(kind, 0) != scheduled[kind]:
            wrong.append(f"{scheduled[kind]} tasks of {kind} are SCHEDULED, and {sizes.get(kind, 0)} are in its queue")
    return wrong
