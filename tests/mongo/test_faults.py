"""What networks do between server and database, under load: nothing is lost, nothing done twice, and work goes on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from engine.api import Engine
from engine.errors import Unavailable
from engine.requests import StartWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from tests.contract.stores import REAL, database, wire_server
from tests.mongo.engines import completed, define_chain, engine_on, told
from tests.mongo.proxy import Fault, Proxy
from tests.wire import missing

LENGTH = 4
FLOWS = 12
FAULT_FOR = 3.0
RECOVERS_WITHIN = 15.0


class Work:
    """Clients and workers that send again what was refused as unavailable, and note what was acknowledged."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.started: list[str] = []
        self.handed: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.refused = 0
        self.last = 0.0
        """When the last update was acknowledged."""

    async def start(self) -> None:
        """All flows, one after the other; one whose answer was lost may run as well, unknown to us."""
        while len(self.started) < FLOWS:
            with self._refusals():
                self.started.append(await self._engine.start_workflow(StartWorkflowRequest(name="chain")))
            await asyncio.sleep(0.05)

    async def work(self) -> None:
        """For ever."""
        while True:
            with self._refusals():
                for view in await self._engine.poll("step", "w", None, 1, 300):
                    self.handed[view.task.task_id] += 1
                    await self._report(view.task.workflow_instance_id, view.task.task_id)
            await asyncio.sleep(0.01)

    async def _report(self, workflow_id: str, task_id: str) -> None:
        while task_id not in self.acknowledged:
            with self._refusals():
                await self._engine.update_task(completed(workflow_id, task_id))
                self.acknowledged.add(task_id)
                self.last = time.monotonic()
            await asyncio.sleep(0.01)

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except Unavailable:
            self.refused += 1


async def under(fault: Fault) -> tuple[Work, list[list[tuple[TaskStatus, dict[str, object]]]], float]:
    """Load, the fault for a while, and the rest: the work, the rows of each flow, seconds from healing to work."""
    async with Proxy(wire_server().port).running() as proxy:
        uri = f"mongodb://127.0.0.1:{proxy.port}/{database()}?directConnection=true&socketTimeoutMS=1000"
        async with engine_on(uri) as engine:
            await define_chain(engine, LENGTH, response_timeout_seconds=3, retry_count=20, retry_delay_seconds=0)
            work = Work(engine)
            running = [asyncio.ensure_future(each) for each in (work.start(), *(work.work() for _ in range(4)))]
            while len(work.acknowledged) < FLOWS:
                await asyncio.sleep(0.01)
            proxy.set(fault)
            await asyncio.sleep(FAULT_FOR)  # how long the network is away
            while fault is not Fault.DELAY and not work.refused:
                await asyncio.sleep(0.01)  # until somebody has asked and was told
            proxy.set(Fault.NONE)
            healed = time.monotonic()
            before = len(work.acknowledged)
            while len(work.acknowledged) == before:
                await asyncio.sleep(0.005)
            recovered = work.last - healed
            await running[0]
            rows = [await ended(engine, workflow_id) for workflow_id in work.started]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            return work, rows, recovered


async def ended(engine: Engine, workflow_id: str) -> list[tuple[TaskStatus, dict[str, object]]]:
    while True:
        seen = await engine.workflow(workflow_id)
        if seen.header.status.terminal:
            assert seen.header.status is WorkflowStatus.COMPLETED
            return [(each.task.status, each.task.output_data) for each in seen.tasks]
        await asyncio.sleep(0.1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_a_fault_loses_nothing_and_work_goes_on(fault: Fault) -> None:
    if REAL or (reason := missing()):
        pytest.skip("faults are tried on the wire-protocol server only" if REAL else str(reason))
    work, flows, recovered = told(under(fault), within=100)
    assert (work.refused > 0) == (fault is not Fault.DELAY)
    assert recovered < RECOVERS_WITHIN
    assert {task_id: n for task_id, n in work.handed.items() if n > 1} == {}
    for rows in flows:
        done = [status for status, _ in rows if status is TaskStatus.COMPLETED]
        lost = [status for status, _ in rows if status is not TaskStatus.COMPLETED]
        assert len(done) == LENGTH
        assert set(lost) <= {TaskStatus.TIMED_OUT}  # handed out, but the answer of the poll was lost
    print(f"{fault}: {recovered:.2f} s from healing to the next acknowledged update; {work.refused} refusals")
