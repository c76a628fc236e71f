"""Large payloads by way of a folder: as a client with external payload storage does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.rest import Json, Rest, assert_error, fresh, result, simple
from tests.serving import Server

LARGE = {"x": "y" * (3200 * 1024)}


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """A client of a server that keeps large payloads in a folder."""
    folder: Path = tmp_path_factory.mktemp("payloads")
    settings = {"SEGUE_PAYLOADS": str(folder)}
    with Server("--memory", environment=settings) as server, Rest(server.base_url) as rest:
        yield rest


def place(rest: Rest, base: str, path: str, operation: str, kind: str) -> Json:
    answer = rest.http.get(
        f"/{base}/externalstoragelocation", params={"path": path, "operation": operation, "payloadType": kind}
    )
    assert answer.status_code == 200, answer.text
    location: Json = answer.json()
    return location


def upload(rest: Rest, base: str, kind: str, payload: Json) -> str:
    location = place(rest, base, "", "WRITE", kind)
    # Java labels what it uploads as a form
    put = httpx.put(
        location["uri"], json=payload, headers={"Content-Type": "application/x-www-form-urlencoded"}, trust_env=False
    )
    assert put.status_code == 200, put.text
    path: str = location["path"]
    return path


def download(rest: Rest, base: str, path: str, kind: str) -> Json:
    got = httpx.get(place(rest, base, path, "READ", kind)["uri"], trust_env=False)
    assert got.status_code == 200, got.text
    payload: Json = got.json()
    return payload


def test_payloads_go_out_and_come_in_by_their_paths(outside: Rest) -> None:
    first, second = fresh("first"), fresh("second")
    name = outside.define([simple(first, "a", x="${workflow.input.x}"), simple(second, "b", x="${a.output.x}")])

    identity = outside.start(name, externalInputPayloadStoragePath=upload(outside, "workflow", "WORKFLOW_INPUT", LARGE))
    task = outside.poll(first)
    assert task["inputData"] == {}
    assert download(outside, "tasks", task["externalInputPayloadStoragePath"], "TASK_INPUT") == LARGE

    path = upload(outside, "tasks", "TASK_OUTPUT", {**LARGE, "y": 1})
    outside.update(task, externalOutputPayloadStoragePath=path)
    following = outside.poll(second)
    assert download(outside, "tasks", following["externalInputPayloadStoragePath"], "TASK_INPUT") == LARGE
    shown = outside.task(identity, "a")
    assert shown["outputData"] == {}
    assert download(outside, "tasks", shown["externalOutputPayloadStoragePath"], "TASK_OUTPUT") == {**LARGE, "y": 1}

    outside.update(following, output={"small": 1})
    ended = outside.ended(identity)
    assert (ended["input"], ended["output"]) == (LARGE, {"small": 1}), "below 5 MB a workflow shows its input"


def test_what_is_not_there_is_said(outside: Rest) -> None:
    name = outside.define([simple(fresh("step"), "a")])
    start = {"name": name, "input": {}, "externalInputPayloadStoragePath": "workflow/input/none.json"}
    assert (
        "nothing at workflow/input/none.json"
        in assert_error(outside.http.post("/workflow", json=start), 400)["message"]
    )
    unsigned = outside.http.get("/external/task/input/none.json", params={"expires": 1, "signature": "x"})
    assert_error(unsigned, 404)
    location = {"path": "task/output/none.1.json", "operation": "READ", "payloadType": "TASK_OUTPUT"}
    assert_error(outside.http.get("/tasks/external-storage-location", params=location), 404)


def test_what_comes_in_has_to_be_an_object(outside: Rest) -> None:
    name = outside.define([simple(fresh("step"), "a")])
    path = upload(outside, "workflow", "WORKFLOW_INPUT", [1])  # type: ignore[arg-type]
    start = {"name": name, "input": {}, "externalInputPayloadStoragePath": path}
    assert "not a JSON object" in assert_error(outside.http.post("/workflow", json=start), 400)["message"]


def test_without_a_storage_paths_lead_nowhere(rest: Rest) -> None:
    location = place(rest, "tasks", "x", "WRITE", "TASK_OUTPUT")
    assert location == {"path": "x"}
    _, task = rest.polled()
    report = result(task, externalOutputPayloadStoragePath="x")
    assert "no external payload storage" in assert_error(rest.http.post("/tasks", json=report), 400)["message"]
