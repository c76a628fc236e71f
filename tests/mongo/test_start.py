"""A server and its database that do not start and stop together."""

from __future__ import annotations

import httpx
import pytest

from tests.polling import until
from tests.serving import Server
from tests.wire import WireServer, missing

SAYS = "waiting for MongoDB at mongodb://127.0.0.1:"


@pytest.mark.timeout(120)
def test_a_server_waits_for_its_database_and_says_so() -> None:
    if reason := missing():
        pytest.skip(reason)
    wire = WireServer()
    server = Server("--mongo", wire.uri(), "--no-access-log")
    try:
        server.launch()
        until(lambda: server.log().count(SAYS) >= 2, "the log says twice that it waits", 30)
        wire.start()
        until(server.healthy, "the server has found its database", 30)
    finally:
        server.close()
        wire.close()


@pytest.mark.timeout(120)
def test_a_server_that_waits_can_be_stopped() -> None:
    wire = WireServer()
    server = Server("--mongo", wire.uri())
    try:
        server.launch()
        until(lambda: SAYS in server.log(), "the log says that it waits", 30)
        server.stop(within=10)
        assert "it was told to stop before it had started" in server.log()
    finally:
        server.close()
        wire.close()


def test_a_refused_start_names_the_reason_without_the_password() -> None:
    server = Server("--mongo", "mongodb://me:secret@127.0.0.1:port/db")
    try:
        server.launch()
        assert server.wait(30) != 0
        assert "cannot be used" in server.log()
        assert "secret" not in server.log()
    finally:
        server.close()


@pytest.mark.timeout(120)
def test_a_database_that_goes_away_is_answered_503_and_found_again() -> None:
    if reason := missing():
        pytest.skip(reason)
    with WireServer(lasting=True) as wire, Server("--mongo", wire.uri(), "--no-access-log") as server:
        flow = {"name": "f", "version": 1, "schemaVersion": 2, "tasks": [{"name": "t", "taskReferenceName": "t"}]}
        with httpx.Client(base_url=server.base_url, timeout=30, trust_env=False) as http:
            assert http.post("/metadata/workflow", json=flow).is_success
            assert http.post("/workflow", json={"name": "f"}).is_success
            wire.kill()
            refused = http.post("/workflow", json={"name": "f"})
            assert (refused.status_code, refused.json()["retryable"]) == (503, True), refused.text
            assert "MongoDB cannot do this now" in refused.json()["message"]
            assert httpx.get(f"{server.root_url}/health/ready", timeout=10, trust_env=False).status_code == 503
            wire.start()
            until(lambda: http.post("/workflow", json={"name": "f"}).is_success, "a start succeeds again", 30)
            answer = http.get("/tasks/poll/batch/t", params={"count": 9, "timeout": 3000})
            assert len(answer.json()) >= 2, answer.text
