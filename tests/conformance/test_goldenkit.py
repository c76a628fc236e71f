"""Tests of the tool itself: normalising, comparing, scenario files, the HTTP stub."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.conformance.goldenkit.answers import choose, dig, fill_from_task, keep_fields
from tests.conformance.goldenkit.cli import compare_step
from tests.conformance.goldenkit.compare import Comparer
from tests.conformance.goldenkit.normalise import Normaliser, sort_tasks
from tests.conformance.goldenkit.scenario import ScenarioError, kind_of, pretty
from tests.conformance.goldenkit.stub import Stub

UUID_A = "11111111-2222-3333-4444-555555555555"
UUID_B = "aaaaaaaa-2222-3333-4444-555555555555"


def differences(expected: Any, actual: Any, strict_nulls: bool = False) -> list[str]:
    comparer = Comparer(strict_nulls)
    comparer.compare(expected, actual, "x")
    return [str(difference) for difference in comparer.differences]


def test_text_is_normalised() -> None:
    normaliser = Normaliser({"_g12345678": "{{run}}", "http://127.0.0.1:9": "{{stub}}"})
    text = f"wf_g12345678 {UUID_A} {UUID_B} {UUID_A} http://127.0.0.1:9/x at 1795361395604 after 12 seconds"
    assert normaliser.text(text) == "wf{{run}} <id:1> <id:2> <id:1> {{stub}}/x at <time> after <n> seconds"


def test_script_errors_lose_their_message() -> None:
    text = "Error evaluating the script `TypeError: no 'b'` at line 1"
    assert Normaliser({}).text(text) == "Error evaluating the script `<message>`"


def test_ids_of_any_form_are_learned_by_field() -> None:
    normaliser = Normaliser({})
    task = {
        "taskId": "task-000001",
        "referenceTaskName": "a",
        "status": "FAILED",
        "reasonForIncompletion": "task-000001 broke",
    }
    assert normaliser.task(task)["reasonForIncompletion"] == "<id:1> broke"


def test_workflow_is_reduced_and_payload_is_kept() -> None:
    workflow = {
        "workflowId": UUID_A,
        "workflowName": "w",
        "status": "COMPLETED",
        "priority": 0,
        "createTime": 1,
        "input": {"createTime": None, "id": UUID_A},
        "output": {},
        "workflowDefinition": {"name": "w"},
        "tasks": [{"taskId": UUID_B, "referenceTaskName": "a", "status": "COMPLETED", "iteration": 0}],
    }
    assert Normaliser({}).value(workflow) == {
        "workflowName": "w",
        "status": "COMPLETED",
        "input": {"createTime": None, "id": "<id:1>"},
        "tasks": [{"referenceTaskName": "a", "status": "COMPLETED"}],
    }


def test_ignore_drops_fields() -> None:
    normaliser = Normaliser({}, {"workflow": ["output"], "tasks": {"j": ["status"]}})
    state = normaliser.workflow(
        {"status": "FAILED", "output": {"x": 1}, "tasks": [{"referenceTaskName": "j", "status": "X"}]}
    )
    assert state == {"status": "FAILED", "tasks": [{"referenceTaskName": "j"}]}


def test_sorting_drops_the_order() -> None:
    rows = [
        {"referenceTaskName": "b", "seq": 1},
        {"referenceTaskName": "a", "seq": 2, "retryCount": 1},
        {"referenceTaskName": "a", "seq": 3},
    ]
    assert [t.get("retryCount", 0) for t in sort_tasks({"tasks": rows})["tasks"]] == [0, 1, 0]


def test_envelopes_are_open_and_payloads_closed() -> None:
    assert differences({"a": 1}, {"a": 1, "extra": 2}) == []
    assert differences({"input": {"a": 1}}, {"input": {"a": 1, "extra": 2}}) == [
        "x.input.extra: expected nothing, got 2"
    ]
    assert differences({"referenceTaskName": "a"}, {"referenceTaskName": "a", "reasonForIncompletion": "r"}) != []


def test_null_and_missing_are_the_same_unless_strict() -> None:
    assert differences({"input": {"a": None}}, {"input": {}}) == []
    assert differences({"input": {}}, {"input": {"a": None}}, strict_nulls=True) != []


def test_task_lists_are_compared_by_name() -> None:
    left = [{"referenceTaskName": "a", "status": "X"}, {"referenceTaskName": "b"}]
    right = [{"referenceTaskName": "b"}, {"referenceTaskName": "a", "status": "Y"}]
    assert differences(left, right) == [
        'x (which, in which order): expected ["a", "b"], got ["b", "a"]',
        'x[a].status: expected "X", got "Y"',
    ]


def test_ids_must_match_one_to_one() -> None:
    assert differences(["<id:1>", "<id:2>", "<id:1>"], ["<id:5>", "<id:4>", "<id:5>"]) == []
    assert differences(["<id:1>", "<id:1>"], ["<id:1>", "<id:2>"]) != []
    assert differences(["<id:1>", "<id:2>"], ["<id:1>", "<id:1>"]) != []


def test_numbers_and_booleans() -> None:
    assert differences(1, 1.0) == []
    assert differences(1, True) != []


@pytest.mark.parametrize(
    "step, result, good",
    [
        ({"expect": {"status": 200}}, {"status": 204}, True),
        ({"expect": {"status": 204}, "exactStatus": True}, {"status": 200}, False),
        ({"expect": {"status": 500, "body": {"message": "x"}}, "accept": [400]}, {"status": 400, "body": {}}, True),
        (
            {"expect": {"status": 404, "body": {"message": "x"}}, "match": "shape"},
            {"status": 404, "body": {"message": "y"}},
            True,
        ),
        ({"expect": {"status": 404, "body": {"message": "x"}}, "match": "shape"}, {"status": 404, "body": {}}, False),
        ({"expect": {"status": 404, "body": {"message": "x"}}}, {"status": 404, "body": {"message": "y"}}, False),
    ],
)
def test_steps_can_be_loosened(step: dict[str, Any], result: dict[str, Any], good: bool) -> None:
    comparer = Comparer()
    compare_step(comparer, step, result, "step")
    assert (not comparer.differences) is good


def test_small_helpers() -> None:
    assert dig({"a": [{"b": 1}]}, "a.0.b") == 1
    assert dig({"a": 1}, "a.b") is None
    assert choose([{"n": 1, "v": "x"}, {"n": 2}], {"where": {"n": 1}}) == [{"n": 1, "v": "x"}]
    assert keep_fields({"totalHits": 1, "results": [{"a": 1, "b": 2}]}, ["a"]) == {
        "totalHits": 1,
        "results": [{"a": 1}],
    }
    assert fill_from_task({"n": "<task:inputData.n>"}, {"inputData": {"n": 5}}) == {"n": 5}


def test_scenario_text() -> None:
    data = {"name": "x", "steps": [{"sleep": 1}], "long": ["word" * 10] * 4}
    assert json.loads(pretty(data)) == data
    with pytest.raises(ScenarioError):
        kind_of({"what": 1})


def test_stub_routes() -> None:
    with Stub() as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert client.post("/echo/a?b=c", json={"d": 1}).json() == {
            "method": "POST",
            "path": "/echo/a",
            "query": {"b": "c"},
            "body": {"d": 1},
            "header": None,
        }
        assert client.get("/status/404").status_code == 404
        assert [client.get("/flaky/k/1").status_code for _ in range(2)] == [500, 200]
        assert client.get("/empty").status_code == 204
