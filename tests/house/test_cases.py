"""Every case that the engine has to get right has a test that bears its id: `test_e17_...`, `test_n3_s5_...`.

The ids are those of the notes on the reference that the project began with. E and N: edge cases of the engine. P, S, C
and D: weaknesses of the reference (performance, stuck workflows, concurrency, surprises), here those that concern the
flow of tasks, their types and their expressions. A new case gets the next number, here and in the name of its test.
"""

from __future__ import annotations

import re

import pytest

from tests.serving import PROJECT

EDGE_CASES = [f"e{number}" for number in range(1, 77)]
NEW_CASES = [f"n{number}" for number in range(1, 14)]
OF_THE_FLOW = {
    "p": [5, 6, 10, 12],
    "s": [*range(1, 16), *range(17, 23)],
    "c": [4, 5, 6, 11, 13, 14, 15],
    "d": [*range(2, 10), *range(11, 15), 16, 17, 18, *range(21, 27)],
}
WEAKNESSES = [f"{kind}{number}" for kind, numbers in OF_THE_FLOW.items() for number in numbers]
DEFECTS = sorted(path.stem for path in (PROJECT / "tests" / "conformance" / "defects").rglob("*.json"))
TESTS = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)
ID = re.compile(r"(?<=_)[encdps]\d+(?=_|$)")


@pytest.fixture(scope="module")
def names() -> list[str]:
    """The names of all tests."""
    files = (PROJECT / "tests").rglob("test_*.py")
    return [name for file in files for name in TESTS.findall(file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("ids", [EDGE_CASES, NEW_CASES, WEAKNESSES], ids=["edge cases", "new cases", "weaknesses"])
def test_every_case_has_a_test_with_its_id(names: list[str], ids: list[str]) -> None:
    found = {name for each in names for name in ID.findall(each)}
    assert [each for each in ids if each not in found] == []


def test_every_recorded_defect_has_a_test_of_what_is_right(names: list[str]) -> None:
    """A story below tests/conformance/defects shows the reference where it is wrong."""
    assert DEFECTS
    wanted = [f"_defect_{name.replace('-', '_')}_" for name in DEFECTS]
    assert [each for each in wanted if not any(each in name for name in names)] == []
