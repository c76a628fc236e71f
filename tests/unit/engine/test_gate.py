"""`rateLimitConfig`: so many executions at once, the others in the order of their starts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.definitions import RateLimitConfig, SubWorkflowParams, WorkflowTask
from engine.errors import Conflict
from engine.gate import PATIENCE_MS
from engine.ports import Document
from engine.requests import RerunWorkflowRequest, StartWorkflowRequest
from engine.status import WorkflowStatus
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple

RUNNING = WorkflowStatus.RUNNING


async def limited(shell: Shell, limit: int = 2, key: str | None = None, **config: object) -> None:
    settings = RateLimitConfig(key, limit, **config)  # type: ignore[arg-type]
    await shell.register("flow", simple("a"), rate_limit_config=settings)


async def begin(shell: Shell, **given: object) -> str:
    return await shell.engine.start_workflow(StartWorkflowRequest("flow", input=given))


async def scheduled(shell: Shell, ids: list[str]) -> list[str]:
    """Those that have a task."""
    await shell.engine.outbox.idle()
    return [each for each in ids if await shell.tasks(each)]


@on_a_loop
async def test_waiting_executions_start_in_order_as_others_end() -> None:
    async with Shell() as shell:
        await limited(shell)
        ids = [await begin(shell) for _ in range(5)]
        assert await scheduled(shell, ids) == ids[:2]
        waiting = await shell.engine.workflow(ids[2])
        assert (waiting.header.status, waiting.header.rate_limited, waiting.header.rate_limit_key) == (
            RUNNING, True, "flow:",
        )  # fmt: skip
        await shell.report(ids[1])
        assert await scheduled(shell, ids) == ids[:3]
        await shell.engine.terminate(ids[3])
        await shell.report(ids[0])
        assert await scheduled(shell, ids) == [*ids[:3], ids[4]]
        assert not (await shell.engine.workflow(ids[4])).header.rate_limited


@on_a_loop
async def test_each_key_has_places_of_its_own() -> None:
    async with Shell() as shell:
        await limited(shell, 1, "${workflow.input.tenant}")
        ids = [await begin(shell, tenant=tenant) for tenant in ("a", "b", "a")]
        assert await scheduled(shell, ids) == ids[:2]


@on_a_loop
async def test_reject_refuses_the_start() -> None:
    async with Shell() as shell:
        await limited(shell, 1, policy="REJECT")
        first = await begin(shell)
        error = await refused(begin(shell))
        assert isinstance(error, Conflict)
        await shell.report(first)
        await shell.engine.outbox.idle()
        assert await scheduled(shell, [await begin(shell)])


@on_a_loop
async def test_starts_at_the_same_moment_do_not_exceed_the_limit() -> None:
    async with Shell() as shell:
        await limited(shell, 3)
        ids = list(await asyncio.gather(*(begin(shell) for _ in range(12))))
        for _ in range(12):
            running = [each for each in await scheduled(shell, ids) if await is_open(shell, each)]
            assert len(running) <= 3
            for each in running[:1]:
                await shell.report(each)
        await shell.engine.outbox.idle()
        assert not [each for each in ids if await is_open(shell, each)]


async def is_open(shell: Shell, workflow_id: str) -> bool:
    return not (await shell.engine.workflow(workflow_id)).header.status.terminal


LOOKS: list[Callable[[Shell, str], Awaitable[object]]] = [
    lambda shell, each: shell.engine.decide(each),
    lambda shell, each: shell.engine.resume(each),
]


@pytest.mark.parametrize("resumes", [False, True])
def test_nobody_lets_a_waiting_execution_pass(resumes: bool) -> None:
    @on_a_loop
    async def run() -> None:
        async with Shell() as shell:
            await limited(shell, 1)
            first, second = await begin(shell), await begin(shell)
            if resumes:
                await shell.engine.pause(second)
            await LOOKS[resumes](shell, second)
            assert await scheduled(shell, [first, second]) == [first]
            if resumes:
                await shell.engine.pause(second)
            await shell.report(first)
            assert await scheduled(shell, [first, second]) == ([first] if resumes else [first, second])
            if resumes:
                await shell.engine.resume(second)
                assert await scheduled(shell, [second]) == [second]

    run()


@on_a_loop
async def test_removed_executions_leave_their_place_and_their_turn() -> None:
    async with Shell() as shell:
        await limited(shell, 1)
        ids = [await begin(shell) for _ in range(3)]
        await shell.engine.remove(ids[1], archive=False)
        await shell.engine.remove(ids[0], archive=False)
        await shell.engine.outbox.idle()
        assert await shell.tasks(ids[2])


@on_a_loop
async def test_what_runs_again_runs_at_once() -> None:
    async with Shell() as shell:
        await limited(shell, 1)
        first = await begin(shell)
        await shell.report(first)
        await shell.engine.outbox.idle()
        second = await begin(shell)
        await shell.engine.rerun(first, RerunWorkflowRequest())
        assert len([each for each in await scheduled(shell, [first, second]) if await is_open(shell, each)]) == 2
        third = await begin(shell)
        await shell.report(first)
        assert await scheduled(shell, [third]) == []
        await shell.report(second)
        assert await scheduled(shell, [third]) == [third]


async def who_waits_for_a_deserted_place(shell: Shell) -> str:
    """The only place was taken for an execution that never came to be, and that was long enough ago."""
    await limited(shell, 1)
    body = b'{"workflowId":"never","limit":1,"since":%d}' % shell.clock.now()
    await shell.store.put_document(Document("rateLimitSlot:flow:", "0", body))
    waits = await begin(shell)
    assert await scheduled(shell, [waits]) == []
    shell.clock.forward(PATIENCE_MS / 1000)
    return waits


@on_a_loop
async def test_a_place_that_a_crash_has_left_taken_is_given_away_later() -> None:
    async with Shell() as shell:
        waits = await who_waits_for_a_deserted_place(shell)
        later = await begin(shell)
        assert await scheduled(shell, [waits, later]) == [waits]


@on_a_loop
async def test_who_waits_for_a_deserted_place_gets_it_though_nobody_else_comes() -> None:
    async with Shell() as shell:
        waits = await who_waits_for_a_deserted_place(shell)
        await shell.engine._gate.sweep()
        assert await scheduled(shell, [waits]) == [waits]


@on_a_loop
async def test_a_child_that_is_rejected_fails_its_task() -> None:
    async with Shell() as shell:
        await limited(shell, 1, policy="REJECT")
        params = SubWorkflowParams(name="flow", version=1)
        await shell.register("outer", WorkflowTask("s", "s", type="SUB_WORKFLOW", sub_workflow_param=params))
        await begin(shell)
        outer = await shell.begin("outer")
        await shell.engine.outbox.idle()
        assert (await shell.engine.workflow(outer)).header.status is WorkflowStatus.FAILED
