"""Searches for executions and for tasks."""

from __future__ import annotations

from tests.reference.request import Request
from tests.reference.requests.metadata import TASK_DEF
from tests.reference.requests.workflow import TWO, started

OF_FLOWS = ("/workflow/search", "/workflow/search-v2")
BY_TASKS = ("/workflow/search-by-tasks", "/workflow/search-by-tasks-v2")
OF_TASKS = ("/tasks/search", "/tasks/search-v2")
BAD = {
    "not equal": "status!=RUNNING",
    "a range": "startTime BETWEEN 1 AND 2",
    "no operator": "status",
    "text for a time": "startTime>soon",
    "an unknown field": "colour=red AND status=RUNNING",
}

SEARCHES = [
    Request("task def", "POST", "/metadata/taskdefs", json=[TASK_DEF, {**TASK_DEF, "name": "<stem>_last"}]),
    Request("definition", "POST", "/metadata/workflow", json=TWO),
    started("start", "id"),
    started("start another", "two"),
    Request("poll", "GET", "/tasks/poll/batch/<stem>_step", {"count": 2, "workerid": "w"}),
    *(
        Request(f"{path}: by type", "GET", path, {"query": "workflowType='<stem>_two'", "sort": "startTime:ASC"})
        for path in OF_FLOWS
    ),
    *(
        Request(f"{path}: a page", "GET", path, {"query": "workflowType IN (<stem>_two) AND status=RUNNING", "size": 1})
        for path in OF_FLOWS
    ),
    *(Request(f"{path}: nothing", "GET", path, {"query": "workflowType=<stem>_nobody"}) for path in OF_FLOWS),
    *(Request(f"{path}: free text", "GET", path, {"freeText": "<stem>_two"}) for path in OF_FLOWS),
    *(
        Request(f"{path}: top level", "GET", path, {"query": "workflowType=<stem>_two", "topLevelOnly": "true"})
        for path in OF_FLOWS
    ),
    *(Request(f"{path}: by type", "GET", path, {"query": "taskType=<stem>_step"}) for path in (*BY_TASKS, *OF_TASKS)),
    *(Request(f"{path}: nothing", "GET", path, {"query": "taskType=<stem>_nobody"}) for path in (*BY_TASKS, *OF_TASKS)),
    *(Request(f"{path}: by workflow", "GET", path, {"query": "workflowId=<id>"}) for path in (*BY_TASKS, *OF_TASKS)),
    *(
        Request(f"{path}: too large", "GET", path, {"size": 5001, "query": "taskType=<stem>_nobody"})
        for path in (*OF_FLOWS, *BY_TASKS, *OF_TASKS)
    ),
    *(Request(f"{path}: a bad start", "GET", path, {"start": "first"}) for path in (*OF_FLOWS, *BY_TASKS, *OF_TASKS)),
    *(
        Request(f"{path}: {name}", "GET", path, {"query": query, "freeText": "<stem>_no"})
        for path in ("/workflow/search", "/tasks/search")
        for name, query in BAD.items()
    ),
    Request("end", "POST", "/workflow/bulk/terminate", json=["<id>", "<two>"]),
]
