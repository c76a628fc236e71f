"""Queues: who gets which task, and when."""

from __future__ import annotations

import asyncio

import msgspec

from engine.ports import Commit, Document, Limit, Store
from engine.status import TaskStatus
from tests.contract.executions import NOW, claimed, create, creation, enqueue, entry, finish, header, task


async def test_an_entry_is_claimed_as_it_was_enqueued_and_only_once(store: Store) -> None:
    await enqueue(store, "t1", priority=3)
    assert await store.claim("work", 5, NOW) == [entry("t1", "w-t1", priority=3)]
    assert await store.claim("work", 5, NOW) == []


async def test_queues_are_separate(store: Store) -> None:
    await enqueue(store, "t1", queue="work")
    await enqueue(store, "t2", queue="domain:work")
    assert await claimed(store, queue="domain:work") == ["t2"]
    assert await claimed(store, queue="nothing") == []
    assert await claimed(store) == ["t1"]


async def test_what_a_commit_enqueues_is_invisible_until_it_is_durable(store: Store) -> None:
    commit = store.commit(creation(tasks=(task(),), enqueue=(entry(),)))
    early = await claimed(store)
    durable = asyncio.ensure_future(commit).done()
    assert early == [] or durable
    await commit
    assert early + await claimed(store) == ["t1"]


async def test_claim_takes_no_more_than_it_asks_for(store: Store) -> None:
    for n in range(5):
        await enqueue(store, f"t{n}")
    assert await claimed(store, 2) == ["t0", "t1"]
    assert await claimed(store, 0) == []
    assert await claimed(store, 9) == ["t2", "t3", "t4"]


async def test_priority_comes_first_then_the_longest_available_then_the_first_come(store: Store) -> None:
    await enqueue(store, "late", available_at=NOW + 5)
    await enqueue(store, "early-a", available_at=NOW - 5)
    await enqueue(store, "early-b", available_at=NOW - 5)
    await enqueue(store, "urgent", available_at=NOW + 9, priority=9)
    await enqueue(store, "important", available_at=NOW - 1, priority=1)
    assert await claimed(store, now=NOW + 10) == ["urgent", "important", "early-a", "early-b", "late"]


async def test_a_delayed_entry_waits_for_its_time_whatever_its_priority(store: Store) -> None:
    await enqueue(store, "delayed", available_at=NOW + 100, priority=99)
    await enqueue(store, "plain")
    assert await claimed(store, now=NOW + 99) == ["plain"]
    assert await store.next_available("work") == NOW + 100
    assert await claimed(store, now=NOW + 100) == ["delayed"]


async def test_next_available_is_past_for_an_entry_that_waits_and_none_without_entries(store: Store) -> None:
    assert await store.next_available("work") is None
    await enqueue(store, "t1", available_at=NOW + 7)
    await enqueue(store, "t2", available_at=NOW - 7)
    at = await store.next_available("work")
    assert at is not None
    assert at <= NOW
    await claimed(store)
    assert await store.next_available("work") == NOW + 7
    await claimed(store, now=NOW + 7)
    assert await store.next_available("work") is None


async def test_sizes_count_what_is_not_claimed(store: Store) -> None:
    assert await store.queue_sizes() == {}
    await enqueue(store, "t1")
    await enqueue(store, "t2", available_at=NOW + 100)
    await enqueue(store, "t3", queue="other")
    assert await store.queue_sizes() == {"work": 2, "other": 1}
    await claimed(store)
    await claimed(store, queue="other")
    sizes = await store.queue_sizes()
    assert {queue: size for queue, size in sizes.items() if size} == {"work": 1}


async def test_a_dequeued_entry_is_never_handed_out(store: Store) -> None:
    for n in range(3):
        await enqueue(store, f"t{n}")
    await finish(store, "t1")
    assert await claimed(store) == ["t0", "t2"]
    await finish(store, "t0")
    await store.release(["t0"])
    assert await claimed(store) == []


async def test_enqueue_replaces_the_entry_of_the_same_task(store: Store) -> None:
    await create(store, tasks=(task(),), enqueue=(entry(available_at=NOW + 50),))
    moved = entry(queue="other", priority=4)
    await store.commit(Commit(workflow_id="w1", expected=1, enqueue=(moved,)))
    assert await store.claim("work", 9, NOW + 50) == []
    assert await store.claim("other", 9, NOW) == [moved]
    await store.commit(
        Commit(workflow_id="w1", expected=2, tasks=(task(),), enqueue=(entry(),))
    )  # back from its claimer
    assert await claimed(store) == ["t1"]


async def test_enqueue_wins_over_dequeue_in_one_commit(store: Store) -> None:
    await create(store, tasks=(task(),), dequeue=("t1", "unknown"), enqueue=(entry(),))
    assert await claimed(store) == ["t1"]


async def test_a_touch_keeps_the_entry_with_its_claimer(store: Store) -> None:
    await create(store, tasks=(task(),), enqueue=(entry(),))
    await claimed(store)
    polled = task(status=TaskStatus.IN_PROGRESS)
    await store.commit(Commit(workflow_id="w1", expected=1, touch=True, tasks=(polled,)))
    assert await claimed(store) == []


async def test_released_entries_are_available_at_once_in_their_old_place(store: Store, rung: list[str]) -> None:
    for n in range(4):
        await enqueue(store, f"t{n}", available_at=NOW + n)
    assert await claimed(store, 2, now=NOW + 9) == ["t0", "t1"]
    await store.release(["t1", "t0", "t3", "unknown"])
    assert rung == ["work", "work"]
    assert await claimed(store, now=NOW + 9) == ["t0", "t1", "t2", "t3"]


async def test_an_entry_may_arrive_claimed(store: Store) -> None:
    await create(store, tasks=(task(),), enqueue=(entry(claimed=True),))
    assert await claimed(store) == []
    assert await store.queue_sizes() == {}
    await store.release(["t1"])
    assert await claimed(store) == ["t1"]


async def test_two_claimers_never_get_the_same_entry(store: Store) -> None:
    for n in range(30):
        await enqueue(store, f"t{n}")
    hands = await asyncio.gather(*(claimed(store, 2) for _ in range(20)))
    got = [task_id for hand in hands for task_id in hand]
    assert sorted(got) == sorted(f"t{n}" for n in range(30))


async def test_everything_that_comes_back_can_be_encoded(store: Store) -> None:
    limit = Limit("k", concurrent=3, per_window=3, window_ms=10**10)
    first = creation(header=header(deadline=NOW), tasks=(task(deadline=NOW),), enqueue=(entry(limit=limit),))
    await store.commit(first)
    await store.commit(Commit(workflow_id="w1", expected=1, update_time=NOW + 1))
    assert msgspec.json.encode(await store.load("w1"))
    assert msgspec.json.encode(await store.changes("w1", 0))
    assert msgspec.json.encode([await store.queue_sizes(), await store.next_available("work")])
    assert msgspec.json.encode(await store.claim("work", 1, NOW))
    assert msgspec.json.encode([await store.next_deadline(), await store.due(NOW, 9)])
    await store.put_document(Document("task", "t", b"{}", 2**40))
    found = await store.get_document("task", "t", 2**40)
    assert found
    assert type(found.version) is int
