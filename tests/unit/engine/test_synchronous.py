"""Starts and signals that wait (§5.2): what settles an execution, and who is woken by it: E67, E68."""

from __future__ import annotations

import asyncio

from engine.blocking import Settled
from engine.definitions import SubWorkflowParams, WorkflowDef, WorkflowTask
from engine.errors import NotFound
from engine.requests import StartWorkflowRequest, TaskResult
from engine.status import TaskStatus
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple, until

DONE = TaskStatus.COMPLETED
LONG = 30


def wait(reference: str, **inputs: object) -> WorkflowTask:
    return WorkflowTask("wait", reference, type="WAIT", input_parameters=inputs)


def child(reference: str, name: str) -> WorkflowTask:
    return WorkflowTask(
        reference, reference, type="SUB_WORKFLOW", sub_workflow_param=SubWorkflowParams(name=name, version=1)
    )


async def executed(shell: Shell, name: str, *references: str, seconds: float = LONG) -> Settled:
    return await shell.engine.synchronous.execute(StartWorkflowRequest(name, input={}), references, seconds)


async def one_running(shell: Shell, name: str) -> str:
    """The id of the execution that somebody else is starting."""

    async def started() -> bool:
        return bool(await shell.engine.lookups.running(name))

    await until(started)
    return (await shell.engine.lookups.running(name))[0]


@on_a_loop
async def test_e68_it_answers_when_the_execution_ends() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        waiting = asyncio.ensure_future(executed(shell, "flow"))
        begun = await one_running(shell, "flow")
        await shell.report(begun)
        settled = await waiting
        assert (settled.target.header.workflow_id, settled.target.header.status.value) == (begun, "COMPLETED")
        assert (settled.task, settled.timed_out) == (None, False)


@on_a_loop
async def test_e68_it_answers_when_a_named_task_has_ended() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"), simple("b"))
        waiting = asyncio.ensure_future(executed(shell, "flow", "a"))
        await shell.report(await one_running(shell, "flow"))
        settled = await waiting
        assert settled.target.header.status.value == "RUNNING"
        assert settled.task is not None
        assert settled.task.reference_task_name == "a"


@on_a_loop
async def test_e68_a_wait_blocks_also_in_a_child_and_a_timer_does_not() -> None:
    async with Shell() as shell:
        await shell.register("inner", simple("a"), wait("blocks"))
        await shell.register("outer", child("s", "inner"))
        waiting = asyncio.ensure_future(executed(shell, "outer"))
        inner = await one_running(shell, "inner")
        await shell.report(inner)
        settled = await waiting
        assert settled.holder is not None
        assert settled.task is not None
        assert (settled.holder.header.workflow_id, settled.task.reference_task_name) == (inner, "blocks")
        await shell.register("timed", wait("w", duration="1 hours"))
        assert (await executed(shell, "timed", seconds=0.01)).timed_out


@on_a_loop
async def test_an_inline_definition_leaves_its_mark() -> None:
    async with Shell() as shell:
        inline = WorkflowDef(name="inline", tasks=[wait("w")], owner_email="owner@example.com")
        request = StartWorkflowRequest("inline", input={"a": 1}, workflow_def=inline)
        settled = await shell.engine.synchronous.execute(request, (), LONG)
        assert settled.target.header.input == {"a": 1, "_systemMetadata": {"dynamic": True}}


@on_a_loop
async def test_e67_a_signal_goes_to_the_first_wait_of_the_tree_and_merges() -> None:
    async with Shell() as shell:
        await shell.register("inner", wait("first"), wait("second", duration="1 hours"))
        await shell.register("outer", child("s", "inner"))
        outer = await shell.begin("outer")
        await one_running(shell, "inner")
        settled = await shell.engine.synchronous.signal_and_wait(outer, DONE, {"x": 1}, 0)
        assert settled.timed_out
        assert await shell.engine.synchronous.signal(outer, TaskStatus.IN_PROGRESS, {"a": 1})
        assert await shell.engine.synchronous.signal(outer, DONE, {"b": 2})
        await shell.engine.outbox.idle()
        view = await shell.engine.workflow(outer)
        assert (view.header.status.value, view.header.output["a"], view.header.output["b"]) == ("COMPLETED", 1, 2)


@on_a_loop
async def test_e67_nothing_to_signal() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        begun = await shell.begin("flow")
        assert not await shell.engine.synchronous.signal(begun, DONE, {})
        error = await refused(shell.engine.synchronous.signal_and_wait(begun, DONE, {}, 1))
        assert str(error) == f"Found no blocked task in workflow {begun} to signal"
        assert isinstance(await refused(shell.engine.synchronous.signal("nobody", DONE, {})), NotFound)


@on_a_loop
async def test_signals_at_the_same_moment_take_one_wait_each() -> None:
    async with Shell() as shell:
        await shell.register("flow", *[wait(f"w{number}") for number in range(5)])
        begun = await shell.begin("flow")
        signals = [shell.engine.synchronous.signal(begun, DONE, {"n": number}) for number in range(5)]
        assert await asyncio.gather(*signals) == [True] * 5
        view = await shell.engine.workflow(begun)
        assert view.header.status.value == "COMPLETED"
        assert sorted(task.task.output_data["n"] for task in view.tasks) == [0, 1, 2, 3, 4]


@on_a_loop
async def test_a_server_that_stops_lets_everybody_go() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        waiting = asyncio.ensure_future(executed(shell, "flow"))
        begun = await one_running(shell, "flow")
        shell.engine.let_polls_go()
        settled = await waiting
        assert settled.timed_out
        await shell.engine.update_task(TaskResult(begun, settled.target.tasks[0].task_id, DONE))
