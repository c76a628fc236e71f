"""SWITCH: E36, E37 and where its cases lead."""

from __future__ import annotations

from typing import Any

import pytest

from engine.questions import Evaluated
from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, switch, task
from tests.world import Surroundings, World

CASES = {
    "a": [simple("in_a")],
    "empty": [],
    "1": [simple("in_1")],
    "null": [simple("in_null")],
    "true": [simple("yes")],
}
CHOICES: list[tuple[Any, str, str]] = [
    ("a", "in_a", "a"),
    ("b", "in_default", "b"),
    ("empty", "behind", "empty"),  # E36: a matching empty case does not mean the default
    (1, "in_1", "1"),
    (True, "yes", "true"),
    (None, "in_null", "null"),
    ("A", "in_default", "A"),
]


@pytest.mark.parametrize(("which", "next_reference", "case"), CHOICES)
def test_e36_the_case_that_is_chosen(which: Any, next_reference: str, case: str) -> None:
    world = started(switch("s", which, CASES, default_case=[simple("in_default")]), simple("behind"))
    assert world.references() == ["s", next_reference]
    row = world.newest("s")
    assert (row.status, row.task_def_name) == ("COMPLETED", "SWITCH")
    assert row.output_data == {"evaluationResult": [case], "selectedCase": case}


def test_without_a_default_an_unknown_case_runs_nothing() -> None:
    world = started(switch("s", "nowhere", {"a": [simple("in_a")]}), simple("behind"))
    assert world.references() == ["s", "behind"]


def test_a_last_switch_that_runs_nothing_ends_the_workflow() -> None:
    world = started(switch("s", "nowhere", {"a": [simple("in_a")]}))
    assert world.status is WorkflowStatus.COMPLETED


def test_a_case_ends_behind_the_switch() -> None:
    inner = switch("inner", "x", {"x": [simple("deep"), simple("deeper")]})
    world = started(switch("outer", "a", {"a": [inner]}), simple("behind"))
    world.answer("deep")
    world.answer("deeper")
    assert world.references() == ["outer", "inner", "deep", "deeper", "behind"]


def scripted(evaluated: Evaluated, **fields: Any) -> World:
    around = Surroundings(evaluate=lambda _: evaluated)
    node = task(
        "SWITCH",
        "s",
        {"x": 1},
        evaluator_type="javascript",
        expression="$.x",
        decision_cases={"1": [simple("t")]},
        **fields,
    )
    return started(node, simple("behind"), around=around)


def test_a_script_chooses_by_the_answer_of_the_shell() -> None:
    assert scripted(Evaluated(1)).references() == ["s", "t"]


def test_e37_d17_an_error_fails_the_switch_without_a_retry_and_the_workflow() -> None:
    world = scripted(Evaluated(error="ReferenceError: y"), retry_count=3)
    assert world.table() == [("s", "FAILED")]
    assert world.status is WorkflowStatus.FAILED
    assert "ReferenceError: y" in str(world.header.reason_for_incompletion)


def test_e37_an_error_of_an_optional_switch_is_passed_over() -> None:
    assert scripted(Evaluated(error="oh"), optional=True).table() == [
        ("s", "COMPLETED_WITH_ERRORS"),
        ("behind", "SCHEDULED"),
    ]


def test_an_unknown_evaluator_fails_the_workflow() -> None:
    node = task("SWITCH", "s", evaluator_type="cobol", expression="x", decision_cases={"a": [simple("t")]})
    world = started(node)
    assert world.status is WorkflowStatus.FAILED
    assert "cobol" in str(world.header.reason_for_incompletion)


TEXTS: list[tuple[Any, str]] = [
    (1e20, "1.0E20"),
    (-0.0, "-0.0"),
    ("NaN", "NaN"),
    (123456789.5, "1.234567895E8"),
    ({"a": {"b": 1.5}}, "{a={b=1.5}}"),
    ([1, None], "[1, null]"),
    ("", ""),
]


@pytest.mark.parametrize(("value", "case"), TEXTS)
def test_the_case_is_the_value_as_java_writes_it(value: Any, case: str) -> None:
    """Asked of 3.32.1."""
    assert scripted(Evaluated(value)).newest("s").output_data == {"evaluationResult": [case], "selectedCase": case}


def test_an_interrupted_script_fails_the_switch_with_the_reason() -> None:
    world = scripted(Evaluated(error="Script not evaluated within 4 seconds, interrupted.", interrupted=True))
    row = world.newest("s")
    assert (row.status, row.input_data, row.output_data) == ("FAILED", {"x": 1}, {})
    assert row.reason_for_incompletion == "Script not evaluated within 4 seconds, interrupted."


def test_the_evaluator_python_fails_the_workflow_with_a_way_out() -> None:
    node = task("SWITCH", "s", evaluator_type="python", expression="return 1", decision_cases={"a": [simple("t")]})
    reason = "Evaluator 'python' is not available on this server; use javascript, graaljs or value-param."
    assert started(node).header.reason_for_incompletion == reason
