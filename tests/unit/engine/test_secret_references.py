"""E61: stored inputs keep the reference to a secret; only what a worker gets holds the value (§3.7)."""

from __future__ import annotations

import pytest

from engine.definitions import Json
from engine.model import Task
from engine.secret_references import resolve_secrets, with_secrets
from engine.template import MISSING, compile_template

SECRETS = {"KEY": "s3cret", "DB": '{"user": "u", "ports": [1, 2], "none": null}', "TEXT": "not json"}


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("${workflow.secrets.KEY}", "s3cret"),
        ("Bearer ${workflow.secrets.KEY}!", "Bearer s3cret!"),
        ("${workflow.secrets.KEY}${workflow.secrets.KEY}", "s3crets3cret"),
        ("${workflow.secrets.DB}", SECRETS["DB"]),
        ("${workflow.secrets.DB.user}", "u"),
        ("${workflow.secrets.DB.ports[1]}", 2),
        ("${workflow.secrets.DB.ports}", [1, 2]),
        ("p ${workflow.secrets.DB.ports}", "p [1, 2]"),
        ("${workflow.secrets.DB.nobody}", None),
        ("${workflow.secrets.TEXT.user}", None),
        ("${workflow.secrets.NOBODY}", None),
        ("a ${workflow.secrets.NOBODY} b", "a  b"),
        ("a ${workflow.secrets.DB.none} b", "a  b"),
        ("${workflow.secrets.}", None),
        ("${workflow.secrets.KEY", "${workflow.secrets.KEY"),
        ("$${workflow.secrets.KEY}", "$${workflow.secrets.KEY}"),
        ("${other.secrets.KEY} ${x} $${y} ${workflow.secrets.KEY}", "${other.secrets.KEY} ${x} $${y} s3cret"),
        (["${workflow.secrets.KEY}", {"${workflow.secrets.KEY}": "${workflow.secrets.KEY}"}, 1, None],
         ["s3cret", {"${workflow.secrets.KEY}": "s3cret"}, 1, None]),
    ],
)  # fmt: skip
def test_e61_secrets_are_put_in_and_nothing_else_changes(value: Json, resolved: Json) -> None:
    assert resolve_secrets(value, SECRETS) == resolved


def test_e61_the_stored_input_keeps_the_reference() -> None:
    stored = compile_template({"auth": "Bearer ${workflow.secrets.KEY}"}).resolve(lambda _: MISSING)
    polled = resolve_secrets(stored, SECRETS)
    assert stored == {"auth": "Bearer ${workflow.secrets.KEY}"}
    assert polled == {"auth": "Bearer s3cret"}


def test_a_value_that_looks_like_a_reference_is_not_expanded() -> None:
    assert resolve_secrets("${workflow.secrets.A}", {"A": "${workflow.secrets.B}", "B": "x"}) == "${workflow.secrets.B}"


def test_a_worker_gets_a_copy_with_the_secrets_and_the_row_keeps_the_reference() -> None:
    given: dict[str, Json] = {"deep": [{"key": "Bearer ${workflow.secrets.KEY}"}], "plain": 1}
    task = Task("t", "w", "ref", "SIMPLE", "work", 1, input_data=given)
    assert with_secrets(task, SECRETS).input_data == {"deep": [{"key": "Bearer s3cret"}], "plain": 1}
    assert task.input_data == given
    plain = Task("t", "w", "ref", "SIMPLE", "work", 1, input_data={"a": ["workflow", {"b": None}]})
    assert with_secrets(plain, SECRETS) is plain
