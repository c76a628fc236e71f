"""Definitions of workflows and tasks."""

from __future__ import annotations

from tests.reference.request import Request, named, under

SIMPLE = {
    "name": "<stem>_step",
    "taskReferenceName": "a",
    "type": "SIMPLE",
    "inputParameters": {"x": "${workflow.input.x}"},
}
FLOW = {"name": "<stem>_flow", "version": 1, "ownerEmail": "me@example.com", "tasks": [SIMPLE]}
TASK_DEF = {"name": "<stem>_step", "ownerEmail": "me@example.com", "retryCount": 0, "responseTimeoutSeconds": 600}
BAD_TASK_DEF = {"name": "<stem>_bad", "timeoutSeconds": 60}
NODE = {"name": "n", "taskReferenceName": "n", "type": "SIMPLE"}

METADATA = [
    Request("register", "POST", "/metadata/workflow", json=FLOW),
    Request("register again", "POST", "/metadata/workflow", json=FLOW),
    Request("register over", "POST", "/metadata/workflow", {"overwrite": "true"}, json=FLOW),
    Request("register version 2", "POST", "/metadata/workflow", json={**FLOW, "version": 2}),
    Request("register without tasks", "POST", "/metadata/workflow", json={"name": "<stem>_none", "tasks": []}),
    Request("register without name", "POST", "/metadata/workflow", json={"tasks": [SIMPLE]}),
    Request(
        "register twice the reference",
        "POST",
        "/metadata/workflow",
        json={**FLOW, "name": "<stem>_x", "tasks": [SIMPLE, SIMPLE]},
    ),
    Request(
        "register an unknown reference",
        "POST",
        "/metadata/workflow",
        json={**FLOW, "name": "<stem>_x", "tasks": [{**NODE, "inputParameters": {"a": "${nowhere.output.b}"}}]},
    ),
    Request(
        "register an EVENT without sink",
        "POST",
        "/metadata/workflow",
        json={**FLOW, "name": "<stem>_x", "tasks": [{**NODE, "type": "EVENT"}]},
    ),
    Request(
        "register schema version 1", "POST", "/metadata/workflow", json={**FLOW, "name": "<stem>_x", "schemaVersion": 1}
    ),
    Request(
        "register a bad enum", "POST", "/metadata/workflow", json={**FLOW, "name": "<stem>_x", "timeoutPolicy": "NEVER"}
    ),
    Request("register over, in another word", "POST", "/metadata/workflow", {"overwrite": "yes"}, json=FLOW),
    Request(
        "register a bad schema type",
        "POST",
        "/metadata/workflow",
        json={**FLOW, "name": "<stem>_x", "inputSchema": {"name": "s", "type": "XML"}},
    ),
    Request(
        "register a bad cache",
        "POST",
        "/metadata/workflow",
        json={**FLOW, "name": "<stem>_x", "cacheConfig": {"ttlInSecond": "soon"}},
    ),
    Request(
        "register by an older name of the type",
        "POST",
        "/metadata/workflow",
        json={
            **FLOW,
            "name": "<stem>_old",
            "tasks": [{"name": "w", "taskReferenceName": "w", "workflowTaskType": "WAIT"}],
        },
    ),
    Request("get what has an older name of the type", "GET", "/metadata/workflow/<stem>_old"),
    Request("register malformed", "POST", "/metadata/workflow", raw='{"name": '),
    Request("register nothing", "POST", "/metadata/workflow", raw=""),
    Request("register a list", "POST", "/metadata/workflow", json=[FLOW]),
    Request("register as text", "POST", "/metadata/workflow", json=FLOW, content_type="text/plain"),
    Request("update", "PUT", "/metadata/workflow", json=[FLOW]),
    Request("update none", "PUT", "/metadata/workflow", json=[]),
    Request("update bad", "PUT", "/metadata/workflow", json=[{**FLOW, "tasks": []}]),
    Request("update an object", "PUT", "/metadata/workflow", json=FLOW),
    Request("validate", "POST", "/metadata/workflow/validate", json=FLOW),
    Request("validate bad", "POST", "/metadata/workflow/validate", json={**FLOW, "tasks": []}),
    Request("list", "GET", "/metadata/workflow", pick=named("name", "<stem>_flow")),
    Request("list of a class", "GET", "/metadata/workflow", {"classifier": "agent"}, pick=named("name", "<stem>_flow")),
    Request("get", "GET", "/metadata/workflow/<stem>_flow"),
    Request("get a version", "GET", "/metadata/workflow/<stem>_flow", {"version": 1}),
    Request("get an unknown version", "GET", "/metadata/workflow/<stem>_flow", {"version": 9}),
    Request("get unknown", "GET", "/metadata/workflow/<stem>_nobody"),
    Request("get a bad version", "GET", "/metadata/workflow/<stem>_flow", {"version": "new"}),
    Request(
        "names", "GET", "/metadata/workflow/names", pick=lambda body, values: [n for n in body if values["stem"] in n]
    ),
    Request("names and versions", "GET", "/metadata/workflow/names-and-versions", pick=under("<stem>_flow")),
    Request("versions", "GET", "/metadata/workflow/<stem>_flow/versions"),
    Request("versions of unknown", "GET", "/metadata/workflow/<stem>_nobody/versions"),
    Request("latest", "GET", "/metadata/workflow/latest-versions", pick=named("name", "<stem>_flow")),
    Request("delete", "DELETE", "/metadata/workflow/<stem>_flow/2"),
    Request("delete again", "DELETE", "/metadata/workflow/<stem>_flow/2"),
    Request("delete a bad version", "DELETE", "/metadata/workflow/<stem>_flow/two"),
    Request("delete by query", "DELETE", "/metadata/workflow/<stem>_flow", {"version": 1}),
    Request("delete by query, unknown", "DELETE", "/metadata/workflow/<stem>_nobody", {"version": 1}),
    Request("register task defs", "POST", "/metadata/taskdefs", json=[TASK_DEF]),
    Request("register task defs again", "POST", "/metadata/taskdefs", json=[TASK_DEF]),
    Request("register no task defs", "POST", "/metadata/taskdefs", json=[]),
    Request("register a bad task def", "POST", "/metadata/taskdefs", json=[BAD_TASK_DEF]),
    Request("register a task def without name", "POST", "/metadata/taskdefs", json=[{"retryCount": 1}]),
    Request("register one task def", "POST", "/metadata/taskdefs", json=TASK_DEF),
    Request("register a bad retry logic", "POST", "/metadata/taskdefs", json=[{**TASK_DEF, "retryLogic": "NEVER"}]),
    Request("update a task def", "PUT", "/metadata/taskdefs", json={**TASK_DEF, "description": "again"}),
    Request("update an unknown task def", "PUT", "/metadata/taskdefs", json={**TASK_DEF, "name": "<stem>_nobody"}),
    Request("update a bad task def", "PUT", "/metadata/taskdefs", json={**BAD_TASK_DEF, "name": "<stem>_step"}),
    Request("list task defs", "GET", "/metadata/taskdefs", pick=named("name", "<stem>_step")),
    Request("get a task def", "GET", "/metadata/taskdefs/<stem>_step"),
    Request("get an unknown task def", "GET", "/metadata/taskdefs/<stem>_nobody"),
    Request("delete a task def", "DELETE", "/metadata/taskdefs/<stem>_step"),
    Request("delete an unknown task def", "DELETE", "/metadata/taskdefs/<stem>_step"),
]
