"""Every quirk of the official clients (Q1 to Q31 of the reference notes) has a test that names it."""

from __future__ import annotations

import re

import pytest

from tests.serving import PROJECT

QUIRKS = range(1, 32)
TESTS = [path.read_text(encoding="utf-8") for path in (PROJECT / "tests").rglob("test_*.py")]
NAMED = {
    int(number)
    for text in TESTS
    for name in re.findall(r"def test_(\w+)", text)
    for number in re.findall(r"(?:^|_)q(\d+)(?=_)", name)
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_test_names_the_quirk(quirk: int) -> None:
    assert quirk in NAMED, f"no test is called test_q{quirk}_..."
