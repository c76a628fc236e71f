"""Many executions at once."""

from __future__ import annotations

from engine.bulk import for_each
from engine.definitions import WorkflowTask
from engine.errors import Conflict
from engine.requests import StartWorkflowRequest
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple


@on_a_loop
async def test_each_execution_stands_or_fails_for_itself_and_the_order_is_kept() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        ids = [await shell.begin("flow") for _ in range(50)]
        await shell.engine.terminate(ids[7])
        outcome = await for_each([*ids, "nobody"], shell.engine.pause)
        assert outcome.bulk_successful_results == [each for each in ids if each != ids[7]]
        assert outcome.bulk_error_results == {
            ids[7]: f"Workflow flow.1/{ids[7]} has ended, status cannot be updated.",
            "nobody": "No such workflow found by id: nobody",
        }


@on_a_loop
async def test_reset_callbacks_makes_what_was_put_off_pollable() -> None:
    async with Shell() as shell:
        late = WorkflowTask("work", "a", start_delay=600)
        await shell.register("flow", late)
        begun = await shell.begin("flow")
        assert await shell.engine.poll("work", None, None, 1, 0) == []
        await shell.engine.reset_callbacks(begun)
        (polled,) = await shell.engine.poll("work", None, None, 1, 0)
        assert polled.task.callback_after_seconds == 0
        await shell.engine.terminate(begun)
        error = await refused(shell.engine.reset_callbacks(begun))
        assert isinstance(error, Conflict)
        assert str(error) == "Workflow is in terminal state. Status = TERMINATED"


@on_a_loop
async def test_terminate_and_remove_refuses_what_is_completed_and_leaves_it() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        ended, open_one = await shell.begin("flow"), await shell.begin("flow")
        await shell.report(ended)
        assert isinstance(await refused(shell.engine.terminate_and_remove(ended, archive=False)), Conflict)
        await shell.engine.terminate_and_remove(open_one, "gone", archive=False)
        assert await shell.engine.lookups.started_between("flow", None, 1, shell.clock.now()) == [ended]


@on_a_loop
async def test_d28_running_ids_honour_the_version() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        await shell.register("flow", simple("a"), version=2)
        first = await shell.engine.start_workflow(StartWorkflowRequest("flow", 1, input={}))
        second = await shell.engine.start_workflow(StartWorkflowRequest("flow", 2, input={}))
        assert await shell.engine.lookups.running("flow") == [first, second]
        assert await shell.engine.lookups.running("flow", 2) == [second]
