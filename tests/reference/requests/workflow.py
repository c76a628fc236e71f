"""Executions: start, read, operate."""

from __future__ import annotations

import json
from typing import Any

from tests.reference.request import Request, at, text_of
from tests.reference.requests.metadata import FLOW, TASK_DEF

TWO = {
    **FLOW,
    "name": "<stem>_two",
    "tasks": [
        {"name": "<stem>_step", "taskReferenceName": "a", "type": "SIMPLE"},
        {"name": "<stem>_last", "taskReferenceName": "b", "type": "SIMPLE"},
    ],
}
START = {"name": "<stem>_two", "version": 1, "input": {"x": 1}, "correlationId": "<stem>_c"}


def started(name: str, keep: str, **changes: Any) -> Request:
    """A start whose id is kept."""
    return Request(name, "POST", "/workflow", json={**START, **changes}, keep={keep: text_of})


WORKFLOW = [
    Request("task def", "POST", "/metadata/taskdefs", json=[TASK_DEF, {**TASK_DEF, "name": "<stem>_last"}]),
    Request("definition", "POST", "/metadata/workflow", json=TWO),
    started("start", "id"),
    Request("start without name", "POST", "/workflow", json={"input": {}}),
    Request("start with an empty name", "POST", "/workflow", json={"name": "", "input": {}}),
    Request("start unknown", "POST", "/workflow", json={"name": "<stem>_nobody", "input": {}}),
    Request("start an unknown version", "POST", "/workflow", json={**START, "version": 9}),
    Request("start version 0", "POST", "/workflow", json={**START, "version": 0}),
    Request(
        "start with a byte order mark", "POST", "/workflow", raw=chr(0xFEFF) + json.dumps(START), keep={"bom": text_of}
    ),
    Request("end what began with it", "DELETE", "/workflow/<bom>"),
    Request("start with a bad priority", "POST", "/workflow", json={**START, "priority": 100}),
    Request("start malformed", "POST", "/workflow", raw="{"),
    Request("start nothing", "POST", "/workflow", raw=""),
    Request(
        "start inline",
        "POST",
        "/workflow",
        json={"name": "<stem>_inline", "input": {}, "workflowDef": {**FLOW, "name": "<stem>_inline"}},
    ),
    Request(
        "start a bad inline", "POST", "/workflow", json={"name": "i", "input": {}, "workflowDef": {**FLOW, "tasks": []}}
    ),
    Request(
        "start by name",
        "POST",
        "/workflow/<stem>_two",
        {"version": 1, "correlationId": "<stem>_d"},
        json={"y": 2},
        keep={"by_name": text_of},
    ),
    Request("start by name, an unknown version", "POST", "/workflow/<stem>_two", {"version": 9}, json={}),
    Request("start by an unknown name", "POST", "/workflow/<stem>_nobody", json={}),
    Request("start by name, bad priority", "POST", "/workflow/<stem>_two", {"priority": 100}, json={}),
    Request("start by name, malformed", "POST", "/workflow/<stem>_two", raw="{"),
    Request("get", "GET", "/workflow/<id>"),
    Request("get without tasks", "GET", "/workflow/<id>", {"includeTasks": "false"}),
    Request("get unknown", "GET", "/workflow/nobody"),
    Request("get, bad flag", "GET", "/workflow/<id>", {"includeTasks": "perhaps"}),
    Request("status", "GET", "/workflow/<id>/status"),
    Request("status with all", "GET", "/workflow/<id>/status", {"includeOutput": "true", "includeVariables": "true"}),
    Request("status of unknown", "GET", "/workflow/nobody/status"),
    Request("tasks", "GET", "/workflow/<id>/tasks"),
    Request("tasks of a status", "GET", "/workflow/<id>/tasks", {"status": "scheduled", "count": 1}),
    Request("tasks of a bad status", "GET", "/workflow/<id>/tasks", {"status": "lost"}),
    Request("tasks below zero", "GET", "/workflow/<id>/tasks", {"start": -1}),
    Request("fewer tasks than none", "GET", "/workflow/<id>/tasks", {"count": -1}),
    Request("tasks of unknown", "GET", "/workflow/nobody/tasks"),
    Request("running", "GET", "/workflow/running/<stem>_two"),
    Request("running of unknown", "GET", "/workflow/running/<stem>_nobody"),
    Request("running since", "GET", "/workflow/running/<stem>_two", {"startTime": 1, "endTime": 4102444800000}),
    Request("running, bad time", "GET", "/workflow/running/<stem>_two", {"startTime": "soon"}),
    Request("correlated", "GET", "/workflow/<stem>_two/correlated/<stem>_c"),
    Request(
        "correlated with tasks",
        "GET",
        "/workflow/<stem>_two/correlated/<stem>_c",
        {"includeTasks": "true", "includeClosed": "true"},
    ),
    Request("correlated to nothing", "GET", "/workflow/<stem>_two/correlated/<stem>_nothing"),
    Request("correlated, many", "POST", "/workflow/<stem>_two/correlated", json=["<stem>_c", "<stem>_nothing"]),
    Request("correlated, no list", "POST", "/workflow/<stem>_two/correlated", json={"a": 1}),
    Request("decide", "PUT", "/workflow/decide/<id>"),
    Request("decide unknown", "PUT", "/workflow/decide/nobody"),
    Request("send a message", "POST", "/workflow/<id>/messages", json={"m": 1}),
    Request("send no object", "POST", "/workflow/<id>/messages", json=[1]),
    Request("send nothing", "POST", "/workflow/<id>/messages"),
    Request("send a message to unknown", "POST", "/workflow/nobody/messages", json={}),
    Request("reset callbacks", "POST", "/workflow/<id>/resetcallbacks"),
    Request("reset callbacks of unknown", "POST", "/workflow/nobody/resetcallbacks"),
    Request("pause", "PUT", "/workflow/<id>/pause"),
    Request("pause again", "PUT", "/workflow/<id>/pause"),
    Request("running, paused", "GET", "/workflow/running/<stem>_two"),
    Request("correlated, paused", "GET", "/workflow/<stem>_two/correlated/<stem>_c"),
    Request("restart while paused", "POST", "/workflow/<id>/restart"),
    Request("pause unknown", "PUT", "/workflow/nobody/pause"),
    Request("skip while paused", "PUT", "/workflow/<id>/skiptask/b"),
    Request("resume", "PUT", "/workflow/<id>/resume"),
    Request("resume again", "PUT", "/workflow/<id>/resume"),
    Request("resume unknown", "PUT", "/workflow/nobody/resume"),
    Request("skip", "PUT", "/workflow/<id>/skiptask/b", json={"taskOutput": {"s": 1}}),
    Request("skip again", "PUT", "/workflow/<id>/skiptask/b"),
    Request("skip an unknown reference", "PUT", "/workflow/<id>/skiptask/nobody"),
    Request("skip in unknown", "PUT", "/workflow/nobody/skiptask/b"),
    Request("get after skip", "GET", "/workflow/<id>"),
    Request("retry running", "POST", "/workflow/<id>/retry"),
    Request("restart running", "POST", "/workflow/<id>/restart"),
    Request("rerun running", "POST", "/workflow/<id>/rerun", json={}),
    Request("remove running", "DELETE", "/workflow/<id>/remove"),
    Request("terminate", "DELETE", "/workflow/<id>", {"reason": "enough"}),
    Request("get terminated", "GET", "/workflow/<id>"),
    Request("terminate again", "DELETE", "/workflow/<id>"),
    Request("terminate unknown", "DELETE", "/workflow/nobody"),
    Request("pause terminated", "PUT", "/workflow/<id>/pause"),
    Request("reset callbacks of terminated", "POST", "/workflow/<id>/resetcallbacks"),
    Request("rerun", "POST", "/workflow/<id>/rerun", json={"workflowInput": {"x": 2}}),
    Request("terminate the rerun", "DELETE", "/workflow/<id>"),
    Request("rerun from an unknown task", "POST", "/workflow/<id>/rerun", json={"reRunFromTaskId": "nobody"}),
    Request("rerun unknown", "POST", "/workflow/nobody/rerun", json={}),
    Request("restart", "POST", "/workflow/<id>/restart"),
    Request("restart unknown", "POST", "/workflow/nobody/restart"),
    Request(
        "poll",
        "GET",
        "/tasks/poll/<stem>_step",
        {"workerid": "w"},
        keep={"task": at("taskId"), "of": at("workflowInstanceId")},
    ),
    Request(
        "fail",
        "POST",
        "/tasks",
        json={"workflowInstanceId": "<of>", "taskId": "<task>", "status": "FAILED", "reasonForIncompletion": "no"},
    ),
    Request("get failed", "GET", "/workflow/<of>", until=lambda body: body["status"] == "FAILED"),
    Request("retry", "POST", "/workflow/<of>/retry"),
    Request("get retried", "GET", "/workflow/<of>"),
    Request("retry unknown", "POST", "/workflow/nobody/retry"),
    Request("terminate the other", "DELETE", "/workflow/<by_name>"),
    Request("remove", "DELETE", "/workflow/<by_name>/remove", {"archiveWorkflow": "false"}),
    Request("get removed", "GET", "/workflow/<by_name>"),
    Request("remove unknown", "DELETE", "/workflow/nobody/remove"),
    started("start one more", "third"),
    Request(
        "terminate and remove",
        "DELETE",
        "/workflow/<third>/terminate-remove",
        {"reason": "r", "archiveWorkflow": "false"},
    ),
    Request("terminate and remove unknown", "DELETE", "/workflow/nobody/terminate-remove"),
    Request("terminate the first", "DELETE", "/workflow/<id>"),
    Request("start without input", "POST", "/workflow", json={"name": "<stem>_two", "input": None}),
]
