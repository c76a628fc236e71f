"""INLINE (§2.16): texts and statuses asked of Conductor 3.32.1."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Retry
from engine.definitions import TaskDef
from engine.model import Task
from engine.questions import Evaluate, Evaluated
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import simple, started, task
from tests.world import Surroundings, World

NO_TEXT = "A non-empty String value must be provided."


class Answers:
    """Answers in order, and the questions that were asked."""

    def __init__(self, *answers: Evaluated) -> None:
        self._answers, self.questions = list(answers), list[Evaluate]()

    def __call__(self, question: Evaluate) -> Evaluated:
        self.questions.append(question)
        return self._answers.pop(0)


def inline(given: dict[str, Any], *answers: Evaluated, **fields: Any) -> tuple[World, Answers]:
    asked = Answers(*answers)
    world = started(task("INLINE", "i", given, **fields), simple("then"), around=Surroundings(evaluate=asked))
    return world, asked


@pytest.mark.parametrize("value", [None, False, 0, "text", [1], {"a": {"b": 1}}])
def test_the_value_is_the_result(value: Any) -> None:
    world, asked = inline({"expression": "$.x", "x": "${workflow.input.none}"}, Evaluated(value))
    row = world.newest("i")
    assert (row.status, row.output_data, row.task_def_name) == ("COMPLETED", {"result": value}, "inline")
    assert row.start_time == row.end_time == world.clock.now()
    assert asked.questions == [Evaluate("javascript", "$.x", {"expression": "$.x", "x": None})]
    assert world.references() == ["i", "then"]


def test_the_text_is_substituted_before_the_script_sees_it() -> None:
    given = {"expression": "'${workflow.workflowType}'.length", "evaluatorType": "graaljs", "id": "${CPEWF_TASK_ID}"}
    world, asked = inline(given, Evaluated(4))
    (question,) = asked.questions
    assert (question.language, question.expression) == ("graaljs", "'flow'.length")
    assert question.data["id"] == world.newest("i").task_id


def test_value_param_names_an_input() -> None:
    world, asked = inline({"evaluatorType": "value-param", "expression": "pick", "pick": {"deep": [1]}})
    assert world.newest("i").output_data == {"result": {"deep": [1]}}
    world, asked = inline({"evaluatorType": "value-param", "expression": "nothing"})
    assert world.newest("i").output_data == {"result": None}
    assert asked.questions == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"expression": ""}, f"Empty 'expression' in Inline task's input parameters. {NO_TEXT}"),
    ({"expression": "  "}, f"Empty 'expression' in Inline task's input parameters. {NO_TEXT}"),
    ({"expression": None}, f"Empty 'expression' in Inline task's input parameters. {NO_TEXT}"),
    ({}, f"Empty 'expression' in Inline task's input parameters. {NO_TEXT}"),
    (
        {"expression": " ", "evaluatorType": "value-param"},
        f"Empty 'expression' in Inline task's input parameters. {NO_TEXT}",
    ),
    (
        {"expression": "", "evaluatorType": ""},
        f"Empty 'evaluatorType' in INLINE task's input parameters. {NO_TEXT}",
    ),
    ({"expression": "", "evaluatorType": "nope"}, "Unknown evaluator 'nope' in INLINE task."),
    ({"expression": "1", "evaluatorType": "JavaScript"}, "Unknown evaluator 'JavaScript' in INLINE task."),
    # ours: the reference has it
    (
        {"expression": "return 1", "evaluatorType": "python"},
        "Evaluator 'python' is not available on this server; use javascript, graaljs or value-param.",
    ),
    # S1: the reference answers the start with 500
    ({"expression": 5}, f"'expression' in Inline task's input parameters is 5. {NO_TEXT}"),
    (
        {"expression": {"a": [1]}},
        "'expression' in Inline task's input parameters is {a=[1]}. " + NO_TEXT,
    ),
    ({"expression": "1", "evaluatorType": 5}, "Unknown evaluator '5' in INLINE task."),
]


@pytest.mark.parametrize(("given", "reason"), WRONG)
def test_s1_a_wrong_input_ends_the_task_for_good(given: dict[str, Any], reason: str) -> None:
    world, asked = inline(given, retry_count=3)
    row = world.newest("i")
    assert (row.status, row.reason_for_incompletion) == ("FAILED_WITH_TERMINAL_ERROR", reason)
    assert row.output_data == {"error": reason}
    assert asked.questions == []
    assert (world.status, world.header.output) == (WorkflowStatus.FAILED, {"error": reason})
    shown = f"Task {row.task_id} failed with status: FAILED and reason: '{reason}'"
    assert world.header.reason_for_incompletion == shown


def test_an_error_of_the_script_is_final() -> None:
    world, asked = inline({"expression": "1"}, Evaluated(error="no good"), retry_count=3)
    row = world.newest("i")
    assert (row.status, row.output_data) == (TaskStatus.FAILED_WITH_TERMINAL_ERROR, {"error": "no good"})
    assert len(asked.questions) == 1


def test_what_was_interrupted_may_be_tried_again_and_at_once() -> None:
    """§2.0.5: the retry delay does not count for a task that runs inside a decision."""
    late = Evaluated(error="too slow", interrupted=True)
    retries = TaskDef(name="inline", retry_count=2, retry_delay_seconds=60)
    world, _ = inline({"expression": "1"}, late, late, Evaluated(1), task_definition=retries)
    rows: list[Task] = [row for row in world.rows if row.node == "i"]
    assert [row.status.value for row in rows] == ["FAILED", "FAILED", "COMPLETED"]
    assert [row.retry_count for row in rows] == [0, 1, 2]
    assert world.references()[-1] == "then"


def test_without_retries_an_interruption_ends_the_workflow() -> None:
    world, _ = inline({"expression": "1"}, Evaluated(error="too slow", interrupted=True))
    assert (world.newest("i").status, world.status) == (TaskStatus.FAILED, WorkflowStatus.FAILED)


def test_an_optional_one_lets_the_flow_go_on() -> None:
    world, _ = inline({"expression": "1"}, Evaluated(error="no good"), optional=True)
    assert world.table() == [("i", "COMPLETED_WITH_ERRORS"), ("then", "SCHEDULED")]


def test_a_retry_by_hand_asks_again() -> None:
    world, asked = inline({"expression": "1"}, Evaluated(error="no good"), Evaluated(1))
    world.do(Retry())
    assert world.table() == [("i", "FAILED_WITH_TERMINAL_ERROR"), ("i", "COMPLETED"), ("then", "SCHEDULED")]
    assert len(asked.questions) == 2


def test_e63_the_input_template_of_the_task_definition_counts() -> None:
    own = TaskDef(name="inline", retry_count=0, input_template={"expression": "$.y", "y": 1})
    _, asked = inline({}, Evaluated(1), task_definition=own)
    assert asked.questions == [Evaluate("javascript", "$.y", {"expression": "$.y", "y": 1})]
