"""A payload with the JSON inside its texts opened."""

from __future__ import annotations

from typing import Any

import pytest

from engine.events.payload import expanded, substituted


@pytest.mark.parametrize(
    ("value", "opened"),
    [
        ({"a": '{"b": 1}'}, {"a": {"b": 1}}),
        ({"a": "[1, 2]"}, {"a": [1, 2]}),
        ({"a": ' {"b": "{\\"c\\": 1}"} '}, {"a": {"b": {"c": 1}}}),
        ({"a": {"b": "[1]"}}, {"a": {"b": [1]}}),
        (['{"a": 1}'], [{"a": 1}]),
        ({"a": "{oops"}, {"a": "{oops"}),
        ({"a": "12", "b": "true", "c": '"x"', "d": ""}, {"a": "12", "b": "true", "c": '"x"', "d": ""}),
        (None, None),
        (5, 5),
    ],
)
def test_json_inside_texts(value: Any, opened: Any) -> None:
    assert expanded(value) == opened


def test_the_payload_is_the_root_of_references() -> None:
    payload = {"a": {"b": [1, {"c": 2}]}, "n": None}
    assert substituted({"x": "${a.b[1].c}", "y": "<${a}>", "z": "${none}", "w": "${n}"}, payload) == {
        "x": 2, "y": "<{b=[1, {c=2}]}>", "z": None, "w": None,
    }  # fmt: skip


@pytest.mark.parametrize("payload", [{"a": 1, "b": [2]}, [1, 2], "text", None])
def test_a_dollar_alone_is_the_whole_payload(payload: Any) -> None:
    assert substituted({"all": "${$}"}, payload) == {"all": payload}
