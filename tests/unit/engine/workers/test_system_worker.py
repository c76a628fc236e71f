"""The server's own workers over a whole engine: taking, doing, reporting, and what happens when things go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from engine.definitions import TaskDef, WorkflowTask
from engine.errors import Unavailable
from engine.model import Task
from engine.status import TaskStatus, WorkflowStatus
from engine.workers import system_worker, system_workers
from engine.workers.http import Http
from engine.workers.http_client import HttpAnswer, HttpRequest
from tests.unit.engine.shell import Shell, Unreliable, on_a_loop, until


class Gate:
    """A client whose calls wait until a test lets them go."""

    def __init__(self, open_: bool = False) -> None:
        self.open = asyncio.Event()
        if open_:
            self.open.set()
        self.calls: list[str] = []
        self.running = self.most = self.cancelled = 0
        self.error: BaseException | None = None
        self.closed = False

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.calls.append(request.uri)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        if self.error is not None:
            raise self.error
        return HttpAnswer(200, (), b"{}")

    async def close(self) -> None:
        self.closed = True


def call(reference: str = "h", **fields: Any) -> WorkflowTask:
    own = TaskDef(**({"name": "call", "retry_count": 0} | fields.pop("task_def", {})))
    given = {"uri": f"http://example.com/{reference}", "method": "GET"}
    return WorkflowTask("call", reference, type="HTTP", input_parameters=given, task_definition=own, **fields)


def begun(gate: Gate, count: int = 1) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return gate.running >= count

    return look


def ended(shell: Shell, workflow_id: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return (await shell.engine.workflow(workflow_id, False)).header.status.terminal

    return look


async def only(shell: Shell, workflow_id: str) -> Task:
    (task,) = await shell.tasks(workflow_id)
    return task


@on_a_loop
async def test_a_task_is_done_without_anybody_polling() -> None:
    async with Shell(http=Http(Gate(open_=True))) as shell:
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(ended(shell, workflow_id))
        task = await only(shell, workflow_id)
        assert (task.status, task.poll_count) == (TaskStatus.COMPLETED, 1)
        assert task.output_data["response"]["statusCode"] == 200
        assert await shell.engine.queue_sizes(["HTTP"]) == {"HTTP": 0}


@on_a_loop
async def test_e61_a_call_is_made_with_the_secret_that_no_row_holds() -> None:
    gate = Gate(open_=True)
    async with Shell(http=Http(gate), secrets={"KEY": "s3cret"}) as shell:
        given = {"uri": "http://example.com/${workflow.secrets.KEY}", "method": "GET"}
        await shell.register("w", WorkflowTask("call", "h", type="HTTP", input_parameters=given))
        workflow_id = await shell.begin("w")
        await until(ended(shell, workflow_id))
        assert gate.calls == ["http://example.com/s3cret"]
        assert (await only(shell, workflow_id)).input_data["uri"] == given["uri"]


@on_a_loop
async def test_what_is_being_done_is_scheduled_and_begun() -> None:
    gate = Gate()
    async with Shell(http=Http(gate)) as shell:
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(begun(gate))
        task = await only(shell, workflow_id)
        assert (task.status, task.start_time) == (TaskStatus.SCHEDULED, shell.clock.now())
        gate.open.set()


@on_a_loop
async def test_only_so_many_are_done_at_a_time_and_the_rest_follows() -> None:
    gate = Gate()
    async with Shell(http=Http(gate, at_once=3)) as shell:
        await shell.register("w", call())
        ids = [await shell.begin("w") for _ in range(8)]
        await until(begun(gate, 3))
        for _ in range(50):
            await asyncio.sleep(0)
        assert gate.running == 3
        gate.open.set()
        for workflow_id in ids:
            await until(ended(shell, workflow_id))
        assert (gate.most, len(gate.calls)) == (3, 8)


@on_a_loop
async def test_a_start_delay_is_waited_for() -> None:
    gate = Gate(open_=True)
    async with Shell(http=Http(gate)) as shell:
        await shell.register("w", call(start_delay=1))
        workflow_id = await shell.begin("w")
        for _ in range(50):
            await asyncio.sleep(0)
        assert gate.calls == []
        shell.clock.forward(1)
        await shell.begin("w")  # whatever rings the bell: the clock here stands still
        await until(ended(shell, workflow_id))


@on_a_loop
async def test_a_concurrency_limit_of_the_definition_counts() -> None:
    gate = Gate()
    async with Shell(http=Http(gate)) as shell:
        await shell.register("w", call(task_def={"concurrent_exec_limit": 1}))
        ids = [await shell.begin("w") for _ in range(3)]
        await until(begun(gate))
        for _ in range(50):
            await asyncio.sleep(0)
        assert gate.running == 1
        gate.open.set()
        for workflow_id in ids:
            await until(ended(shell, workflow_id))
        assert gate.most == 1


@on_a_loop
async def test_a_cancelled_task_drops_its_call() -> None:
    gate = Gate()
    async with Shell(http=Http(gate, at_once=1)) as shell:
        await shell.register("w", call())
        first, second = await shell.begin("w"), await shell.begin("w")
        await until(begun(gate))
        await shell.engine.terminate(first)
        await until(begun(gate))
        gate.open.set()
        await until(ended(shell, second))
        assert gate.cancelled == 1
        assert (await only(shell, first)).status is TaskStatus.CANCELED
        assert (await only(shell, second)).status is TaskStatus.COMPLETED


@on_a_loop
async def test_e58_a_call_that_takes_too_long_is_dropped_and_the_task_timed_out() -> None:
    gate = Gate()
    async with Shell(http=Http(gate)) as shell:
        await shell.register("w", call(task_def={"response_timeout_seconds": 5}))
        workflow_id = await shell.begin("w")
        await until(begun(gate))
        shell.clock.forward(5)
        await shell.engine.timer.run_due()

        async def dropped() -> bool:
            return gate.cancelled == 1

        await until(dropped)
        assert (await only(shell, workflow_id)).status is TaskStatus.TIMED_OUT
        assert len(gate.calls) == 1


@on_a_loop
async def test_a_removed_workflow_takes_its_call_with_it() -> None:
    gate = Gate()
    async with Shell(http=Http(gate)) as shell:
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(begun(gate))
        await shell.engine.remove(workflow_id, archive=False)
        gate.open.set()
        after = await shell.begin("w")
        await until(ended(shell, after))


@on_a_loop
async def test_an_unexpected_error_fails_the_task_with_its_text_and_the_next_ones_are_done() -> None:
    gate = Gate(open_=True)
    gate.error = ZeroDivisionError("nobody saw this coming")
    async with Shell(http=Http(gate)) as shell:
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(ended(shell, workflow_id))
        task = await only(shell, workflow_id)
        assert task.status is TaskStatus.FAILED
        assert task.reason_for_incompletion == "ZeroDivisionError: nobody saw this coming"
        gate.error = None
        second = await shell.begin("w")
        await until(ended(shell, second))
        assert (await only(shell, second)).status is TaskStatus.COMPLETED


@on_a_loop
async def test_a_call_that_cancels_itself_fails_the_task() -> None:
    gate = Gate(open_=True)
    gate.error = asyncio.CancelledError()
    async with Shell(http=Http(gate)) as shell:
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(ended(shell, workflow_id))
        assert (await only(shell, workflow_id)).status is TaskStatus.FAILED


def test_what_cannot_be_done_now_is_done_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_worker, "PAUSE_S", 0.001)

    async def scenario() -> None:
        gate = Gate(open_=True)
        gate.error = Unavailable("the store does not answer")
        async with Shell(http=Http(gate)) as shell:
            await shell.register("w", call())
            workflow_id = await shell.begin("w")

            async def tried() -> bool:
                return len(gate.calls) > 2

            await until(tried)
            assert (await only(shell, workflow_id)).status is TaskStatus.SCHEDULED
            gate.error = None
            await until(ended(shell, workflow_id))
            assert (await only(shell, workflow_id)).status is TaskStatus.COMPLETED

    asyncio.run(scenario())


def test_a_report_that_the_store_refuses_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_worker, "PAUSE_S", 0.001)

    async def scenario() -> None:
        gate = Gate()
        async with Shell(http=Http(gate)) as shell:
            await shell.register("w", call())
            workflow_id = await shell.begin("w")
            await until(begun(gate))
            refusals = [True, True, True]
            shell.store.fails = lambda _: bool(refusals) and refusals.pop()
            gate.open.set()
            await until(ended(shell, workflow_id))
            assert len(gate.calls) == 1
            assert refusals == []

    asyncio.run(scenario())


def test_a_store_that_does_not_answer_does_not_end_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_worker, "PAUSE_S", 0.001)

    async def scenario() -> None:
        class Silent(Unreliable):
            refusals = 3

            async def claim(self, *arguments: Any) -> Any:
                if arguments[0] == "HTTP" and self.refusals:
                    self.refusals -= 1
                    raise Unavailable("the disk does not answer")
                return await super().claim(*arguments)

        async with Shell(Silent(), http=Http(Gate(open_=True))) as shell:
            await shell.register("w", call())
            workflow_id = await shell.begin("w")
            await until(ended(shell, workflow_id))

    asyncio.run(scenario())


def test_a_crash_in_a_call_hands_it_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_workers, "GRACE_S", 0.01)

    async def scenario() -> None:
        first, store = Gate(), Unreliable()
        shell = Shell(store, http=Http(first))
        await shell.engine.start()
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(begun(first))
        task = await only(shell, workflow_id)
        # a second life over the same store: what the first had claimed is free again, as after a restart
        await store.release([task.task_id])
        async with Shell(store, http=Http(Gate(open_=True)), first_id=1000) as second:
            await until(ended(second, workflow_id))
            task = await only(second, workflow_id)
            assert (task.status, task.poll_count) == (TaskStatus.COMPLETED, 2)
        await shell.engine.stop()

    asyncio.run(scenario())


def test_a_stopping_server_finishes_what_it_has_begun() -> None:
    async def scenario() -> None:
        gate = Gate()
        shell = Shell(http=Http(gate))
        await shell.engine.start()
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(begun(gate))
        shell.engine.let_polls_go()
        waiting = await shell.begin("w")
        stopping = asyncio.ensure_future(shell.engine.stop())
        await asyncio.sleep(0)
        gate.open.set()
        await stopping
        assert (await shell.engine.workflow(workflow_id)).header.status is WorkflowStatus.COMPLETED
        assert (await only(shell, waiting)).status is TaskStatus.SCHEDULED
        assert (len(gate.calls), gate.closed) == (1, True)

    asyncio.run(scenario())


def test_a_stopping_server_gives_back_what_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_workers, "GRACE_S", 0.01)

    async def scenario() -> None:
        gate = Gate()
        shell = Shell(http=Http(gate))
        await shell.engine.start()
        await shell.register("w", call())
        workflow_id = await shell.begin("w")
        await until(begun(gate))
        await shell.engine.stop()
        assert gate.cancelled == 1
        assert (await only(shell, workflow_id)).status is TaskStatus.SCHEDULED
        assert [entry.workflow_id for entry in await shell.store.claim("HTTP", 9, shell.clock.now())] == [workflow_id]

    asyncio.run(scenario())
