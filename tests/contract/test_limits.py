"""Limits: how many entries of a key are out at once, and how often within a window."""

from __future__ import annotations

import asyncio

from engine.ports import Commit, Limit, Store
from tests.contract.executions import NOW, claimed, create, enqueue, entry, finish, task

TWO = Limit("work", concurrent=2)
WINDOW = Limit("work", per_window=2, window_ms=1_000)


async def test_a_concurrency_limit_holds_until_an_entry_ends(store: Store, rung: list[str]) -> None:
    for n in range(4):
        await enqueue(store, f"t{n}", TWO)
    assert await claimed(store) == ["t0", "t1"]
    assert await claimed(store, now=NOW + 10**9) == []
    assert await store.queue_sizes() == {"work": 2}
    await finish(store, "t0")
    assert rung == ["work"]
    assert await claimed(store) == ["t2"]


async def test_a_full_limit_promises_no_time(store: Store) -> None:
    for n in range(3):
        await enqueue(store, f"t{n}", TWO)
    await claimed(store)
    assert await store.next_available("work") is None
    await finish(store, "t0")
    assert await store.next_available("work") == NOW


async def test_limits_hold_whoever_claims(store: Store) -> None:
    for n in range(20):
        await enqueue(store, f"t{n}", TWO)
    hands = await asyncio.gather(*(claimed(store, 1) for _ in range(20)))
    assert sum(len(hand) for hand in hands) == 2


async def test_a_limited_entry_is_passed_over_for_another(store: Store) -> None:
    await enqueue(store, "a1", Limit("a", concurrent=1), priority=9)
    await enqueue(store, "a2", Limit("a", concurrent=1), priority=9)
    await enqueue(store, "free")
    await enqueue(store, "b1", Limit("b", concurrent=1))
    assert await claimed(store) == ["a1", "free", "b1"]
    await finish(store, "a1")
    assert await claimed(store) == ["a2"]


async def test_a_limit_reaches_over_queues(store: Store, rung: list[str]) -> None:
    await enqueue(store, "t1", Limit("work", concurrent=1))
    await enqueue(store, "t2", Limit("work", concurrent=1), queue="domain:work")
    assert await claimed(store) == ["t1"]
    assert await claimed(store, queue="domain:work") == []
    await finish(store, "t1")
    assert rung == ["domain:work"]
    assert await claimed(store, queue="domain:work") == ["t2"]


async def test_nothing_rings_where_nothing_waited_for_the_freed_slot(store: Store, rung: list[str]) -> None:
    await enqueue(store, "t1", TWO)
    await claimed(store)
    await finish(store, "t1")
    assert rung == []


async def test_a_removed_execution_frees_its_slots(store: Store, rung: list[str]) -> None:
    await enqueue(store, "t1", Limit("work", concurrent=1))
    await enqueue(store, "t2", Limit("work", concurrent=1))
    await claimed(store)
    await store.remove("w-t1")
    assert rung == ["work"]
    assert await claimed(store) == ["t2"]


async def test_an_entry_put_back_by_a_commit_frees_its_slot(store: Store) -> None:
    one = Limit("work", concurrent=1)
    await create(store, tasks=(task(),), enqueue=(entry(limit=one),))
    await enqueue(store, "t2", one)
    assert await claimed(store) == ["t1"]
    await store.commit(Commit(workflow_id="w1", expected=1, enqueue=(entry(limit=one, available_at=NOW + 50),)))
    assert await claimed(store) == ["t2"]
    assert await claimed(store, now=NOW + 50) == []


async def test_entries_that_arrive_claimed_count_for_their_limit(store: Store) -> None:
    one = Limit("work", concurrent=1)
    await enqueue(store, "t1", one, claimed=True)
    await enqueue(store, "t2", one)
    assert await claimed(store) == []
    await finish(store, "t1")
    assert await claimed(store) == ["t2"]


async def test_each_entry_is_measured_by_its_own_numbers(store: Store) -> None:
    await enqueue(store, "old-1", Limit("work", concurrent=1))
    await enqueue(store, "old-2", Limit("work", concurrent=1))
    await enqueue(store, "new-1", Limit("work", concurrent=2))
    await enqueue(store, "new-2", Limit("work", concurrent=2))
    assert await claimed(store) == ["old-1", "new-1"]
    await finish(store, "old-1")
    assert await claimed(store) == ["new-2"]


async def test_a_window_slides(store: Store) -> None:
    for n in range(5):
        await enqueue(store, f"t{n}", WINDOW)
    assert await claimed(store, 1, now=NOW) == ["t0"]
    assert await claimed(store, 5, now=NOW + 600) == ["t1"]
    assert await store.next_available("work") == NOW + 1_000
    assert await claimed(store, 5, now=NOW + 999) == []
    assert await claimed(store, 5, now=NOW + 1_000) == ["t2"]
    assert await store.next_available("work") == NOW + 1_600
    assert await claimed(store, 5, now=NOW + 1_600) == ["t3"]


async def test_the_end_of_a_task_does_not_reopen_its_window(store: Store) -> None:
    for n in range(3):
        await enqueue(store, f"t{n}", WINDOW)
    assert await claimed(store) == ["t0", "t1"]
    await finish(store, "t0")
    await finish(store, "t1")
    assert await claimed(store, now=NOW + 999) == []
    assert await claimed(store, now=NOW + 1_000) == ["t2"]


async def test_a_released_claim_does_not_count_in_the_window(store: Store) -> None:
    for n in range(2):
        await enqueue(store, f"t{n}", Limit("work", per_window=1, window_ms=1_000))
    assert await claimed(store) == ["t0"]
    await store.release(["t0"])
    assert await claimed(store) == ["t0"]
    assert await claimed(store) == []


async def test_a_delayed_entry_behind_a_window_needs_both(store: Store) -> None:
    await enqueue(store, "t0", Limit("work", per_window=1, window_ms=1_000))
    await enqueue(store, "t1", Limit("work", per_window=1, window_ms=1_000), available_at=NOW + 5_000)
    await claimed(store)
    assert await store.next_available("work") == NOW + 5_000


async def test_both_limits_hold_together(store: Store) -> None:
    both = Limit("work", concurrent=1, per_window=2, window_ms=1_000)
    for n in range(4):
        await enqueue(store, f"t{n}", both)
    assert await claimed(store) == ["t0"]
    await finish(store, "t0")
    assert await claimed(store) == ["t1"]
    await finish(store, "t1")
    assert await claimed(store) == []
    assert await claimed(store, now=NOW + 1_000) == ["t2"]
