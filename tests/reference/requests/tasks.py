"""Workers: poll, update, logs, queues."""

from __future__ import annotations

from typing import Any

from tests.reference.request import Request, at, named, text_of, under
from tests.reference.requests.metadata import TASK_DEF
from tests.reference.requests.workflow import TWO, started


def report(name: str, path: str = "/tasks", **changes: Any) -> Request:
    """A worker's report on the task that was polled last."""
    body = {"workflowInstanceId": "<of>", "taskId": "<task>", "status": "COMPLETED", "outputData": {"r": 1}}
    return Request(name, "POST", path, json={**body, **changes})


def polled(name: str, kind: str) -> Request:
    """A poll that finds something."""
    keep = {"task": at("taskId"), "of": at("workflowInstanceId")}
    return Request(name, "GET", f"/tasks/poll/{kind}", {"workerid": "w"}, keep=keep)


UNKNOWN = {"workflowInstanceId": "nobody", "taskId": "nobody", "status": "COMPLETED"}

TASKS = [
    Request("task def", "POST", "/metadata/taskdefs", json=[TASK_DEF, {**TASK_DEF, "name": "<stem>_last"}]),
    Request("definition", "POST", "/metadata/workflow", json=TWO),
    started("start", "id"),
    Request("queue sizes", "GET", "/tasks/queue/sizes", {"taskType": "<stem>_step"}),
    Request("queue sizes of nothing", "GET", "/tasks/queue/sizes"),
    Request("queue size", "GET", "/tasks/queue/size", {"taskType": "<stem>_step"}),
    Request("queue size of nothing", "GET", "/tasks/queue/size"),
    Request("all queues", "GET", "/tasks/queue/all", pick=under("<stem>_step")),
    Request("all queues, verbose", "GET", "/tasks/queue/all/verbose", pick=under("<stem>_step")),
    Request("requeue", "POST", "/tasks/queue/requeue/<stem>_step"),
    Request("requeue unknown", "POST", "/tasks/queue/requeue/<stem>_nobody"),
    polled("poll", "<stem>_step"),
    Request("poll nothing", "GET", "/tasks/poll/<stem>_nobody"),
    Request("batch poll nothing", "GET", "/tasks/poll/batch/<stem>_nobody", {"count": 2, "timeout": 50}),
    Request("batch poll too long", "GET", "/tasks/poll/batch/<stem>_step", {"timeout": 5001}),
    Request("batch poll, bad count", "GET", "/tasks/poll/batch/<stem>_step", {"count": "many"}),
    Request("batch poll below zero", "GET", "/tasks/poll/batch/<stem>_nobody", {"count": -1}),
    Request("poll data", "GET", "/tasks/queue/polldata", {"taskType": "<stem>_step"}),
    Request("poll data of nothing", "GET", "/tasks/queue/polldata"),
    Request("all poll data", "GET", "/tasks/queue/polldata/all", pick=named("queueName", "<stem>_step")),
    Request("get", "GET", "/tasks/<task>"),
    Request("get unknown", "GET", "/tasks/nobody"),
    Request("no logs", "GET", "/tasks/<task>/log"),
    Request("log", "POST", "/tasks/<task>/log", raw="a line", content_type="text/plain"),
    Request("logs", "GET", "/tasks/<task>/log"),
    Request("log of unknown", "POST", "/tasks/<stem>_nobody/log", raw="a line"),
    report("report without ids", workflowInstanceId=None, taskId=None),
    report("report without status", status=None),
    report("report a bad status", status="LOST"),
    report("report SCHEDULED", status="SCHEDULED"),
    Request("report malformed", "POST", "/tasks", raw="{"),
    Request("report unknown", "POST", "/tasks", json=UNKNOWN),
    report("report progress", status="IN_PROGRESS", callbackAfterSeconds=0),
    polled("poll again", "<stem>_step"),
    report("extend the lease", status="IN_PROGRESS", extendLease=True),
    report("report", logs=[{"log": "said", "taskId": "<task>", "createdTime": 1}]),
    report("report again"),
    Request(
        "batch poll",
        "GET",
        "/tasks/poll/batch/<stem>_last",
        {"count": 3, "workerid": "w"},
        keep={"task": at(0, "taskId"), "of": at(0, "workflowInstanceId")},
    ),
    report("report, next", "/tasks/update-v2"),
    Request("report unknown, next", "POST", "/tasks/update-v2", json=UNKNOWN),
    report("report without ids, next", "/tasks/update-v2", workflowInstanceId=None, taskId=None),
    Request("get completed", "GET", "/workflow/<of>", until=lambda body: body["status"] == "COMPLETED"),
    report("report on a finished workflow"),
    Request("start another", "POST", "/workflow", json={"name": "<stem>_two", "input": {}}, keep={"second": text_of}),
    started("start a third", "third"),
    polled("poll of two", "<stem>_step"),
    report("report, next is there", "/tasks/update-v2"),
    Request("by reference, bad status", "POST", "/tasks/<third>/a/LOST", json={}),
    Request("by reference", "POST", "/tasks/<third>/b/IN_PROGRESS", json={"p": 1}),
    Request("by reference, no such task", "POST", "/tasks/<third>/nobody/COMPLETED", json={}),
    Request("by reference, unknown", "POST", "/tasks/nobody/a/COMPLETED", json={}),
    Request("by reference, waiting", "POST", "/tasks/<third>/a/COMPLETED/sync", json={"q": 1}),
    Request("by reference, waiting, nothing open", "POST", "/tasks/<third>/a/COMPLETED/sync", json={}),
    Request("by reference, malformed", "POST", "/tasks/<third>/a/COMPLETED", raw="{"),
    Request("end", "POST", "/workflow/bulk/terminate", json=["<second>", "<third>"]),
]
