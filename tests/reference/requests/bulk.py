"""Many executions at once."""

from __future__ import annotations

from tests.reference.request import Request
from tests.reference.requests.metadata import TASK_DEF
from tests.reference.requests.workflow import TWO, started

BOTH = ["<one>", "nobody"]
OPERATIONS = [
    ("PUT", "pause"),
    ("PUT", "resume"),
    ("POST", "terminate"),
    ("POST", "restart"),
    ("POST", "search"),
    ("POST", "retry"),
    ("DELETE", "terminate-remove"),
    ("DELETE", "remove"),
]

BULK = [
    Request("task def", "POST", "/metadata/taskdefs", json=[TASK_DEF, {**TASK_DEF, "name": "<stem>_last"}]),
    Request("definition", "POST", "/metadata/workflow", json=TWO),
    started("start", "one"),
    *(Request(name, method, f"/workflow/bulk/{name}", json=BOTH) for method, name in OPERATIONS),
    *(Request(f"{name} none", method, f"/workflow/bulk/{name}", json=[]) for method, name in OPERATIONS),
    *(Request(f"{name} no list", method, f"/workflow/bulk/{name}", json={"a": 1}) for method, name in OPERATIONS),
    *(
        Request(f"{name} too many", method, f"/workflow/bulk/{name}", json=["nobody"] * 1001)
        for method, name in OPERATIONS
    ),
    started("start another", "two"),
    Request("search without tasks", "POST", "/workflow/bulk/search", {"includeTasks": "false"}, json=["<two>"]),
    Request("end", "POST", "/workflow/bulk/terminate", {"reason": "over"}, json=["<two>"]),
]
