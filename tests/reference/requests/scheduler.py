"""Schedules: they sleep until a far day, so that nothing but the requests moves them; and one that fires."""

from __future__ import annotations

from tests.reference.request import Request, named

START = {"name": "<stem>_scheduled", "version": 1, "input": {"a": 1}}
SCHEDULE = {
    "name": "<stem>_s",
    "cronExpression": "0 0 0 1 1 *",
    "zoneId": "Europe/Berlin",
    "startWorkflowRequest": START,
}
EACH_SECOND = {"name": "<stem>_fires", "cronExpression": "* * * * * *", "startWorkflowRequest": START}
FLOW = {
    "name": "<stem>_scheduled",
    "version": 1,
    "schemaVersion": 2,
    "ownerEmail": "owner@example.com",
    "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP", "inputParameters": {}}],
}
NAMES = ["<stem>_s", "<stem>_nobody"]
FAR = 1_893_456_000_000
FEW = "/scheduler/nextFewSchedules"
EXECUTIONS = "/scheduler/search/executions"

SCHEDULER = [
    Request("definition", "PUT", "/metadata/workflow", json=[FLOW]),
    Request("save", "POST", "/scheduler/schedules", json=SCHEDULE),
    Request("save again", "POST", "/scheduler/schedules", json={**SCHEDULE, "description": "again"}),
    Request("save malformed", "POST", "/scheduler/schedules", raw="{"),
    Request("save without name", "POST", "/scheduler/schedules", json={**SCHEDULE, "name": None}),
    Request("save without workflow", "POST", "/scheduler/schedules", json={**SCHEDULE, "startWorkflowRequest": None}),
    Request("save in no zone", "POST", "/scheduler/schedules", json={**SCHEDULE, "zoneId": "Mars/Olympus"}),
    Request("save a bad time", "POST", "/scheduler/schedules", json={**SCHEDULE, "scheduleStartTime": "soon"}),
    Request(
        "save several expressions",
        "POST",
        "/scheduler/schedules",
        json={**SCHEDULE, "cronSchedules": [{"cronExpression": "0 0 0 1 1 *"}]},
    ),
    Request("get", "GET", "/scheduler/schedules/<stem>_s"),
    Request("get unknown", "GET", "/scheduler/schedules/<stem>_nobody"),
    Request("list", "GET", "/scheduler/schedules", {"workflowName": "<stem>_scheduled"}),
    Request("list all", "GET", "/scheduler/schedules", pick=named("name", "<stem>_s")),
    Request("search", "GET", "/scheduler/schedules/search", {"workflowName": "<stem>_scheduled", "size": 5}),
    Request("search by name", "GET", "/scheduler/schedules/search", {"scheduleName": "<stem>_s"}),
    Request("search paused", "GET", "/scheduler/schedules/search", {"scheduleName": "<stem>", "paused": "true"}),
    Request("pause", "PUT", "/scheduler/schedules/<stem>_s/pause", {"reason": "holidays"}),
    Request("get paused", "GET", "/scheduler/schedules/<stem>_s"),
    Request("pause again", "PUT", "/scheduler/schedules/<stem>_s/pause"),
    Request("pause unknown", "PUT", "/scheduler/schedules/<stem>_nobody/pause"),
    Request("pause by GET", "GET", "/scheduler/schedules/<stem>_s/pause"),
    Request("resume", "PUT", "/scheduler/schedules/<stem>_s/resume"),
    Request("resume again", "PUT", "/scheduler/schedules/<stem>_s/resume"),
    Request("resume unknown", "PUT", "/scheduler/schedules/<stem>_nobody/resume"),
    Request("pause many", "PUT", "/scheduler/bulk/pause", json=NAMES),
    Request("resume many", "PUT", "/scheduler/bulk/resume", json=NAMES),
    Request("resume no list", "PUT", "/scheduler/bulk/resume", json={"a": 1}),
    Request("pause none", "PUT", "/scheduler/bulk/pause", json=[]),
    Request("next times", "GET", FEW, {"cronExpression": "0 0 0 * * *", "scheduleStartTime": FAR}),
    Request("next times, two", "GET", FEW, {"cronExpression": "@daily", "scheduleStartTime": FAR, "limit": 2}),
    Request("next times of nothing", "GET", FEW, {"cronExpression": "nonsense"}),
    Request("next times without expression", "GET", FEW),
    Request("fires", "POST", "/scheduler/schedules", json=EACH_SECOND),
    Request(
        "executions",
        "GET",
        EXECUTIONS,
        {"query": "scheduleName IN (<stem>_fires) AND state IN (EXECUTED)", "size": 1},
        until=lambda page: page["totalHits"] > 0,
    ),
    Request("executions by name", "GET", EXECUTIONS, {"query": "<stem>_fires", "size": 1}),
    Request(
        "executions that failed", "GET", EXECUTIONS, {"query": "scheduleName IN (<stem>_fires) AND state IN (FAILED)"}
    ),
    Request("executions of nothing", "GET", EXECUTIONS, {"query": "((("}),
    Request("requeue", "GET", "/scheduler/admin/requeue"),
    Request("delete", "DELETE", "/scheduler/schedules/<stem>_fires"),
    Request("delete the other", "DELETE", "/scheduler/schedules/<stem>_s"),
    Request("delete again", "DELETE", "/scheduler/schedules/<stem>_s"),
]
