"""An execution with its children, and which of its tasks somebody outside may answer."""

from __future__ import annotations

import re
from typing import Any

Json = Any
Tree = list[dict[str, Json]]
"""Executions as the API shows them, parents first."""

ENDED = ("COMPLETED", "FAILED", "TERMINATED", "TIMED_OUT")
OPEN = ("SCHEDULED", "IN_PROGRESS")
LIVE = ("RUNNING", "PAUSED")
SERVED = frozenset({"HTTP", "EVENT", "START_WORKFLOW", "SWITCH", "DECISION", "INLINE", "LAMBDA", "JSON_JQ_TRANSFORM"})
"""What the server itself does, sooner or later."""
NOT_ANSWERED = SERVED | {"FORK", "JOIN", "EXCLUSIVE_JOIN", "DO_WHILE", "SUB_WORKFLOW"}


def place(task: dict[str, Json]) -> tuple[str, int]:
    """What orders tasks alike on both servers."""
    return task["referenceTaskName"], task["retryCount"]


def plain(task: dict[str, Json]) -> str:
    """The reference name as the definition has it, without iterations."""
    return re.sub(r"(__\d+)+$", "", task["referenceTaskName"])


def open_tasks(tree: Tree) -> list[dict[str, Json]]:
    """What somebody outside may answer, in an order that both servers share."""
    found = [
        task
        for workflow in tree
        if workflow.get("status") in LIVE
        for task in workflow["tasks"]
        if task["status"] in OPEN and task["taskType"] not in NOT_ANSWERED
    ]
    return sorted(found, key=place)


def overcome(tasks: list[dict[str, Json]], target: dict[str, Json]) -> bool:
    """Before a task was scheduled another one had failed that was tried again or tolerated."""
    before = (task for task in tasks if task["seq"] < target["seq"] and plain(task) != plain(target))
    failed = (task for task in before if task["status"] in ("FAILED", "FAILED_WITH_TERMINAL_ERROR"))
    return any(task["executed"] or task["retried"] for task in failed)


def moves(tree: Tree) -> bool:
    """The server has still something to do by itself."""
    ended = {workflow["workflowId"]: workflow["status"] in ENDED for workflow in tree if "workflowId" in workflow}
    return any(_moving(workflow, ended) for workflow in tree if "tasks" in workflow)


def _moving(workflow: dict[str, Json], ended: dict[str, bool]) -> bool:
    newest = {task["referenceTaskName"]: task for task in workflow["tasks"]}
    open_ = [task for task in workflow["tasks"] if task["status"] in OPEN]
    if workflow["status"] in ENDED:
        return bool(open_)
    if any(task["taskType"] in SERVED for task in open_):
        return True
    if workflow["status"] == "PAUSED":
        return any(_child_due(task, ended) for task in open_)
    if not open_ or any(_undecided(task) for task in workflow["tasks"]):
        return True
    return any(_child_due(task, ended) or _join_due(task, newest) for task in open_)


def _undecided(task: dict[str, Json]) -> bool:
    settled = task.get("executed") or task.get("retried") or task["status"] == "SKIPPED"
    return task["status"] not in OPEN and not settled


def _child_due(task: dict[str, Json], ended: dict[str, bool]) -> bool:
    if task["taskType"] != "SUB_WORKFLOW":
        return False
    return task["status"] == "SCHEDULED" or ended.get(task.get("subWorkflowId", ""), False)


def _join_due(task: dict[str, Json], newest: dict[str, dict[str, Json]]) -> bool:
    if task["taskType"] != "JOIN":
        return False
    joined = [newest.get(name) for name in task["inputData"].get("joinOn", [])]
    return all(row is not None and row["status"] not in OPEN for row in joined)


def broken_join(tree: Tree) -> bool:
    """A JOIN has failed by an attempt that is tried again: the new attempt was cancelled with everything else (C4)."""
    return any(_broken(workflow.get("tasks", [])) for workflow in tree)


def _broken(tasks: list[dict[str, Json]]) -> bool:
    newest = {task["referenceTaskName"]: task for task in sorted(tasks, key=place)}
    failed = [
        task for task in newest.values() if task["taskType"] == "JOIN" and task["status"] in ("FAILED", "CANCELED")
    ]
    joined = (newest.get(name) for join in failed for name in join["inputData"].get("joinOn", []))
    return any(task is not None and (_cancelled_attempt(task) or _attempts_left(task)) for task in joined)


def _cancelled_attempt(task: dict[str, Json]) -> bool:
    return bool(task["status"] == "CANCELED" and task["retryCount"] > 0)


def _attempts_left(task: dict[str, Json]) -> bool:
    """It failed, and was to be tried again: only the JOIN has prevented that."""
    own = (task.get("workflowTask") or {}).get("taskDefinition") or {}
    return bool(task["status"] == "FAILED" and not task["retried"] and own.get("retryCount", 0) > task["retryCount"])
