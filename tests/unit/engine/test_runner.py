"""The runner: what it shows is durable, what is refused changes nothing, and conflicts are decided again."""

from __future__ import annotations

import asyncio

from engine.effects import StartWorkflow
from engine.errors import AlreadyExists, Conflict, IllegalTransition, NotFound, Unavailable
from engine.requests import TaskResult
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple


@on_a_loop
async def test_what_could_not_be_stored_is_never_shown() -> None:
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        workflow_id = await shell.begin("w")
        shell.store.fails, shell.store.gate = lambda _: True, asyncio.Event()
        report = asyncio.ensure_future(shell.report(workflow_id))
        for _ in range(5):
            await asyncio.sleep(0)
        reader = asyncio.ensure_future(shell.engine.workflow(workflow_id))
        for _ in range(5):
            await asyncio.sleep(0)
        shell.store.fails = lambda _: False
        shell.store.gate.set()
        assert isinstance(await refused(report), Unavailable)
        assert (await reader).header.status is WorkflowStatus.RUNNING
        assert (await reader).tasks[0].task.status is TaskStatus.SCHEDULED
        await shell.report(workflow_id)
        assert (await shell.engine.workflow(workflow_id)).header.status is WorkflowStatus.COMPLETED


@on_a_loop
async def test_c1_n11_reports_and_decisions_at_once_lose_nothing() -> None:
    async with Shell() as shell:
        await shell.register("w", *(simple(f"t{number}") for number in range(5)))
        workflow_id = await shell.begin("w")
        shell.store.gate = asyncio.Event()
        shell.store.gate.set()

        async def answer_all() -> None:
            while not (await shell.engine.workflow(workflow_id)).header.status.terminal:
                await shell.report(workflow_id)

        await asyncio.gather(answer_all(), *(shell.engine.decide(workflow_id) for _ in range(20)))
        tasks = await shell.tasks(workflow_id)
        assert [(task.reference_task_name, task.status) for task in tasks] == [
            (f"t{number}", TaskStatus.COMPLETED) for number in range(5)
        ]


@on_a_loop
async def test_a_refused_command_changes_nothing() -> None:
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        workflow_id = await shell.begin("w")
        before = await shell.engine.workflow(workflow_id)
        for order in (shell.engine.resume, shell.engine.restart, shell.engine.retry):
            error = await refused(order(workflow_id))
            assert isinstance(error, Conflict | NotFound)
            assert not isinstance(error, IllegalTransition), "say what is wrong, not that a table says no"
        assert await shell.engine.workflow(workflow_id) == before


@on_a_loop
async def test_an_unknown_workflow_is_not_found() -> None:
    async with Shell() as shell:
        error = await refused(shell.engine.pause("nobody"))
        assert isinstance(error, NotFound)
        assert str(error) == "No such workflow found by id: nobody"


@on_a_loop
async def test_a_refusal_never_stands_on_a_start_that_fails() -> None:
    """After a crash children are started again that exist; their workers' reports may come at that very moment."""
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        workflow_id = await shell.begin("w")
    async with Shell(shell.store, first_id=100) as again:
        again.store.gate = asyncio.Event()
        report = TaskResult(workflow_id, (await again.tasks(workflow_id))[0].task_id, TaskStatus.COMPLETED)
        effect = StartWorkflow("child", workflow_id, "w")
        again.engine._runner._cache.forget(workflow_id)
        start = asyncio.ensure_future(again.engine._starter.start_effect(effect, {}, None))
        for _ in range(5):
            await asyncio.sleep(0)
        update = asyncio.ensure_future(again.engine.update_task(report))
        for _ in range(5):
            await asyncio.sleep(0)
        again.store.gate.set()
        assert isinstance(await refused(start), AlreadyExists)
        await update
        assert (await again.engine.workflow(workflow_id)).header.status is WorkflowStatus.COMPLETED


@on_a_loop
async def test_a_workflow_that_was_removed_is_forgotten() -> None:
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        workflow_id = await shell.begin("w")
        await shell.engine.remove(workflow_id, archive=False)
        assert isinstance(await refused(shell.engine.workflow(workflow_id)), NotFound)
        assert await shell.engine.poll("work", None, None, 1, 0) == []
