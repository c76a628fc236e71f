"""Whether an event handler acts (events.md §6.3, §7.5)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.evaluators.evaluator import Evaluators
from engine.questions import Evaluate, Evaluated
from tests.unit.engine.events.harness import EVENT, Events, handler, start
from tests.unit.engine.shell import Shell, on_a_loop


@pytest.mark.parametrize(
    ("value", "acts"),
    [
        (True, True),
        (1, True),
        (0.5, True),
        (False, False),
        (0, False),
        (-1, False),
        (None, False),
        ("yes", False),
        ([1], False),
    ],
)
def test_a_condition_decides(value: Any, acts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Evaluate] = []

    async def evaluate(_: Evaluators, question: Evaluate) -> Evaluated:
        asked.append(question)
        return Evaluated(value)

    monkeypatch.setattr(Evaluators, "evaluate", evaluate)

    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(start(), condition="$.val > 5"))
            await events.publish({"val": '{"a": 1}'})
            record = await events.record()
            if acts:
                assert (record.status, record.action) == ("COMPLETED", "start_workflow")
            else:
                assert (record.id, record.status, record.action) == ("m1_0", "SKIPPED", None)
                assert record.output == {"msg": {"val": '{"a": 1}'}, "condition": "$.val > 5"}
            # conditions see the payload with the JSON inside its texts
            assert asked == [Evaluate("javascript", "$.val > 5", {"val": {"a": 1}})]

    scenario()


@pytest.mark.parametrize(
    ("evaluator", "language"),
    [
        ("graaljs", "graaljs"),
        ("javascript", "javascript"),
        ("python", "python"),
        ("nonsense", "javascript"),
        (None, "javascript"),
    ],
)
def test_the_language_of_a_condition(evaluator: str | None, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def evaluate(_: Evaluators, question: Evaluate) -> Evaluated:
        asked.append(question.language)
        return Evaluated(True)

    monkeypatch.setattr(Evaluators, "evaluate", evaluate)

    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(start(), condition="x", evaluator_type=evaluator))
            await events.publish({})
            assert asked == [language]

    scenario()


@pytest.mark.parametrize(
    ("payload", "status"), [({"on": True}, "COMPLETED"), ({"on": "x"}, "SKIPPED"), ("text", "SKIPPED")]
)
def test_a_condition_that_names_a_value(payload: Any, status: str) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(start(), condition="on", evaluator_type="value-param"))
            await events.publish(payload)
            assert (await events.record()).status == status

    scenario()


def test_s9_a_failing_condition_is_recorded_and_the_other_handlers_act(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Evaluators, question: Evaluate) -> Evaluated:
        if question.expression == "worse":
            raise ZeroDivisionError("nobody saw this coming")
        return Evaluated(error="Error evaluating the script `x is not defined`")

    monkeypatch.setattr(Evaluators, "evaluate", broken)

    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            handlers = [handler(start(), name="a", condition="x"), handler(start(), name="b", condition="worse")]
            events = await Events(shell).prepared(*handlers, handler(start(), name="c"))
            await events.publish({})
            record = await events.record("a")
            assert (record.id, record.status, record.action) == ("m1_0", "FAILED", None)
            assert record.output == {"exception": "Error evaluating the script `x is not defined`"}
            assert (await events.record("b")).output == {"exception": "nobody saw this coming"}
            assert (await events.record("c")).status == "COMPLETED"
            assert await events.waiting.of(EVENT) == []

    scenario()
