"""Administration, environment, health, external payloads; and what is not there."""

from __future__ import annotations

from tests.reference.request import Request, text_of, under
from tests.reference.requests.runs import WAITS

PAYLOAD = {"path": "", "operation": "WRITE", "payloadType": "TASK_OUTPUT"}
PLACES = (
    "/workflow/externalstoragelocation",
    "/workflow/external-storage-location",
    "/tasks/externalstoragelocation",
    "/tasks/external-storage-location",
)

ADMINISTRATION = [
    Request("definition", "PUT", "/metadata/workflow", json=[WAITS]),
    Request("start", "POST", "/workflow", json={"name": "<stem>_waits", "input": {}}, keep={"id": text_of}),
    Request("health", "GET", "/health"),
    Request("version", "GET", "/version"),
    Request("configuration", "GET", "/admin/config", pick=lambda body, _: sorted(set(body) & {"version", "buildDate"})),
    Request("pending tasks", "GET", "/admin/task/WAIT", {"count": 1}),
    Request("pending tasks of nothing", "GET", "/admin/task/<stem>_nobody"),
    Request("pending tasks, bad count", "GET", "/admin/task/WAIT", {"count": "many"}),
    Request("requeue", "POST", "/admin/sweep/requeue/<id>"),
    Request("requeue unknown", "POST", "/admin/sweep/requeue/nobody"),
    Request("repair", "POST", "/admin/consistency/verifyAndRepair/<id>"),
    Request("repair unknown", "POST", "/admin/consistency/verifyAndRepair/nobody"),
    Request("event queues", "GET", "/admin/queues", pick=under("conductor:<stem>")),
    Request("event queues, verbose", "GET", "/admin/queues", {"verbose": "true"}, pick=under("conductor:<stem>")),
    Request("environment", "GET", "/environment"),
    Request("environment, unset", "GET", "/environment/<stem>"),
    *(Request(f"place: {place}", "GET", place, {**PAYLOAD, "path": "x"}) for place in PLACES),
    *(Request(f"place, bad operation: {place}", "GET", place, {**PAYLOAD, "operation": "MOVE"}) for place in PLACES),
    *(Request(f"place, no type: {place}", "GET", place, {"path": "x", "operation": "READ"}) for place in PLACES),
    Request("token", "POST", "/token", json={"keyId": "k", "keySecret": "s"}),
    Request("schema", "POST", "/schema", json=[]),
    Request("nothing", "GET", "/nothing/here"),
    Request("acknowledge", "POST", "/tasks/nobody/ack"),
    Request("tags", "GET", "/metadata/task/x/tags"),
    Request("variables", "POST", "/workflow/nobody/variables", json={}),
    Request("state", "POST", "/workflow/nobody/state", json={}),
    Request("correlated batch", "POST", "/workflow/correlated/batch", json={}),
    Request("integrations", "GET", "/integrations/provider"),
    Request("prompts", "GET", "/prompts/x"),
    Request("wrong method", "PUT", "/tasks/poll/x"),
    Request("wrong method on tasks", "DELETE", "/tasks"),
    Request("trailing slash", "GET", "/metadata/taskdefs/"),
    Request("end", "DELETE", "/workflow/<id>"),
]
