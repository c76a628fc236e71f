"""Event handlers, and the queues that WAIT tasks can listen to."""

from __future__ import annotations

from tests.reference.request import Request, named, text_of
from tests.reference.requests.runs import WAITS

HANDLER = {
    "name": "<stem>_handler",
    "event": "conductor:<stem>_event",
    "actions": [{"action": "start_workflow", "start_workflow": {"name": "<stem>_nobody", "version": 1}}],
    "active": False,
}

EVENTS = [
    Request("add", "POST", "/event", json=HANDLER),
    Request("add again", "POST", "/event", json=HANDLER),
    Request("add without actions", "POST", "/event", json={**HANDLER, "name": "<stem>_x", "actions": []}),
    Request("add without event", "POST", "/event", json={"name": "<stem>_x", "actions": HANDLER["actions"]}),
    Request(
        "add a bad action", "POST", "/event", json={**HANDLER, "name": "<stem>_x", "actions": [{"action": "dance"}]}
    ),
    Request(
        "add a bad version",
        "POST",
        "/event",
        json={
            **HANDLER,
            "name": "<stem>_x",
            "actions": [{"action": "start_workflow", "start_workflow": {"name": "x", "version": "y"}}],
        },
    ),
    Request("add malformed", "POST", "/event", raw="{"),
    Request("list", "GET", "/event", pick=named("name", "<stem>_handler")),
    Request("of the event", "GET", "/event/conductor:<stem>_event", {"activeOnly": "false"}),
    Request("active ones of the event", "GET", "/event/conductor:<stem>_event"),
    Request("update", "PUT", "/event", json={**HANDLER, "condition": "true"}),
    Request("update unknown", "PUT", "/event", json={**HANDLER, "name": "<stem>_nobody"}),
    Request("delete", "DELETE", "/event/<stem>_handler"),
    Request("delete again", "DELETE", "/event/<stem>_handler"),
    Request("definition", "PUT", "/metadata/workflow", json=[WAITS]),
    Request("start", "POST", "/workflow", json={"name": "<stem>_waits", "input": {}}, keep={"id": text_of}),
    Request("queues", "GET", "/queue/"),
    Request("queues without slash", "GET", "/queue"),
    Request("queue sizes", "GET", "/queue/size"),
    Request("update through a queue", "POST", "/queue/update/<id>/w/COMPLETED", json={}),
    Request("update through a queue by id", "POST", "/queue/update/<id>/task/nobody/COMPLETED", json={}),
    Request("update through a queue by id, bad status", "POST", "/queue/update/<id>/task/nobody/LOST", json={}),
    Request("update through no queue", "POST", "/queue/update/<id>/w/IN_PROGRESS", json={}),
    Request("update through a queue, bad status", "POST", "/queue/update/<id>/w/LOST", json={}),
    Request("end", "DELETE", "/workflow/<id>"),
]
