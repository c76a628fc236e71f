"""How messages come to handlers: at least once, nothing twice, in order, and whenever a handler is there."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from engine.catalog import EVENT_HANDLER
from engine.definitions import JsonObject
from engine.errors import Unavailable
from engine.evaluators.evaluator import Evaluators
from engine.events import listener
from engine.events.actions import Actions
from engine.events.message import Message
from engine.ports import Document
from engine.questions import Evaluate, Evaluated
from tests.unit.engine.events.harness import EVENT, Events, handler, start, waits
from tests.unit.engine.shell import Shell, Unreliable, on_a_loop, until


@on_a_loop
async def test_a_handler_that_is_not_active_or_of_another_event_does_nothing() -> None:
    async with Shell() as shell:
        others = handler(start(), name="i", active=False), handler(start(), name="o", event="conductor:w:other")
        events = await Events(shell).prepared(handler(start()), *others)
        await events.publish({})
        assert len(await events.started()) == 1


@pytest.mark.parametrize("later", ["new", "activated"])
def test_a_message_waits_for_a_handler(later: str) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(start(), active=False, name="h"))
            for number in range(3):
                await events.publish({"n": number}, f"m{number}")
            assert [message.payload["n"] for message in await events.waiting.of(EVENT)] == [0, 1, 2]
            if later == "new":
                await shell.engine.metadata.add_event_handlers([handler(start(input={"n": "${n}"}), name="late")])
            else:
                await shell.engine.metadata.update_event_handler(handler(start(input={"n": "${n}"})))
            await events.idle()
            kids = [
                (await shell.engine.workflow(workflow_id)).header.input["n"] for workflow_id in await events.started()
            ]
            assert sorted(kids) == [0, 1, 2]
            assert await events.waiting.of(EVENT) == []

    scenario()


@on_a_loop
async def test_a_message_waits_through_a_restart() -> None:
    store = Unreliable()
    async with Shell(store) as shell:
        events = await Events(shell).prepared(handler(start(), active=False))
        await events.publish({}, "m1")
        active = msgspec.json.encode(handler(start()))
        await store.put_document(Document(EVENT_HANDLER, "h", active))
    async with Shell(store, first_id=1000) as again:
        events = Events(again)
        await events.idle()
        assert len(await events.started()) == 1


@on_a_loop
async def test_a_message_that_comes_twice_does_nothing_twice() -> None:
    async with Shell() as shell:
        fields = {"workflowId": "${target}", "variables": {"l": [1]}, "appendArray": True}
        append = {"action": "update_workflow_variables", "update_workflow_variables": fields}
        events = await Events(shell).prepared(handler(start(), append))
        await shell.register("target", waits(), variables={"l": []})
        target = await shell.begin("target")
        for _ in range(3):
            await events.publish({"target": target})
        assert len(await events.started()) == 1
        assert (await shell.engine.workflow(target)).header.variables == {"l": [1]}
        assert len(await events.records()) == 2


def test_an_action_whose_record_was_lost_is_done_again_and_starts_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener, "PAUSE_S", 0.001)

    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(start()))
            refusals = [1, 1]
            put = shell.store.put_document

            async def unreliable(document: Any, *, create: bool = False) -> None:
                if document.kind.startswith("eventExecution") and refusals:
                    refusals.pop()
                    raise Unavailable("the disk is full")
                await put(document, create=create)

            monkeypatch.setattr(shell.store, "put_document", unreliable)
            await events.publish({})
            assert refusals == []
            assert len(await events.started()) == 1
            assert (await events.record()).status == "COMPLETED"

    scenario()


def test_e69_an_error_nobody_foresaw_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> JsonObject:
        raise ZeroDivisionError("nobody saw this coming")

    monkeypatch.setattr(Actions, "do", broken)

    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(start()))
            await events.publish({})
            assert (await events.record()).output == {"exception": "nobody saw this coming"}
            assert await events.waiting.of(EVENT) == []

    scenario()


class Slow:
    """Conditions that are true: at once, but for the expression `slow`, which waits for the gate."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate, self.asked = asyncio.Event(), 0

        async def evaluate(_: Evaluators, question: Evaluate) -> Evaluated:
            self.asked += 1
            if question.expression == "slow":
                await self.gate.wait()
            return Evaluated(True)

        monkeypatch.setattr(Evaluators, "evaluate", evaluate)


def test_s19_every_active_event_is_served_and_one_does_not_hold_up_another(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)

    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            handlers = [handler(start(), name=f"h{n}", event=f"conductor:w:e{n}", condition="fast") for n in range(40)]
            held = handler(start(), name="held", event="conductor:w:held", condition="slow")
            events = await Events(shell).prepared(held, *handlers)
            await events.post({}, "mh", "conductor:w:held")
            for n in range(40):
                await events.post({}, f"m{n}", f"conductor:w:e{n}")

            async def served() -> bool:
                return len(await events.started()) == 40

            await until(served)
            slow.gate.set()
            await events.idle()
            assert len(await events.started()) == 41

    scenario()


@on_a_loop
async def test_messages_of_one_event_are_handled_in_their_order() -> None:
    async with Shell() as shell:
        fields = {"workflowId": "${target}", "variables": {"l": ["${n}"]}, "appendArray": True}
        events = await Events(shell).prepared(
            handler({"action": "update_workflow_variables", "update_workflow_variables": fields})
        )
        await shell.register("target", waits(), variables={"l": []})
        target = await shell.begin("target")
        for n in range(20):
            await events.post({"target": target, "n": n}, f"m{n:02}")
        await events.idle()
        assert (await shell.engine.workflow(target)).header.variables == {"l": list(range(20))}


@on_a_loop
async def test_what_another_process_left_behind_is_taken_up_after_a_while() -> None:
    async with Shell() as shell:
        events = await Events(shell).prepared(handler(start()))
        await events.waiting.put(Message("m1", EVENT, {}, shell.clock.now()))
        await shell.engine.events.sweep()
        assert await events.started() == []
        shell.clock.forward(30)
        await shell.engine.events.sweep()
        await events.idle()
        assert len(await events.started()) == 1


def test_a_stopping_server_finishes_the_message_it_has_begun_and_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = Slow(monkeypatch)

    @on_a_loop
    async def scenario() -> None:
        shell = Shell()
        await shell.engine.start()
        events = await Events(shell).prepared(handler(start(), condition="slow"))
        for n in range(2):
            await events.post({}, f"m{n}")

        async def asked() -> bool:
            return slow.asked == 1

        await until(asked)
        stopping = asyncio.ensure_future(shell.engine.events.stop())
        await asyncio.sleep(0)
        slow.gate.set()
        await stopping
        await shell.engine.stop()
        assert len(await events.started()) == 1
        assert [message.message_id for message in await events.waiting.of(EVENT)] == ["m1"]

    scenario()
