"""JSON_JQ_TRANSFORM (§2.18): shapes and texts asked of Conductor 3.32.1."""

from __future__ import annotations

from typing import Any

import pytest

from engine.questions import Evaluate, Evaluated
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import simple, started, task
from tests.world import Surroundings, World


def transform(given: dict[str, Any], *answers: Evaluated, **fields: Any) -> tuple[World, list[Evaluate]]:
    questions: list[Evaluate] = []

    def evaluate(question: Evaluate) -> Evaluated:
        questions.append(question)
        return answers[len(questions) - 1]

    node = task("JSON_JQ_TRANSFORM", "q", given, **fields)
    return started(node, simple("then"), around=Surroundings(evaluate=evaluate)), questions


SHAPES: list[tuple[list[Any], Any]] = [([1, 2], 1), ([[1, 2]], [1, 2]), ([], None), ([None], None), ([3.5], 3.5)]


@pytest.mark.parametrize(("results", "first"), SHAPES)
def test_the_first_result_and_all_of_them(results: list[Any], first: Any) -> None:
    world, questions = transform({"queryExpression": ".l[]", "l": [1, 2]}, Evaluated(results))
    row = world.newest("q")
    assert (row.status, row.output_data) == ("COMPLETED", {"result": first, "resultList": results})
    assert questions == [Evaluate("jq", ".l[]", {"queryExpression": ".l[]", "l": [1, 2]})]
    assert world.references() == ["q", "then"]


def test_an_error_fails_the_task_with_its_text() -> None:
    world, _ = transform({"queryExpression": ".a.b"}, Evaluated(error="Cannot index number"))
    row = world.newest("q")
    assert (row.status, row.reason_for_incompletion) == (TaskStatus.FAILED, "Cannot index number")
    assert row.output_data == world.header.output == {"error": "Cannot index number"}
    assert world.status is WorkflowStatus.FAILED


def test_an_error_may_be_tried_again() -> None:
    world, _ = transform({"queryExpression": "."}, Evaluated(error="no"), Evaluated([1]), retry_count=1)
    assert world.table() == [("q", "FAILED"), ("q", "COMPLETED"), ("then", "SCHEDULED")]


def test_an_optional_one_lets_the_flow_go_on() -> None:
    world, _ = transform({"queryExpression": "."}, Evaluated(error="no"), optional=True)
    assert world.table() == [("q", "COMPLETED_WITH_ERRORS"), ("then", "SCHEDULED")]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "Missing 'queryExpression' in input parameters"),
    ({"queryExpression": None}, "Missing 'queryExpression' in input parameters"),
    # S1: the reference ends the workflow with "Error scheduling tasks"
    ({"queryExpression": 5}, "'queryExpression' in input parameters must be a String, but is 5"),
    ({"queryExpression": ["."]}, "'queryExpression' in input parameters must be a String, but is [.]"),
]


@pytest.mark.parametrize(("given", "reason"), WRONG)
def test_s1_a_wrong_input_fails_the_task(given: dict[str, Any], reason: str) -> None:
    world, questions = transform(given)
    row = world.newest("q")
    assert (row.status, row.reason_for_incompletion, row.output_data) == (TaskStatus.FAILED, reason, {})
    assert questions == []
