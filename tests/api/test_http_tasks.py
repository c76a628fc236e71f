"""HTTP tasks of a real server: what a kill interrupts is done again, what a polite end meets is finished."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.goldenkit.stub import Stub, StubHandler
from tests.polling import until
from tests.rest import Rest
from tests.serving import Server


@pytest.fixture
def stub() -> Iterator[str]:
    with Stub() as url:
        yield url


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are called, in their order."""
    called: list[str] = []

    def route(handler: StubHandler) -> None:
        called.append(handler.path)
        handler.route()

    monkeypatch.setattr(StubHandler, "do_GET", route)
    return called


def call(uri: str, **fields: Any) -> dict[str, Any]:
    request = {"uri": uri, "method": "GET", "readTimeOut": 20_000}
    inputs = {"http_request": request}
    return {"name": "call", "taskReferenceName": "h", "type": "HTTP", "inputParameters": inputs, **fields}


def begun(rest: Rest, uri: str) -> str:
    """A workflow whose HTTP task is being done."""
    workflow_id = rest.start(rest.define([call(uri)]))
    until(lambda: rest.task(workflow_id, "h").get("startTime"), "the call has begun", 10)
    assert rest.task(workflow_id, "h")["status"] == "SCHEDULED"
    return workflow_id


def test_a_call_that_a_kill_interrupts_is_made_again(tmp_path: Path, stub: str, calls: list[str]) -> None:
    with Server("--data", str(tmp_path)) as server, Rest(server.base_url) as rest:
        workflow_id = begun(rest, f"{stub}/slow/1500")
        until(lambda: calls or None, "the call has come", 10)
        server.kill()
        server.start()
        ended = rest.ended(workflow_id, within=15)
        assert ended["output"]["response"]["body"] == {"slept": 1500}
        assert calls == ["/slow/1500"] * 2


def test_a_server_that_ends_politely_finishes_its_calls(tmp_path: Path, stub: str) -> None:
    with Server("--data", str(tmp_path)) as server, Rest(server.base_url) as rest:
        workflow_id = begun(rest, f"{stub}/slow/1000")
        assert server.stop() == 0
        server.start()
        (task,) = rest.workflow(workflow_id)["tasks"]
        assert (task["status"], task["pollCount"]) == ("COMPLETED", 1)


def test_a_link_local_address_is_called_only_if_the_operator_says_so(tmp_path: Path) -> None:
    uri = "http://169.254.0.1:1/x"

    def reason(server: Server) -> str:
        with Rest(server.base_url) as rest:
            request = {"http_request": {"uri": uri, "method": "GET", "connectionTimeOut": 200}}
            workflow_id = rest.start(rest.define([call(uri, inputParameters=request)]))
            return str(rest.ended(workflow_id, "FAILED")["tasks"][0]["reasonForIncompletion"])

    with Server("--memory") as server:
        assert "169.254.0.1 is the link-local address 169.254.0.1, which HTTP tasks may not call" in reason(server)
    with Server("--memory", environment={"SEGUE_HTTP_LINK_LOCAL": "true"}) as server:
        assert "link-local" not in reason(server)


def test_a_message_published_before_a_kill_comes_to_a_handler_that_is_registered_after_it(tmp_path: Path) -> None:
    with Server("--data", str(tmp_path)) as server, Rest(server.base_url) as rest:
        kid = rest.define([{"name": "n", "taskReferenceName": "n", "type": "HUMAN"}])
        event = {
            "name": "e",
            "taskReferenceName": "e",
            "type": "EVENT",
            "sink": "conductor",
            "inputParameters": {"v": 5},
        }
        name = rest.define([event])
        workflow_id = rest.start(name)
        server.kill()
        server.start()
        action = {"action": "start_workflow", "start_workflow": {"name": kid, "correlationId": "${v}"}}
        handler = {"name": f"h_{name}", "event": f"conductor:{name}:e", "actions": [action], "active": True}
        assert rest.http.post("/event", json=handler).is_success
        assert rest.workflow(workflow_id)["status"] == "COMPLETED"

        def started() -> Any:
            return rest.http.get("/workflow/search", params={"query": f"workflowType={kid}"}).json()["results"] or None

        (execution,) = until(started, "the handler has started a workflow", 10)
        assert execution["correlationId"] == "5"
