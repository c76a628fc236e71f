"""Several servers with one store: each time is done by one of them, and none is left to a server that has died."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random  # noqa: TID251 - the same turns in every run
from typing import Any

import pytest

from engine.errors import Conflict, NotFound
from engine.ports import Document
from engine.requests import StartWorkflowRequest
from engine.scheduler.loop import PATIENCE_MS
from engine.scheduler.plans import REFRESH_MS, SCHEDULE
from engine.scheduler.scheduler import Scheduler
from engine.schedules import WorkflowSchedule, execution_id
from engine.search import Search
from storage.memory import MemoryStore
from tests.unit.engine.shell import on_a_loop, refused
from tests.world import BEGINNING, CountingIds, FakeClock

SECOND = 1000
FIRST = BEGINNING - BEGINNING % SECOND + SECOND


class Shared(MemoryStore):
    """Dicts behind a wire: every answer takes some turns of the loop."""

    shared = True

    def __init__(self) -> None:
        super().__init__()
        self.version = 0
        self.luck = Random(7)

    async def on_its_way(self) -> None:
        for _ in range(self.luck.randint(0, 5)):
            await asyncio.sleep(0)

    async def put_document(self, document: Document, *, create: bool = False) -> None:
        await self.on_its_way()
        await super().put_document(document, create=create)
        self.version += 1
        await self.on_its_way()

    async def replace_document(self, document: Document, expected: bytes) -> bool:
        await self.on_its_way()
        replaced = await super().replace_document(document, expected)
        self.version += 1
        await self.on_its_way()
        return replaced

    async def get_document(self, kind: str, name: str, version: int = 0) -> Document | None:
        await self.on_its_way()
        found = await super().get_document(kind, name, version)
        await self.on_its_way()
        return found

    async def documents_version(self, kinds: Sequence[str]) -> int:
        return self.version


class Servers:
    """Some servers, and what they have started."""

    def __init__(self, count: int) -> None:
        self.store, self.clock, self.ids = Shared(), FakeClock(), CountingIds()
        self.started: list[str] = []
        self.reported: list[BaseException] = []
        self.all = [self.server() for _ in range(count)]

    def server(self) -> Scheduler:
        return Scheduler(self.store, self.start, self.clock, self.ids, self.report)

    async def start(self, request: StartWorkflowRequest, workflow_id: str) -> str:
        await self.store.on_its_way()
        assert request.input is not None
        self.started.append(f"{request.name} {request.input['_scheduledTime']}")
        return workflow_id

    async def report(self, what: str, error: BaseException) -> None:
        self.reported.append(error)

    async def look(self) -> None:
        await asyncio.gather(*(server.loop.run_due() for server in self.all))


def each_second(name: str, workflow: str = "flow", **fields: Any) -> WorkflowSchedule:
    request = StartWorkflowRequest(workflow)
    return WorkflowSchedule(name=name, cron_expression="* * * * * *", start_workflow_request=request, **fields)


@on_a_loop
async def test_of_many_servers_one_does_each_time() -> None:
    servers = Servers(4)
    for name in ("a", "b", "c"):
        await servers.all[0].save(each_second(name, name))
    for _ in range(20):
        servers.clock.forward(1)
        await servers.look()
    servers.clock.forward(REFRESH_MS / 1000)
    await servers.look()
    assert len(servers.started) == len(set(servers.started))
    assert set(servers.started) >= {f"{name} {FIRST + n * SECOND}" for name in "abc" for n in range(20)}
    page = await servers.all[1].executions(Search(size=1000))
    assert page.total_hits == len(servers.started)
    assert not servers.reported


async def die_while_starting(servers: Servers) -> None:
    """One server more takes what is due, and never starts it."""

    async def silence(request: StartWorkflowRequest, workflow_id: str) -> str:
        raise asyncio.CancelledError

    dead = Scheduler(servers.store, silence, servers.clock, servers.ids, servers.report)
    with pytest.raises(asyncio.CancelledError):
        await dead.loop.run_due()


@on_a_loop
async def test_what_a_dead_server_has_taken_another_one_does_after_a_while() -> None:
    servers = Servers(2)
    dying, other = servers.all
    await dying.save(each_second("a", run_catchup_schedule_instances=True, schedule_end_time=FIRST))
    servers.clock.forward(1)
    await die_while_starting(servers)
    await other.loop.run_due()
    assert servers.started == []
    assert [each.state for each in (await other.executions(Search())).results] == ["POLLED"]
    servers.clock.forward(PATIENCE_MS / 1000)
    await other.loop.run_due()
    assert servers.started == [f"flow {FIRST}"]


@on_a_loop
async def test_requeue_does_at_once_what_another_server_has_taken() -> None:
    servers = Servers(1)
    (server,) = servers.all
    await server.save(each_second("a", schedule_end_time=FIRST))
    servers.clock.forward(1)
    await die_while_starting(servers)
    servers.clock.forward(REFRESH_MS / 1000)
    assert await server.requeue() == [execution_id("a", FIRST)]
    await server.loop.run_due()
    assert servers.started == [f"flow {FIRST}"]
    assert await server.requeue() == []


@on_a_loop
async def test_a_pause_on_one_server_holds_on_all() -> None:
    servers = Servers(2)
    here, there = servers.all
    await here.save(each_second("a"))
    servers.clock.forward(1)
    await servers.look()
    await there.pause("a", "enough")
    servers.clock.forward(1)
    await servers.look()
    assert servers.started == [f"flow {FIRST}"]
    assert (await here.get("a")).paused_reason == "enough"


@on_a_loop
async def test_a_pause_of_everything_holds_on_all_servers_until_it_is_ended() -> None:
    servers = Servers(2)
    here, there = servers.all
    await here.save(each_second("a", run_catchup_schedule_instances=True))
    await there.pause_all()
    servers.clock.forward(3)
    await servers.look()
    assert servers.started == []
    assert not (await here.get("a")).paused
    await here.resume_all()
    await servers.look()
    assert servers.started == [f"flow {FIRST + n * SECOND}" for n in range(3)]


@on_a_loop
async def test_changes_at_the_same_moment_are_all_kept() -> None:
    servers = Servers(3)
    await servers.all[0].save(each_second("a"))
    servers.clock.forward(1)
    await asyncio.gather(servers.all[1].pause("a", "now"), servers.look(), servers.all[2].save(each_second("b")))
    schedule = await servers.all[0].get("a")
    assert (schedule.paused, schedule.paused_reason) == (True, "now")
    assert [each.name for each in await servers.all[0].all()] == ["a", "b"]
    assert len(servers.started) == len(set(servers.started)) <= 2


@on_a_loop
async def test_of_a_deleted_schedule_only_its_records_are_left() -> None:
    servers = Servers(1)
    (server,) = servers.all
    await server.save(each_second("a"))
    servers.clock.forward(1)
    await server.loop.run_due()
    await server.delete("a")
    await server.delete("a")
    assert (await server.executions(Search())).total_hits == 1
    assert await servers.store.list_documents(SCHEDULE) == []
    for missing in (server.get("a"), server.pause("a"), server.resume("a")):
        error = await refused(missing)
        assert isinstance(error, NotFound)
        assert error.message == "Schedule 'a' not found"
    servers.clock.forward(1)
    await server.loop.run_due()
    assert servers.started == [f"flow {FIRST}"]


@on_a_loop
async def test_many_are_paused_and_resumed_each_for_itself() -> None:
    servers = Servers(1)
    (server,) = servers.all
    await server.save(each_second("a"))
    paused = await server.pause_many(["a", "nowhere"])
    assert paused.bulk_successful_results == ["a"]
    assert paused.bulk_error_results == {"nowhere": "Schedule 'nowhere' not found"}
    assert (await server.get("a")).paused
    assert (await server.resume_many(["a"])).bulk_successful_results == ["a"]
    assert not (await server.get("a")).paused


@on_a_loop
async def test_a_refused_start_of_a_rule_is_no_reason_to_try_again() -> None:
    servers = Servers(1)

    async def refuses(request: StartWorkflowRequest, workflow_id: str) -> str:
        servers.started.append("asked")
        raise Conflict("no")

    server = Scheduler(servers.store, refuses, servers.clock, servers.ids, servers.report)
    await server.save(each_second("a", schedule_end_time=FIRST))
    servers.clock.forward(1)
    for _ in range(3):
        await server.loop.run_due()
    (record,) = (await server.executions(Search())).results
    assert (record.state, record.reason, servers.started) == ("FAILED", "no", ["asked"])
