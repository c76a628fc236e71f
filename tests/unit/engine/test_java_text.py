"""Java's text forms (D7): the tables hold what the reference put into text for these values."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import Json
from engine.java_text import compact_json, java_double, java_text

VALUES: list[tuple[Json, str]] = [
    ("as it is \"'{}\n", "as it is \"'{}\n"),
    ("", ""),
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-1, "-1"),
    (9007199254740993, "9007199254740993"),
    (-9223372036854775809, "-9223372036854775809"),
    (123456789012345678901234567890, "123456789012345678901234567890"),
    ({}, "{}"),
    ([], "[]"),
    ([1, "two", 3.5, True], "[1, two, 3.5, true]"),
    ({"x": 1, "y": ["p", None, {"q": "r"}]}, "{x=1, y=[p, null, {q=r}]}"),
    ({"x": 1, "é": "ü", "l": []}, "{x=1, é=ü, l=[]}"),
    ([[], {}, [[]]], "[[], {}, [[]]]"),
    ({"": ""}, "{=}"),
]
DOUBLES: list[tuple[float, str]] = [
    (1.0, "1.0"),
    (0.0, "0.0"),
    (-0.0, "-0.0"),
    (100.0, "100.0"),
    (0.1, "0.1"),
    (4.35, "4.35"),
    (9999999.0, "9999999.0"),
    (1e7, "1.0E7"),
    (12345678.9, "1.23456789E7"),
    (123456789.125, "1.23456789125E8"),
    (1e10, "1.0E10"),
    (-1e10, "-1.0E10"),
    (1e21, "1.0E21"),
    (1e22, "1.0E22"),
    (1e23, "1.0E23"),
    (2e23, "2.0E23"),
    (3.4e38, "3.4E38"),
    (9007199254740993.0, "9.007199254740992E15"),
    (1.7976931348623157e308, "1.7976931348623157E308"),
    (0.001, "0.001"),
    (0.002, "0.002"),
    (9.999e-4, "9.999E-4"),
    (0.0001, "1.0E-4"),
    (1.5e-7, "1.5E-7"),
    (9.5367431640625e-07, "9.5367431640625E-7"),
    (2.2250738585072014e-308, "2.2250738585072014E-308"),
    (2e-323, "2.0E-323"),
    (5e-324, "4.9E-324"),
    (float("nan"), "NaN"),
    (float("inf"), "Infinity"),
    (float("-inf"), "-Infinity"),
]
COMPACT: list[tuple[Json, str]] = [
    ([1, 2, 3, "x"], '[1,2,3,"x"]'),
    (["x", None], '["x",null]'),
    ([{"p": 2}, {"p": 3, "q": None}], '[{"p":2},{"p":3,"q":null}]'),
    ([], "[]"),
    ([{}], "[{}]"),
    ([10000000.0, True], "[1.0E7,true]"),
    (["<a>&'=\"é\u2028/"], '["<a>&\'=\\"é\\u2028\\/"]'),
    (["\u007f\u2000\u20ff😀/\b\f"], '["\\u007F\\u2000\\u20FF😀\\/\\b\\f"]'),
    (["a\tb\n\u0001\\"], '["a\\tb\\n\\u0001\\\\"]'),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_d7_values_look_as_java_prints_them(value: Json, text: str) -> None:
    assert java_text(value) == text


@pytest.mark.parametrize(("number", "text"), DOUBLES)
def test_doubles_have_the_digits_of_java(number: float, text: str) -> None:
    assert java_double(number) == text


@pytest.mark.parametrize(("value", "text"), COMPACT)
def test_compact_json_is_escaped_like_the_reference(value: Json, text: str) -> None:
    assert compact_json(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_digits_of_a_double_say_which_double_it_is(number: float) -> None:
    text = java_double(number)
    assert float(text) == number
    assert re.fullmatch(r"-?\d+\.\d+(E-?\d+)?", text)


@given(JSON)
def test_compact_json_is_json(value: Json) -> None:
    assert json.loads(compact_json(value)) == value


@pytest.mark.parametrize("digits", [4_000, 5_000, 20_000])
def test_a_huge_number_keeps_all_its_digits(digits: int) -> None:
    assert java_text(10**digits) == "1" + "0" * digits


def test_deep_values_do_not_exhaust_the_stack() -> None:
    value: Json = 1
    for _ in range(20_000):
        value = [{"k": value}]
    assert java_text(value) == "[{k=" * 20_000 + "1" + "}]" * 20_000
