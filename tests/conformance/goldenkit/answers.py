"""Reading a server's answers: paths into them, parts of them, and the update that answers a polled task."""

from __future__ import annotations

import copy
from typing import Any

Json = Any


def task_result(task: dict[str, Json], step: dict[str, Json]) -> dict[str, Json]:
    """The body of an update call for a polled task."""
    result = {
        "workflowInstanceId": task["workflowInstanceId"],
        "taskId": task["taskId"],
        "status": step.get("status", "COMPLETED"),
        "outputData": fill_from_task(copy.deepcopy(step.get("output", {})), task),
        "workerId": step.get("workerId", "golden"),
    }
    for source, target in (
        ("reason", "reasonForIncompletion"),
        ("callbackAfterSeconds", "callbackAfterSeconds"),
        ("extendLease", "extendLease"),
        ("logs", "logs"),
    ):
        if source in step:
            result[target] = step[source]
    return result


def fill_from_task(value: Json, task: dict[str, Json]) -> Json:
    """Replace "<task:path>" strings by fields of the polled task (for example "<task:inputData.n>")."""
    if isinstance(value, str) and value.startswith("<task:") and value.endswith(">"):
        return dig(task, value[6:-1])
    if isinstance(value, list):
        return [fill_from_task(item, task) for item in value]
    if isinstance(value, dict):
        return {key: fill_from_task(item, task) for key, item in value.items()}
    return value


def dig(value: Json, path: str) -> Json:
    """Read a dotted path (`results.0.workflowId`; '' = the value itself); None when it is not there."""
    for part in filter(None, path.split(".")):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def choose(body: Json, only: dict[str, Json] | None) -> Json:
    """Reduce a list (at `in`) to the items whose fields equal `where`."""
    if not only:
        return body
    items = dig(body, only.get("in", "")) or []
    return [item for item in items if all(dig(item, key) == want for key, want in only["where"].items())]


def keep_fields(body: Json, fields: list[str] | None) -> Json:
    """Keep some fields of an object, of every item of a list, or of every search result."""
    if not fields:
        return body
    if isinstance(body, list):
        return [keep_fields(item, fields) for item in body]
    if isinstance(body, dict) and "results" in body and "results" not in fields:
        return {"totalHits": body.get("totalHits"), "results": keep_fields(body["results"], fields)}
    if isinstance(body, dict):
        return {field: body[field] for field in fields if field in body}
    return body


def task_status(workflow: dict[str, Json], wanted: dict[str, Json]) -> str | None:
    """Status of the newest task with that reference (and, if given, that retryCount)."""
    rows = [
        task
        for task in workflow.get("tasks", [])
        if task.get("referenceTaskName") == wanted["task"]
        and wanted.get("retryCount", task.get("retryCount")) == task.get("retryCount")
    ]
    return max(rows, key=lambda task: task.get("seq", 0)).get("status") if rows else None


def outline(workflow: dict[str, Json]) -> str:
    """One line about a workflow, for error messages."""
    tasks = " ".join(f"{t.get('referenceTaskName')}={t.get('status')}" for t in workflow.get("tasks", []))
    return f"workflow {workflow.get('status')} [{tasks}]"
