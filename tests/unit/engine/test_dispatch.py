"""Polls: who gets what, and what becomes of the rest when something fails on the way."""

from __future__ import annotations

import asyncio

from engine.definitions import WorkflowTask
from engine.errors import InvalidInput, Unavailable
from engine.ports import QueueEntry
from engine.status import TaskStatus
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple


@on_a_loop
async def test_a_poll_hands_out_each_task_once_and_counts_it() -> None:
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        await shell.begin("w")
        first = await shell.engine.poll("work", "me", None, 5, 0)
        assert [(view.task.status, view.task.worker_id, view.task.poll_count) for view in first] == [
            (TaskStatus.IN_PROGRESS, "me", 1)
        ]
        assert await shell.engine.poll("work", "you", None, 5, 0) == []


@on_a_loop
async def test_e61_a_polled_task_holds_the_secret_and_a_read_one_does_not() -> None:
    async with Shell(secrets={"KEY": "s3cret"}) as shell:
        node = WorkflowTask("work", "t", input_parameters={"key": "${workflow.secrets.KEY}"})
        await shell.register("w", node)
        workflow_id = await shell.begin("w")
        (polled,) = await shell.engine.poll("work", "me", None, 1, 0)
        assert polled.task.input_data == {"key": "s3cret"}
        assert (await shell.tasks(workflow_id))[0].input_data == {"key": "${workflow.secrets.KEY}"}


@on_a_loop
async def test_a_waiting_poll_is_woken_by_the_commit_that_enqueues() -> None:
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        poll = asyncio.ensure_future(shell.engine.poll("work", "me", None, 1, 5000))
        await asyncio.sleep(0)
        await shell.begin("w")
        async with asyncio.timeout(1):
            assert len(await poll) == 1


@on_a_loop
async def test_the_tasks_handed_out_before_a_failure_reach_their_worker() -> None:
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        first, second = await shell.begin("w"), await shell.begin("w")
    async with Shell(shell.store) as again:
        again.store.unreadable = second
        polled = await again.engine.poll("work", "me", None, 2, 0)
        assert [view.task.workflow_instance_id for view in polled] == [first]
        assert isinstance(await refused(again.engine.poll("work", "me", None, 2, 0)), Unavailable)
        again.store.unreadable = ""
        polled = await again.engine.poll("work", "me", None, 2, 0)
        assert [view.task.workflow_instance_id for view in polled] == [second]


@on_a_loop
async def test_a_batch_passes_over_what_was_removed_while_it_was_handed_out() -> None:
    async with Shell() as shell:
        await shell.register("w", simple("t"))
        first, second = await shell.begin("w"), await shell.begin("w")
    async with Shell(shell.store) as again:
        claim = again.store.claim

        async def claim_then_remove(queue: str, count: int, now: int) -> list[QueueEntry]:
            entries = await claim(queue, count, now)
            await again.engine.remove(first, archive=False)
            return entries

        again.store.claim = claim_then_remove  # type: ignore[method-assign]
        polled = await again.engine.poll("work", "me", None, 2, 0)
        assert [view.task.workflow_instance_id for view in polled] == [second]


@on_a_loop
async def test_a_poll_waits_at_most_five_seconds() -> None:
    async with Shell() as shell:
        error = await refused(shell.engine.poll("work", "me", None, 1, 5001))
        assert isinstance(error, InvalidInput)
        assert str(error) == "Long Poll Timeout value cannot be more than 5 seconds"
