"""Schedules of several servers on one database: each time is started once, by whichever of them."""

from __future__ import annotations

import asyncio

from engine.api import Engine
from engine.requests import StartWorkflowRequest
from engine.schedule_executions import ScheduleExecution
from engine.schedules import WorkflowSchedule
from engine.search import Search
from engine.search_parser import parse_schedule_execution_search
from tests.mongo.engines import define_chain, engine_on

NAMES = ("a", "b")
EACH = 3


def each_second(name: str) -> WorkflowSchedule:
    request = StartWorkflowRequest("chain")
    return WorkflowSchedule(name=name, cron_expression="* * * * * *", start_workflow_request=request)


async def done(engine: Engine) -> list[ScheduleExecution]:
    wanted = parse_schedule_execution_search("state=EXECUTED", sort="scheduledTime:ASC", size=1000)
    return list((await engine.scheduler.executions(wanted)).results)


def test_three_servers_start_each_time_once(uri: str) -> None:
    async def story() -> None:
        async with engine_on(uri) as first, engine_on(uri) as second, engine_on(uri) as third:
            await define_chain(first, 1)
            for engine, name in zip((first, second), NAMES, strict=True):
                await engine.scheduler.save(each_second(name))
            async with asyncio.timeout(20):
                while len(await done(third)) < EACH * len(NAMES):
                    await asyncio.sleep(0.05)
            for name in NAMES:
                await third.scheduler.pause(name)
            async with asyncio.timeout(20):
                while (records := await done(first)) and len(records) != (await first.search(Search())).total_hits:
                    await asyncio.sleep(0.05)
            for name in NAMES:
                times = [record.scheduled_time for record in records if record.schedule_name == name]
                assert times == [times[0] + n * 1000 for n in range(len(times))]
            assert len({record.workflow_id for record in records}) == len(records)

    asyncio.run(story())
