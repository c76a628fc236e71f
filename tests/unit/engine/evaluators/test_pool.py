"""Whose turn it is, and what happens to a child that hangs or dies: nobody else waits for it."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from engine.errors import Unavailable
from engine.evaluators import process
from engine.evaluators.evaluator import Evaluators, Limits
from engine.questions import Evaluate
from tests.unit.engine.evaluators.running import running, until

FOR_EVER = Evaluate("javascript", "while (true) {}", None)
ONE = Evaluate("javascript", "1", None)
PATIENT = Limits(seconds=20)


def ready(evaluators: Evaluators, number: int = 2) -> Any:
    return until(lambda: len(evaluators.process_ids()) >= number)


def test_children_become_ready_without_being_asked() -> None:
    with running(Limits()) as made:
        made.run(ready)


def test_one_that_hangs_holds_nobody_up() -> None:
    async def story(evaluators: Evaluators) -> None:
        await ready(evaluators)
        hangs = asyncio.ensure_future(evaluators.evaluate(FOR_EVER))
        for _ in range(20):
            assert (await asyncio.wait_for(evaluators.evaluate(ONE), 5)).value == 1
        assert not hangs.done()
        hangs.cancel()

    with running(PATIENT) as made:
        made.run(story)


def test_when_all_hang_more_children_are_started() -> None:
    async def story(evaluators: Evaluators) -> None:
        scripts = [Evaluate("javascript", f"while (true) {{}} // {number}", None) for number in range(3)]
        hanging = [asyncio.ensure_future(evaluators.evaluate(script)) for script in scripts]
        await until(lambda: len(evaluators.process_ids()) == 3)
        assert (await asyncio.wait_for(evaluators.evaluate(ONE), 5)).value == 1
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()

    with running(PATIENT) as made:
        made.run(story)


def test_an_expression_known_to_be_slow_gets_one_child_at_a_time() -> None:
    async def story(evaluators: Evaluators) -> None:
        await evaluators.evaluate(FOR_EVER)
        await ready(evaluators)
        many = [asyncio.ensure_future(evaluators.evaluate(FOR_EVER)) for _ in range(4)]
        for _ in range(10):
            assert (await asyncio.wait_for(evaluators.evaluate(ONE), 0.4)).value == 1
        answers = await asyncio.gather(*many)
        assert all(answer.interrupted for answer in answers)
        assert len(evaluators.process_ids()) <= 2

    with running(Limits(seconds=0.5)) as made:
        made.run(story)


def test_one_that_was_slow_once_is_not_held_back_for_ever() -> None:
    slow = "for (var end = Date.now() + 300 * $.slow; Date.now() < end;) {} 'done'"

    async def story(evaluators: Evaluators) -> None:
        assert (await evaluators.evaluate(Evaluate("javascript", slow, {"slow": 1}))).value == "done"
        for _ in range(3):
            both = [evaluators.evaluate(Evaluate("javascript", slow, {"slow": 0})) for _ in range(6)]
            assert [answer.value for answer in await asyncio.gather(*both)] == ["done"] * 6

    with running(PATIENT) as made:
        made.run(story)


def test_more_questions_than_children_are_all_answered() -> None:
    async def story(evaluators: Evaluators) -> None:
        questions = [Evaluate("javascript", f"{number} + $.x", {"x": 1}) for number in range(200)]
        answers = await asyncio.gather(*(evaluators.evaluate(question) for question in questions))
        assert [answer.value for answer in answers] == list(range(1, 201))

    with running(PATIENT) as made:
        made.run(story)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_child_killed_at_work_is_replaced_and_its_question_put_to_another(how: signal.Signals) -> None:
    slow = Evaluate("javascript", "for (var end = Date.now() + 500; Date.now() < end;) {} 'done'", None)

    async def story(evaluators: Evaluators) -> None:
        await ready(evaluators)
        before = set(evaluators.process_ids())
        asked = asyncio.ensure_future(evaluators.evaluate(slow))
        await asyncio.sleep(0)
        for child in before:
            os.kill(child, how)
        assert (await asyncio.wait_for(asked, 10)).value == "done"
        await ready(evaluators)
        assert not before & set(evaluators.process_ids())
        assert (await evaluators.evaluate(ONE)).value == 1

    with running(PATIENT) as made:
        made.run(story)


def test_an_expression_that_ends_its_child_again_is_answered_with_an_error() -> None:
    async def story(evaluators: Evaluators) -> None:
        answer = await evaluators.evaluate(Evaluate("jq", '"x" * 1e9 | length', None))
        assert (answer.error, answer.interrupted) == (process.DIED, True)
        assert (await evaluators.evaluate(ONE)).value == 1

    with running(PATIENT) as made:
        made.run(story)


def test_questions_to_children_that_have_just_been_killed_are_answered() -> None:
    async def story(evaluators: Evaluators) -> None:
        for _ in range(5):
            await ready(evaluators)
            for child in evaluators.process_ids():
                os.kill(child, signal.SIGKILL)
            answers = await asyncio.gather(*(evaluators.evaluate(ONE) for _ in range(4)))
            assert [answer.value for answer in answers] == [1] * 4

    with running(PATIENT) as made:
        made.run(story)


def test_a_child_killed_at_rest_is_replaced_before_anybody_asks() -> None:
    async def story(evaluators: Evaluators) -> None:
        await ready(evaluators)
        before = set(evaluators.process_ids())
        for child in before:
            os.kill(child, signal.SIGKILL)
        await until(lambda: len(set(evaluators.process_ids()) - before) == 2)
        assert (await evaluators.evaluate(ONE)).value == 1

    with running(PATIENT) as made:
        made.run(story)


def test_whoever_stops_waiting_costs_the_others_nothing() -> None:
    async def story(evaluators: Evaluators) -> None:
        for _ in range(3):
            asked = [asyncio.ensure_future(evaluators.evaluate(FOR_EVER)) for _ in range(6)]
            await asyncio.sleep(0)
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        assert (await asyncio.wait_for(evaluators.evaluate(ONE), 10)).value == 1

    with running(PATIENT) as made:
        made.run(story)


def test_stopping_ends_the_children_and_whoever_asks_is_told_to_try_again() -> None:
    async def story(evaluators: Evaluators) -> None:
        asked = [asyncio.ensure_future(evaluators.evaluate(FOR_EVER)) for _ in range(6)]
        await ready(evaluators)
        children = evaluators.process_ids()
        await evaluators.stop()
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(outcome, Unavailable), outcome
        for child in children:
            with pytest.raises(ProcessLookupError):
                os.kill(child, 0)
        with pytest.raises(Unavailable):
            await evaluators.evaluate(ONE)

    with running(PATIENT) as made:
        made.run(story)


def test_a_child_that_cannot_be_started_is_no_fault_of_the_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MODULES", ("no_such_module",))
    with running(PATIENT) as made, pytest.raises(Unavailable, match="no_such_module"):
        made.ask("javascript", "1")


def test_a_child_that_ends_while_it_starts_is_no_fault_of_the_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PROGRAM", "raise SystemExit")
    with running(PATIENT) as made, pytest.raises(Unavailable, match="ended while it started"):
        made.ask("javascript", "1")
