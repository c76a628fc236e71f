"""LAMBDA (§2.17): texts and statuses asked of Conductor 3.32.1."""

from __future__ import annotations

from typing import Any

import pytest

from engine.questions import Evaluate, Evaluated
from engine.status import TaskStatus, WorkflowStatus
from engine.tasks.lambda_script import as_function
from tests.unit.engine.flows import simple, started, task
from tests.world import Surroundings, World

NO_TEXT = "A non-empty String value must be provided."


def lambda_task(given: dict[str, Any], *answers: Evaluated, **fields: Any) -> tuple[World, list[Evaluate]]:
    questions: list[Evaluate] = []

    def evaluate(question: Evaluate) -> Evaluated:
        questions.append(question)
        return answers[len(questions) - 1]

    world = started(task("LAMBDA", "l", given, **fields), simple("then"), around=Surroundings(evaluate=evaluate))
    return world, questions


def test_the_script_is_the_body_of_a_function() -> None:
    given = {"scriptExpression": "return $.n // the number", "n": 5}
    world, questions = lambda_task(given, Evaluated({"big": True}))
    assert questions == [Evaluate("javascript", as_function("return $.n // the number"), given)]
    row = world.newest("l")
    assert (row.status, row.output_data, row.input_data) == ("COMPLETED", {"result": {"big": True}}, given)
    assert world.references() == ["l", "then"]


def test_lines_keep_their_numbers_and_a_comment_its_end() -> None:
    script = as_function("return 1 // one")
    assert script.split("\n")[0].endswith("return 1 // one")
    assert script.count("\n") == 1


def test_any_error_fails_the_task_with_its_text() -> None:
    world, _ = lambda_task({"scriptExpression": "x"}, Evaluated(error="no good"))
    row = world.newest("l")
    assert (row.status, row.reason_for_incompletion) == (TaskStatus.FAILED, "no good")
    assert row.output_data == world.header.output == {"error": "no good"}
    assert world.status is WorkflowStatus.FAILED


def test_an_error_may_be_tried_again() -> None:
    world, questions = lambda_task({"scriptExpression": "x"}, Evaluated(error="no"), Evaluated(1), retry_count=1)
    assert world.table() == [("l", "FAILED"), ("l", "COMPLETED"), ("then", "SCHEDULED")]
    assert len(questions) == 2


@pytest.mark.parametrize("given", [{}, {"scriptExpression": ""}, {"scriptExpression": " "}, {"scriptExpression": None}])
def test_an_empty_script_fails_without_being_run(given: dict[str, Any]) -> None:
    world, questions = lambda_task(given)
    row = world.newest("l")
    reason = f"Empty 'scriptExpression' in Lambda task's input parameters. {NO_TEXT}"
    assert (row.status, row.output_data, row.reason_for_incompletion) == (TaskStatus.FAILED, {}, reason)
    assert questions == []


def test_s1_a_script_that_is_no_text_is_named() -> None:
    """The reference tells of a class that cannot be cast."""
    world, _ = lambda_task({"scriptExpression": 5})
    row = world.newest("l")
    reason = f"'scriptExpression' in Lambda task's input parameters is 5. {NO_TEXT}"
    assert (row.status, row.reason_for_incompletion) == (TaskStatus.FAILED, reason)
