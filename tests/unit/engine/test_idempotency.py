"""Starts with an idempotency key: one execution for a name and a key, by strategy (§5.1.4)."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from engine.definitions import WorkflowDef
from engine.errors import Conflict
from engine.requests import StartWorkflowRequest
from engine.status import WorkflowStatus
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple


def keyed(strategy: str | None, key: str = "k") -> StartWorkflowRequest:
    return StartWorkflowRequest("flow", input={}, idempotency_key=key, idempotency_strategy=strategy)  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", ["FAIL", None, "FAIL_ON_RUNNING"])
def test_a_second_start_with_the_key_is_refused_and_names_the_first(strategy: str | None) -> None:
    @on_a_loop
    async def run() -> None:
        async with Shell() as shell:
            await shell.register("flow", simple("a"))
            first = await shell.engine.start_workflow(keyed(strategy))
            error = await refused(shell.engine.start_workflow(keyed(strategy)))
            assert isinstance(error, Conflict)
            assert first in str(error)
            await shell.report(first)
            if strategy == "FAIL_ON_RUNNING":
                assert await shell.engine.start_workflow(keyed(strategy)) != first
            else:
                assert isinstance(await refused(shell.engine.start_workflow(keyed(strategy))), Conflict)

    run()


@on_a_loop
async def test_starts_with_one_key_at_the_same_moment_start_one_execution() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        starts = [shell.engine.start_workflow(keyed("RETURN_EXISTING")) for _ in range(20)]
        ids = await asyncio.gather(*starts)
        assert len(set(ids)) == 1
        assert await shell.engine.lookups.running("flow") == [ids[0]]
        other = await shell.engine.start_workflow(keyed("RETURN_EXISTING", "other"))
        assert other != ids[0]


@on_a_loop
async def test_a_key_is_known_by_the_name_of_the_definition_that_comes_along() -> None:
    async with Shell() as shell:
        inline = WorkflowDef("inline", tasks=[simple("a")])
        request = msgspec.structs.replace(keyed("RETURN_EXISTING"), workflow_def=inline)
        first = await shell.engine.start_workflow(request)
        assert await shell.engine.start_workflow(request) == first
        await shell.register("inline", simple("a"))
        registered = msgspec.structs.replace(keyed("RETURN_EXISTING"), name="inline")
        assert await shell.engine.start_workflow(registered) == first


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_a_key_stays_good_when_one_of_its_executions_is_removed(removed: int) -> None:
    @on_a_loop
    async def run() -> None:
        async with Shell() as shell:
            await shell.register("flow", simple("a"))
            ids = []
            for _ in range(3):
                ids.append(await shell.engine.start_workflow(keyed("FAIL_ON_RUNNING")))
                await shell.engine.terminate(ids[-1])
            await shell.engine.remove(ids.pop(removed), archive=False)
            again = await shell.engine.start_workflow(keyed("FAIL_ON_RUNNING"))
            assert again not in ids
            assert isinstance(await refused(shell.engine.start_workflow(keyed("FAIL_ON_RUNNING"))), Conflict)
            assert await shell.engine.lookups.running("flow") == [again]

    run()


@on_a_loop
async def test_q12_a_strategy_without_a_key_means_nothing() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        ids = {await shell.engine.start_workflow(keyed("FAIL", "")) for _ in range(2)}
        assert len(ids) == 2
        views = [await shell.engine.workflow(each) for each in ids]
        assert {view.header.status for view in views} == {WorkflowStatus.RUNNING}
