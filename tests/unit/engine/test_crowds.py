"""What crowds and faults do to progress: E5, E59, E60; nothing waits, nothing is lost, nothing is queued twice."""

from __future__ import annotations

import asyncio

import pytest

from engine.definitions import WorkflowTask
from engine.errors import NotFound, Unavailable
from engine.evaluators.evaluator import Evaluators
from engine.model import Task
from engine.questions import Evaluate, Evaluated
from engine.requests import TaskResult
from engine.status import TaskStatus
from tests.unit.engine.flows import fork, join, started
from tests.unit.engine.flows import simple as node
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple, until

DONE = TaskStatus.COMPLETED


def test_e5_a_completion_that_finds_its_workflow_busy_is_decided_as_soon_as_it_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def evaluate(_: Evaluators, question: Evaluate) -> Evaluated:
        asked.set()
        await gate.wait()
        return Evaluated(question.expression)

    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            script = WorkflowTask("i", "i", type="INLINE", input_parameters={"expression": "1"})
            branches = fork("f", [simple("a"), script], [simple("b")])
            await shell.register("flow", branches, join("j", "i", "b"), simple("u"))
            workflow_id = await shell.begin("flow")
            rows = {task.node: task for task in await shell.tasks(workflow_id)}

            async def report(task: Task) -> None:
                await shell.engine.update_task(TaskResult(workflow_id, task.task_id, DONE))

            busy = asyncio.ensure_future(report(rows["a"]))
            await asked.wait()
            waiting = asyncio.ensure_future(report(rows["b"]))
            for _ in range(10):
                await asyncio.sleep(0)
            assert not waiting.done(), "the decision on a script is still under way"
            gate.set()
            await asyncio.gather(busy, waiting)
            ended = {task.node: task.status for task in await shell.tasks(workflow_id)}
            assert (ended["j"], ended["u"]) == (DONE, TaskStatus.SCHEDULED)
            assert shell.clock.now() == rows["a"].scheduled_time, "no time has passed"

    monkeypatch.setattr(Evaluators, "evaluate", evaluate)
    scenario()


def test_e59_a_task_and_its_queue_entry_are_one_commit() -> None:
    world = started(fork("f", [node("a")], [node("b", retry_count=1)]), join("j", "a", "b"), node("u"))
    for reference, status in (("a", "COMPLETED"), ("b", "FAILED"), ("b", "IN_PROGRESS"), ("b", "COMPLETED")):
        world.answer(reference, status)
    for commit in world.commits:
        queued = [task.task_id for task in commit.tasks if task.status is TaskStatus.SCHEDULED]
        assert [entry.task_id for entry in commit.enqueue] == queued


@on_a_loop
async def test_e59_a_start_that_cannot_be_stored_fails_and_leaves_nothing() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        shell.store.fails = lambda _: True
        assert isinstance(await refused(shell.begin("flow")), Unavailable)
        shell.store.fails = lambda _: False
        assert await shell.engine.lookups.running("flow") == []
        assert await shell.engine.poll("work", "me", None, 1, 0) == []
        assert isinstance(await refused(shell.engine.workflow("id-000001")), NotFound)


@on_a_loop
async def test_e59_what_a_failed_commit_would_have_queued_is_queued_once_by_the_next() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"), simple("b"))
        workflow_id = await shell.begin("flow")
        shell.store.fails = lambda _: True
        assert isinstance(await refused(shell.report(workflow_id)), Unavailable)
        shell.store.fails = lambda _: False
        await shell.report(workflow_id)
        polled = await shell.engine.poll("work", "me", None, 5, 0)
        assert [view.task.node for view in polled] == ["b"]


@on_a_loop
async def test_e60_a_slot_that_gets_free_is_taken_at_once() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a", concurrent_exec_limit=1))
        first, second = await shell.begin("flow"), await shell.begin("flow")
        (polled,) = await shell.engine.poll("work", "me", None, 5, 0)
        assert polled.task.workflow_instance_id == first
        waiting = asyncio.ensure_future(shell.engine.poll("work", "me", None, 5, 5000))
        await asyncio.sleep(0)
        assert not waiting.done()
        await shell.report(first)

        async def answered() -> bool:
            return waiting.done()

        await until(answered, 2)
        assert [view.task.workflow_instance_id for view in waiting.result()] == [second]
