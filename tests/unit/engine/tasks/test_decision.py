"""DECISION (§2.8): which case, and what its row shows; asked of Conductor 3.32.1."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Rerun
from engine.definitions import WorkflowTask
from engine.questions import Evaluate, Evaluated
from engine.requests import RerunWorkflowRequest
from engine.status import WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import Surroundings, World

CASES = {"x": [simple("in_x")], "empty": [], "1.0": [simple("in_number")]}
DEFAULT = [simple("in_default")]


def decision(given: dict[str, Any], answer: Evaluated | None = None, **fields: Any) -> World:
    fields = {"decision_cases": CASES, "default_case": DEFAULT} | fields
    around = Surroundings(evaluate=lambda _: answer or Evaluated(error="not to be asked"))
    return started(task("DECISION", "d", given, **fields), simple("behind"), around=around)


CHOICES: list[tuple[Any, str, str]] = [
    ("x", "in_x", "x"),
    ("X", "in_default", "X"),
    ("nowhere", "in_default", "nowhere"),
    ("empty", "in_default", "empty"),  # other than SWITCH: an empty case means the default
    (None, "in_default", "null"),
    (1.0, "in_number", "1.0"),
    (1, "in_default", "1"),
    (True, "in_default", "true"),
    ({"a": 1}, "in_default", "{a=1}"),
]


@pytest.mark.parametrize(("value", "reference", "case"), CHOICES)
def test_the_case_is_the_text_of_an_input(value: Any, reference: str, case: str) -> None:
    world = decision({"v": value}, case_value_param="v")
    row = world.newest("d")
    assert world.references() == ["d", reference]
    assert (row.status, row.task_def_name) == ("COMPLETED", "DECISION")
    assert row.input_data == {"hasChildren": "true", "case": case}
    assert row.output_data == {"caseOutput": [case]}


def test_an_input_that_is_not_there_is_null() -> None:
    assert decision({}, case_value_param="v").newest("d").output_data == {"caseOutput": ["null"]}


@pytest.mark.parametrize(("value", "case"), [("x", "x"), (1, "1"), (1.5, "1.5"), (None, "null"), ({"a": 1}, "{a=1}")])
def test_the_case_is_the_text_of_an_expression(value: Any, case: str) -> None:
    world = decision({"v": "x"}, Evaluated(value), case_expression="$.v", case_value_param="v")
    assert world.newest("d").output_data == {"caseOutput": [case]}


def test_the_expression_sees_the_inputs() -> None:
    asked: list[Evaluate] = []

    def evaluate(question: Evaluate) -> Evaluated:
        asked.append(question)
        return Evaluated("x")

    node = task("DECISION", "d", {"n": "${workflow.input.n}"}, case_expression="$.n > 3", decision_cases=CASES)
    started(node, around=Surroundings(evaluate=evaluate), header={"input": {"n": 2}})
    assert asked == [Evaluate("javascript", "$.n > 3", {"n": 2})]


@pytest.mark.parametrize("expression", ["", "   ", None])
def test_a_blank_expression_leaves_it_to_the_parameter(expression: str | None) -> None:
    assert decision({"v": "x"}, case_expression=expression, case_value_param="v").references() == ["d", "in_x"]


def test_an_error_ends_the_workflow_without_a_row_even_of_an_optional_one() -> None:
    world = decision({}, Evaluated(error="anything"), case_expression="$.a.b.c", optional=True)
    assert (world.status, world.references()) == (WorkflowStatus.FAILED, [])
    assert world.header.reason_for_incompletion == "Error while evaluating script: $.a.b.c"


def test_without_a_branch_the_flow_goes_on_behind_it() -> None:
    world = decision({"v": "nowhere"}, case_value_param="v", default_case=[])
    assert world.references() == ["d", "behind"]
    assert world.newest("d").input_data == {"case": "nowhere"}


def test_a_case_ends_behind_the_decision() -> None:
    world = decision({"v": "x"}, case_value_param="v")
    world.answer("in_x")
    assert world.references() == ["d", "in_x", "behind"]


def test_e38_a_case_that_begins_with_a_fork_brings_all_its_rows() -> None:
    inside: list[WorkflowTask] = [fork("f", [simple("a")], [simple("b")]), join("j", "a", "b")]
    world = decision({"v": "x"}, case_value_param="v", decision_cases={"x": inside})
    assert world.references() == ["d", "f", "a", "b", "j"]
    world.answer("a")
    world.answer("b")
    assert world.references()[-1] == "behind"


def test_one_that_fails_when_it_runs_again_ends_the_workflow_again() -> None:
    answers = [Evaluated("x"), Evaluated(error="not any more")]
    node = task("DECISION", "d", case_expression="$.x", decision_cases=CASES)
    tasks = [fork("f", [node], [simple("t")]), join("j", "in_x", "t")]
    world = started(*tasks, around=Surroundings(evaluate=lambda _: answers.pop(0)))
    world.answer("t", "FAILED")
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=world.newest("d").task_id)))
    assert world.status is WorkflowStatus.FAILED
    assert world.header.reason_for_incompletion == "Error while evaluating script: $.x"
    assert all(row.status.terminal for row in world.rows)
