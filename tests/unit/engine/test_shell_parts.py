"""The small parts of the shell: bells, locks, the cache, and the catalog's snapshots."""

from __future__ import annotations

import asyncio

from engine.bells import Bells
from engine.cache import Cache, Locks
from engine.catalog import Catalog
from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.draft import Execution
from engine.graph import parse
from engine.model import Workflow
from engine.rows import Rows
from storage.memory import MemoryStore
from tests.unit.engine.shell import on_a_loop
from tests.world import FakeClock


@on_a_loop
async def test_one_ring_wakes_one_poll_the_one_that_waits_longest() -> None:
    bells = Bells()
    first, second = bells.listen("q"), bells.listen("q")
    bells.ring("other")
    bells.ring("q")
    assert (first.done(), second.done()) == (True, False)


@on_a_loop
async def test_a_ring_that_led_to_nothing_is_passed_on() -> None:
    bells = Bells()
    first, second = bells.listen("q"), bells.listen("q")
    bells.ring("q")
    bells.leave("q", first, served=False)
    assert second.done()
    bells.leave("q", second, served=True)
    bells.ring("q")


@on_a_loop
async def test_nobody_waits_after_the_bells_are_closed() -> None:
    bells = Bells()
    early = bells.listen("q")
    bells.close()
    assert early.done()
    assert bells.listen("q").done()


@on_a_loop
async def test_locks_are_first_come_first_served_and_a_cancelled_turn_is_given_away() -> None:
    locks, order = Locks(), []

    async def work(name: str) -> None:
        turn = locks.acquire("w")
        if turn is not None:
            await turn
        order.append(name)
        await asyncio.sleep(0)
        locks.release("w")

    tasks = [asyncio.ensure_future(work(name)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["a", "c"]
    assert locks.acquire("w") is None


def execution(name: str) -> Execution:
    return Execution(Workflow(name, "w", 1, "d"), parse("d", WorkflowDef(name="w")), Rows())


@on_a_loop
async def test_the_cache_drops_what_was_used_longest_ago_but_nothing_on_its_way() -> None:
    cache = Cache(tasks_kept=3)
    pending = cache.put("a", execution("a"))
    pending.flushed = asyncio.get_running_loop().create_future()
    for name in "bcd":
        cache.put(name, execution(name))
    assert [name for name in "abcd" if cache.get(name) is not None] == ["a", "c", "d"]
    pending.flushed.set_result(None)
    cache.forget("a")
    assert cache.get("a") is None


@on_a_loop
async def test_a_snapshot_completes_every_node_and_has_one_id_per_content() -> None:
    catalog = Catalog(MemoryStore(), FakeClock())
    await catalog.register_task_defs([TaskDef(name="known", retry_count=7, owner_email="o@example.com")])
    own = TaskDef(name="own", retry_count=5)
    tasks = [
        WorkflowTask("known", "a"),
        WorkflowTask("unknown", "b"),
        WorkflowTask("own", "c", task_definition=own),
        WorkflowTask("wait", "d", type="WAIT"),
    ]
    graph, document = catalog.snapshot(WorkflowDef(name="w", tasks=tasks), registered=False)
    counts = [node.task_definition.retry_count for node in graph.definition.tasks if node.task_definition]
    assert counts == [7, 3, 5, 0]
    again, _ = catalog.snapshot(WorkflowDef(name="w", tasks=tasks), registered=False)
    other, _ = catalog.snapshot(WorkflowDef(name="w", tasks=tasks[:1]), registered=False)
    assert again.definition_id == graph.definition_id == document.name != other.definition_id
