"""The timer: what is due happens, what fails is tried again, and it stops when it is told to."""

from __future__ import annotations

import asyncio

import pytest

from engine import timer
from engine.definitions import WorkflowTask
from engine.evaluators.evaluator import Evaluators
from engine.questions import Evaluate, Evaluated
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.shell import Shell, on_a_loop
from tests.world import BEGINNING


def waiting(duration: str) -> WorkflowTask:
    return WorkflowTask("wait", "wait", type="WAIT", input_parameters={"duration": duration})


@on_a_loop
async def test_a_deadline_is_done_at_the_next_look() -> None:
    async with Shell() as shell:
        await shell.register("w", waiting("5s"))
        workflow_id = await shell.begin("w")
        assert await shell.engine.timer.run_due() == 0
        shell.clock.forward(5)
        assert await shell.engine.timer.run_due() == 1
        assert (await shell.engine.workflow(workflow_id)).header.status is WorkflowStatus.COMPLETED


@on_a_loop
async def test_a_deadline_that_could_not_be_done_is_tried_again() -> None:
    async with Shell() as shell:
        await shell.register("w", waiting("5s"))
        workflow_id = await shell.begin("w")
        shell.clock.forward(5)
        shell.store.fails = lambda _: True
        assert await shell.engine.timer.run_due() == 0  # or whoever goes on while something is done never ends
        assert (await shell.tasks(workflow_id))[0].status is TaskStatus.IN_PROGRESS
        shell.store.fails = lambda _: False
        assert await shell.engine.timer.run_due() == 1
        assert (await shell.tasks(workflow_id))[0].status is TaskStatus.COMPLETED


def test_the_running_timer_tries_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timer, "RETRY_S", 0.01)

    async def scenario() -> None:
        async with Shell() as shell, asyncio.timeout(10):
            await shell.register("w", waiting("0 s"))
            failures = iter((False, True, True))
            shell.store.fails = lambda _: next(failures, False)
            workflow_id = await shell.begin("w")
            while not (await shell.engine.workflow(workflow_id)).header.status.terminal:
                await asyncio.sleep(0)

    asyncio.run(scenario())


def test_a_deadline_that_leads_to_a_slow_script_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def evaluate(_: Evaluators, question: Evaluate) -> Evaluated:
        asked.set()
        await gate.wait()
        return Evaluated(question.expression)

    async def scenario() -> None:
        async with Shell() as shell, asyncio.timeout(10):
            script = WorkflowTask("i", "i", type="INLINE", input_parameters={"expression": "1"})
            await shell.register("slow", waiting("0 s"), script)
            await shell.register("quick", waiting("0 s"))
            slow = await shell.begin("slow")
            await asked.wait()
            quick = await shell.begin("quick")
            while not (await shell.engine.workflow(quick)).header.status.terminal:
                await asyncio.sleep(0)
            gate.set()
            while not (await shell.engine.workflow(slow)).header.status.terminal:
                await asyncio.sleep(0)

    monkeypatch.setattr(Evaluators, "evaluate", evaluate)
    asyncio.run(scenario())


@on_a_loop
async def test_a_cancellation_that_comes_together_with_news_ends_it() -> None:
    async with Shell() as shell:
        running = asyncio.ensure_future(shell.engine.timer.run())
        for _ in range(5):
            await asyncio.sleep(0)
        shell.engine.timer.expect(BEGINNING + 1)
        await asyncio.sleep(0)
        running.cancel()
        done, _ = await asyncio.wait([running], timeout=5)
        assert done
        assert running.cancelled()
