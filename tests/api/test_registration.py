"""Registration on a real server: every problem in one answer, and what cannot run is refused before it is needed."""

from __future__ import annotations

from typing import Any

from tests.rest import Json, Rest, assert_error, fresh, simple

ROOT = "registerWorkflowDef.arg0"


def node(kind: str, reference: str, **fields: Any) -> Json:
    return {"name": reference, "taskReferenceName": reference, "type": kind, **fields}


def branch(kind: str, expression: str, *case: Json) -> Json:
    return node("SWITCH", "choice", evaluatorType=kind, expression=expression, decisionCases={"x": list(case)})


def complaints(rest: Rest, *tasks: Json, **fields: Any) -> list[tuple[str, str]]:
    """Where and what, of a definition that is refused."""
    body = {"name": fresh("refused"), "version": 1, "schemaVersion": 2, "tasks": list(tasks), **fields}
    answer = assert_error(rest.http.post("/metadata/workflow", json=body), 400)
    return [(found["path"], found["message"]) for found in answer["validationErrors"]]


def test_all_problems_of_a_definition_are_told_at_once_each_with_its_task_and_field(rest: Rest) -> None:
    loop = node("DO_WHILE", "turns", loopOver=[node("HTTP", "call"), simple("a", "twice")])
    tasks = [
        branch("javascript", "1 +", node("TERMINATE", "stop", optional=True), simple("b", "twice")),
        loop,
        node("WAIT", "late", inputParameters={"duration": "soon"}),
        simple("c", "c", x="${nobody.output.y}"),
        {"name": "nameless", "type": "SIMPLE"},
        node("KAFKA_PUBLISH", "told", inputParameters={"kafka_request": {}}),
    ]
    found = complaints(rest, *tasks, schemaVersion=1)
    expected = [
        (".schemaVersion", "schemaVersion"),
        (".tasks[0].decisionCases[x].<map value>[0]", "terminationStatus"),
        (".tasks[0].decisionCases[x].<map value>[0]", "terminate task cannot be optional, taskName: stop"),
        (".tasks[1]", "loopCondition field is required for taskType: DO_WHILE taskName: turns"),
        (
            ".tasks[1].loopOver[0]",
            "inputParameters.uri field is required for taskType: HTTP taskName: call",
        ),
        (".tasks[2]", "Not valid duration: soon, taskReferenceName: late"),
        (".tasks[4].taskReferenceName", "taskReferenceName"),
        ("", "taskReferenceName: twice should be unique"),
        ("", "taskReferenceName: nobody for given task: c input value: x"),
        (".tasks[5]", "KAFKA_PUBLISH is not supported yet, taskReferenceName: told"),
        (".tasks[0]", "Expression is not well formatted: SyntaxError"),
    ]
    assert len(found) == len(expected), found
    for (path, message), (place, words) in zip(found, expected, strict=True):
        assert path == ROOT + place
        assert words in message


def test_what_needs_an_adapter_is_refused_at_registration_and_fails_at_run_time(rest: Rest) -> None:
    ((_, kafka),) = complaints(rest, node("KAFKA_PUBLISH", "k", inputParameters={"kafka_request": {}}))
    ((_, event),) = complaints(rest, node("EVENT", "e", sink="sqs:queue"))
    assert (kafka, "no adapter for sqs" in event) == (
        "Task type KAFKA_PUBLISH is not supported yet, taskReferenceName: k", True,
    )  # fmt: skip
    chosen = node("DYNAMIC", "d", dynamicTaskNameParam="n", inputParameters={"n": "KAFKA_PUBLISH"}, optional=True)
    name = rest.define([chosen, node("EVENT", "e", sink="${workflow.input.sink}")])
    ended = rest.ended(rest.start(name, input={"sink": "sqs:queue"}), "FAILED")
    reasons = [task["reasonForIncompletion"] for task in ended["tasks"]]
    assert [task["status"] for task in ended["tasks"]] == ["COMPLETED_WITH_ERRORS", "FAILED"]
    assert "no adapter for Kafka" in reasons[0]
    assert "no adapter for sqs yet; use conductor:<name>" in reasons[1]
