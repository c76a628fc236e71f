"""Schedules at work in the engine: what is due is started, recorded, and neither lost nor done twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.api import Engine
from engine.crash_points import POINTS, arm, disarm
from engine.requests import StartWorkflowRequest
from engine.schedule_executions import ScheduleExecution, workflow_id_of
from engine.scheduler.history import KEPT, TRIM_EVERY
from engine.schedules import WorkflowSchedule
from engine.search import Search
from engine.search_parser import parse_schedule_execution_search as parse
from tests.unit.engine.shell import Shell, Unreliable, on_a_loop, simple, until
from tests.world import BEGINNING

MINUTE = 60_000
FIRST = BEGINNING - BEGINNING % MINUTE + MINUTE
"""The first full minute."""


class Power(BaseException):
    """It goes."""


def each_minute(name: str = "s", **fields: Any) -> WorkflowSchedule:
    request = StartWorkflowRequest("flow", input={"mine": 1})
    return WorkflowSchedule(
        **{"name": name, "cron_expression": "0 * * * * *", "start_workflow_request": request, **fields}
    )


async def found(engine: Engine, query: str = "", **fields: Any) -> list[ScheduleExecution]:
    """Records, the earliest first."""
    page = await engine.scheduler.executions(parse(query, sort="scheduledTime:ASC", **fields))
    return list(page.results)


async def forward(shell: Shell, to: int, count: int) -> list[ScheduleExecution]:
    """Let it be that time, and wait until so many times are done."""
    shell.clock.forward((to - shell.clock.now()) / 1000)
    shell.engine.scheduler.loop.wake()

    async def done() -> bool:
        return len([each for each in await found(shell.engine) if each.state != "POLLED"]) >= count

    await until(done)
    return await found(shell.engine)


@on_a_loop
async def test_at_its_time_a_schedule_starts_its_workflow_with_the_times_in_its_input() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        saved = await shell.engine.scheduler.save(each_minute())
        assert saved.next_run_time == FIRST
        (record,) = await forward(shell, FIRST + 3, 1)
        assert (record.state, record.scheduled_time, record.execution_time) == ("EXECUTED", FIRST, FIRST + 3)
        assert record.workflow_id == workflow_id_of("s", FIRST)
        assert record.start_workflow_request == saved.start_workflow_request
        view = await shell.engine.workflow(record.workflow_id)
        assert view.header.input == {
            "mine": 1,
            "_scheduledTime": FIRST,
            "_executedTime": FIRST + 3,
            "_executionId": record.execution_id,
            "_startedByScheduler": "s",
            "_schedulerCron": "0 * * * * * UTC",
        }
        assert (await shell.engine.scheduler.get("s")).next_run_time == FIRST + MINUTE


@on_a_loop
async def test_the_loop_wakes_by_itself_when_a_time_comes() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        shell.clock.forward((FIRST - 50 - shell.clock.now()) / 1000)
        await shell.engine.scheduler.save(each_minute())
        await asyncio.sleep(0)
        shell.clock.forward(0.05)  # nobody rings: it sleeps no longer than its own 50 ms

        async def fired() -> bool:
            return bool(await found(shell.engine))

        await until(fired, 5)


@on_a_loop
async def test_catching_up_starts_every_missed_time_in_order() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        await shell.engine.scheduler.save(each_minute(run_catchup_schedule_instances=True))
        records = await forward(shell, FIRST + 150 * MINUTE, KEPT)
        await until(lambda: _next_is(shell, FIRST + 151 * MINUTE))
        started = await shell.engine.search(Search(size=500))
        assert sorted(summary.input["_scheduledTime"] for summary in started.results) == [
            FIRST + n * MINUTE for n in range(151)
        ]
        records = await found(shell.engine, size=500)
        assert KEPT <= len(records) < KEPT + TRIM_EVERY
        assert records[-1].scheduled_time == FIRST + 150 * MINUTE


async def _next_is(shell: Shell, time: int) -> bool:
    waiting = await found(shell.engine, "state=POLLED")
    return (await shell.engine.scheduler.get("s")).next_run_time == time and not waiting


@on_a_loop
async def test_a_start_that_is_refused_is_recorded_and_the_schedule_goes_on() -> None:
    async with Shell() as shell:
        await shell.engine.scheduler.save(each_minute())
        (failed,) = await forward(shell, FIRST, 1)
        assert (failed.state, failed.workflow_id) == ("FAILED", None)
        assert failed.reason == "No such workflow defined. name=flow, version=null"
        await shell.register("flow", simple("a"))
        _, executed = await forward(shell, FIRST + MINUTE, 2)
        assert executed.state == "EXECUTED"


@on_a_loop
async def test_what_the_store_cannot_do_now_is_done_later_and_once() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        await shell.engine.scheduler.save(each_minute())
        shell.store.fails = lambda _: True
        shell.clock.forward((FIRST - shell.clock.now()) / 1000)
        shell.engine.scheduler.loop.wake()

        async def waits() -> bool:
            return [each.state for each in await found(shell.engine)] == ["POLLED"]

        await until(waits)
        shell.store.fails = lambda _: False
        (record,) = await forward(shell, FIRST, 1)
        assert record.state == "EXECUTED"
        assert (await shell.engine.search(Search())).total_hits == 1


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("scheduler")])
def test_a_crash_between_any_two_writes_neither_loses_a_time_nor_does_it_twice(point: str) -> None:
    def power_cut() -> None:
        raise Power

    @on_a_loop
    async def story() -> None:
        store = Unreliable()
        first = Shell(store)
        await first.engine.start()
        await first.register("flow", simple("a"))
        await first.engine.scheduler.save(each_minute())
        arm(point, 1, power_cut)
        first.clock.forward((FIRST - first.clock.now()) / 1000)
        with pytest.raises(Power):
            await first.engine.scheduler.loop.run_due()
        disarm()
        await first.engine.stop()
        async with Shell(store, first_id=1000) as second:
            records = await forward(second, FIRST + MINUTE, 2)
            assert [(each.scheduled_time, each.state) for each in records] == [
                (FIRST, "EXECUTED"),
                (FIRST + MINUTE, "EXECUTED"),
            ]
            assert (await second.engine.search(Search())).total_hits == 2

    story()
