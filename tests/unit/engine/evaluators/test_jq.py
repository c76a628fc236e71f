"""What jq gives (§2.18): a list of all results, with the numbers as they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.engine.evaluators.running import Running

DATA = {"a": 2, "f": 4.0, "s": "text", "l": [3, 1, 2], "big": 9007199254740993, "items": [{"id": 1}, {"id": 2}]}

RESULTS: list[tuple[str, list[Any]]] = [
    (".l[] | . * 10", [30, 10, 20]),
    ("[.items[].id]", [[1, 2]]),
    (".items[] | .id", [1, 2]),
    ("empty", []),
    (".none", [None]),
    (".l | add", [6]),
    (".a / 4", [0.5]),
    (".f", [4.0]),
    (".big", [9007199254740993]),
    ("{big, f}", [{"big": 9007199254740993, "f": 4.0}]),
    ("100000000000000000000", [1e20]),
    ("[.big, 100000000000000000000]", [[9007199254740993, 1e20]]),
    (".a # a comment at the end", [2]),
    ("1, 2 | . + 1", [2, 3]),
    ("def f(x): x * 2; f(.a)", [4]),
    ("reduce .l[] as $x (0; . + $x)", [6]),
    ('if .a > 1 then "y" else "n" end', ["y"]),
    ('try error("q") catch .', ["q"]),
    ('.s | test("T"; "i")', [True]),
    ("env", [{}]),
    ("$ENV", [{}]),
]


@pytest.mark.parametrize(("program", "results"), RESULTS, ids=[program for program, _ in RESULTS])
def test_the_value_is_the_list_of_all_results(evaluating: Running, program: str, results: list[Any]) -> None:
    found = evaluating.value("jq", program, DATA)
    assert found == results
    assert [type(value) for value in found] == [type(value) for value in results]


ERRORS = [
    (".s | keys", 'string ("text") has no keys'),
    (".a.b", 'Cannot index number with string ("b")'),
    ('error("x")', "x"),
    ("nosuch", "nosuch/0 is not defined at <top-level>, line 1, column 1"),
    (".[ |", "syntax error, unexpected '|' at <top-level>, line 1, column 4"),
]


@pytest.mark.parametrize(("program", "message"), ERRORS, ids=[program for program, _ in ERRORS])
def test_an_error_is_told_in_one_line(evaluating: Running, program: str, message: str) -> None:
    answer = evaluating.ask("jq", program, DATA)
    assert (answer.error, answer.interrupted) == (message, False)


@pytest.mark.parametrize("program", ["", "   ", "# only a comment"])
def test_no_program_is_an_error(evaluating: Running, program: str) -> None:
    assert "syntax error" in (evaluating.ask("jq", program, DATA).error or "")


def test_a_value_that_nobody_could_store_is_an_error(evaluating: Running) -> None:
    answer = evaluating.ask("jq", "reduce range(1000) as $i (0; [.])", {})
    assert answer.error == "The value of the expression is nested too deeply"


def test_another_language_is_refused(evaluating: Running) -> None:
    assert evaluating.ask("cobol", "1").error == "No evaluator registered for type: cobol"
