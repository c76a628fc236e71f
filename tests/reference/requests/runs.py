"""Operations that wait: execute, signal; and runs with mocked outcomes."""

from __future__ import annotations

from tests.reference.request import Request, at, text_of
from tests.reference.requests.metadata import FLOW

NOW = {
    **FLOW,
    "name": "<stem>_now",
    "tasks": [{"name": "s", "taskReferenceName": "s", "type": "SET_VARIABLE", "inputParameters": {"v": 1}}],
    "outputParameters": {"v": "${workflow.variables.v}"},
}
WAITS = {
    **FLOW,
    "name": "<stem>_waits",
    "tasks": [
        {"name": "w", "taskReferenceName": "w", "type": "WAIT"},
        {"name": "v", "taskReferenceName": "v", "type": "WAIT"},
    ],
}
RUN = {"input": {"x": 1}}

RUNS = [
    Request("definitions", "PUT", "/metadata/workflow", json=[NOW, WAITS]),
    Request("execute", "POST", "/workflow/execute/<stem>_now/1", {"requestId": "r"}, json=RUN),
    Request("execute the latest", "POST", "/workflow/execute/<stem>_now/0", json=RUN),
    Request("execute unknown", "POST", "/workflow/execute/<stem>_nobody/1", json=RUN),
    Request("execute a bad version", "POST", "/workflow/execute/<stem>_now/one", json=RUN),
    Request("execute a bad strategy", "POST", "/workflow/execute/<stem>_now/1", {"returnStrategy": "NEVER"}, json=RUN),
    Request("execute malformed", "POST", "/workflow/execute/<stem>_now/1", raw="{"),
    Request(
        "execute until it waits",
        "POST",
        "/workflow/execute/<stem>_waits/1",
        {"waitForSeconds": 2},
        json=RUN,
        keep={"id": at("workflowId")},
    ),
    Request(
        "execute to the blocking workflow",
        "POST",
        "/workflow/execute/<stem>_waits/1",
        {"returnStrategy": "BLOCKING_WORKFLOW"},
        json=RUN,
    ),
    Request(
        "execute to the blocking task",
        "POST",
        "/workflow/execute/<stem>_waits/1",
        {"returnStrategy": "BLOCKING_TASK"},
        json=RUN,
    ),
    Request("signal", "POST", "/tasks/<id>/COMPLETED/signal", json={"a": 1}),
    Request("signal unknown", "POST", "/tasks/nobody/COMPLETED/signal", json={}),
    Request("signal a bad status", "POST", "/tasks/<id>/DONE/signal", json={}),
    Request("signal and wait", "POST", "/tasks/<id>/COMPLETED/signal/sync", json={"b": 2}),
    Request("signal and wait, nothing blocks", "POST", "/tasks/<id>/COMPLETED/signal/sync", json={}),
    Request("signal, nothing blocks", "POST", "/tasks/<id>/COMPLETED/signal", json={}),
    Request("signal and wait, unknown", "POST", "/tasks/nobody/COMPLETED/signal/sync", json={}),
    Request(
        "start for a task run",
        "POST",
        "/workflow",
        json={"name": "<stem>_waits", "input": {}},
        keep={"second": text_of},
    ),
    Request(
        "signal and wait for a task",
        "POST",
        "/tasks/<second>/COMPLETED/signal/sync",
        {"returnStrategy": "BLOCKING_TASK"},
        json={},
    ),
    Request(
        "test",
        "POST",
        "/workflow/test",
        json={
            "name": "<stem>_waits",
            "input": {},
            "workflowDef": WAITS,
            "taskRefToMockOutput": {
                "w": [{"status": "COMPLETED", "output": {"a": 1}}],
                "v": [{"status": "COMPLETED", "output": {}}],
            },
        },
    ),
    Request("test malformed", "POST", "/workflow/test", raw="{"),
    Request("end", "DELETE", "/workflow/<second>"),
]
