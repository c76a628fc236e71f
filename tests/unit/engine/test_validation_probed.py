"""Definitions that were sent to Conductor 3.32.1: what it refuses is refused, and what it takes is taken."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import WorkflowDef
from engine.validation import validate_workflow_def
from tests.unit.engine.test_validation import definition, no_task_defs, node

Nodes = list[dict[str, Any]]
BODY = [node("SIMPLE", "a")]
CASES = {"x": BODY}
FORKED = {"forkTasks": [BODY]}


def embedded(**fields: Any) -> Nodes:
    """A worker task with a task definition of its own."""
    return [node("SIMPLE", "t", taskDefinition={"name": "t", **fields})]


def child(**params: Any) -> Nodes:
    return [node("SUB_WORKFLOW", "s", subWorkflowParam=params)]


def switch(kind: str = "value-param", **inputs: Any) -> dict[str, Any]:
    return node("SWITCH", "s", evaluatorType=kind, expression="v", inputParameters=inputs, decisionCases=CASES)


REFUSED: list[tuple[str, Nodes, str]] = [
    ("a name twice", [node("SIMPLE", "a"), node("SIMPLE", "a")], "taskReferenceName: a should be unique"),
    ("a name twice, nested", [node("SIMPLE", "a"), switch(v=1)], "taskReferenceName: a should be unique"),
    ("a negative delay", [node("SIMPLE", "t", startDelay=-1)], "must be greater than or equal to 0"),
    ("a fork of nothing", [node("FORK_JOIN", "f", forkTasks=[])], "taskName: f"),
    ("HTTP without a request", [node("HTTP", "h", inputParameters={})], "taskName: h"),
    ("a child without parameters", [node("SUB_WORKFLOW", "s")], "subWorkflowParam field is required"),
    ("a definition that is a text", child(name="x", workflowDefinition="text"), "taskName: s"),
    ("a version that is no number", child(name="x", version="latest"), "taskName: s"),
    ("TERMINATE, optional", [node("TERMINATE", "x", optional=True)], "cannot be optional, taskName: x"),
    ("TERMINATE, status", [node("TERMINATE", "x", inputParameters={"terminationStatus": "DONE"})], "taskName: x"),
    ("WAIT, both", [node("WAIT", "w", inputParameters={"duration": "1s", "until": "2030-01-01"})], "w"),
    ("WAIT, no duration", [node("WAIT", "w", inputParameters={"duration": "soon"})], "Not valid duration: soon"),
    ("KAFKA_PUBLISH without a request", [node("KAFKA_PUBLISH", "k")], "kafka_request field is required"),
    ("EVENT without a sink", [node("EVENT", "e")], "sink field is required"),
    ("DYNAMIC without a parameter", [node("DYNAMIC", "d")], "dynamicTaskNameParam field is required"),
    ("a loop without a condition", [node("DO_WHILE", "l", loopOver=BODY)], "loopCondition field is required"),
    (
        "nobody's output",
        [node("SIMPLE", "t", inputParameters={"x": "${nobody.output.y}"})],
        "taskReferenceName: nobody",
    ),
    ("no tasks", [], "WorkflowTask list cannot be empty"),
]


@pytest.mark.parametrize(("tasks", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_the_reference_refuses_is_refused(tasks: Nodes, words: str) -> None:
    assert any(words in found.message for found in validate_workflow_def(definition(*tasks), no_task_defs))


TAKEN: list[tuple[str, Nodes]] = [
    ("a JOIN that joins nothing", [node("SIMPLE", "t"), node("JOIN", "j")]),
    ("a JOIN of nobody", [node("FORK_JOIN", "f", **FORKED), node("JOIN", "j", joinOn=["nobody"])]),
    ("a fork without a JOIN", [node("FORK_JOIN", "f", **FORKED), node("SIMPLE", "t")]),
    ("a fork at the end", [node("FORK_JOIN", "f", **FORKED)]),
    ("a branch without tasks", [node("FORK_JOIN", "f", forkTasks=[[]]), node("JOIN", "j")]),
    ("a dynamic fork without a JOIN", [node("FORK_JOIN_DYNAMIC", "f", inputParameters={"forkTaskInputs": []})]),
    ("a parameter that is no input", [switch()]),
    ("a parameter of DECISION", [node("DECISION", "d", caseValueParam="v", decisionCases=CASES)]),
    ("an evaluator nobody knows", [switch("nobody", v=1)]),
    ("INLINE without an expression", [node("INLINE", "i")]),
    ("LAMBDA without a script", [node("LAMBDA", "l")]),
    ("START_WORKFLOW without a request", [node("START_WORKFLOW", "s")]),
    ("EXCLUSIVE_JOIN of nothing", [node("EXCLUSIVE_JOIN", "x")]),
    ("a jq program that is none", [node("JSON_JQ_TRANSFORM", "q", inputParameters={"queryExpression": ".a ["})]),
    ("a condition that is none", [node("DO_WHILE", "l", loopCondition="1 +", loopOver=BODY)]),
    (
        "a loop in a loop",
        [
            node(
                "DO_WHILE",
                "l",
                loopCondition="false",
                loopOver=[node("DO_WHILE", "m", loopCondition="", loopOver=BODY)],
            )
        ],
    ),
    ("negative retries", [node("SIMPLE", "t", retryCount=-1)]),
    ("a task definition that would be refused alone", embedded(timeoutSeconds=5, responseTimeoutSeconds=10)),
    ("and one with negative retries", embedded(retryCount=-1)),
    ("and one without a name", [node("SIMPLE", "t", taskDefinition={"retryCount": 1})]),
    ("a child without a name", child()),
    ("a child with an empty name", child(name="")),
    ("a definition inside that would be refused", child(name="x", workflowDefinition={"name": "y", "tasks": [{}]})),
    ("a negative version", child(name="x", version=-1)),
    ("an http_request that is a text", [node("HTTP", "h", inputParameters={"http_request": "text"})]),
    ("an empty sink", [node("EVENT", "e", sink="")]),
    ("its own output", [node("SIMPLE", "t", inputParameters={"x": "${t.output.y}"})]),
    ("dots and spaces in names", [node("SIMPLE", "a.b c")]),
]


@pytest.mark.parametrize("tasks", [row[1] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_what_the_reference_takes_is_taken(tasks: Nodes) -> None:
    assert validate_workflow_def(definition(*tasks), no_task_defs) == []


@pytest.mark.parametrize("fields", [{"timeout_seconds": -1}, {"version": 0}, {"version": -1}, {"name": "a:b#%"}])
def test_what_the_reference_takes_around_the_tasks(fields: dict[str, Any]) -> None:
    good = definition(node("SIMPLE", "t"))
    made: dict[str, Any] = {"name": "w", "tasks": good.tasks, **fields}
    assert validate_workflow_def(WorkflowDef(**made), no_task_defs) == []
