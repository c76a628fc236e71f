"""Logs and poll records."""

from __future__ import annotations

from engine.ports import Commit, PollRecord, Store
from engine.requests import TaskExecLog
from tests.contract.executions import NOW, create, task


async def test_logs_come_in_the_order_of_arrival(store: Store) -> None:
    first, second, third = (TaskExecLog(text, "t1", created) for text, created in (("b", 9), ("a", 1), ("a", 1)))
    await store.add_logs([first, TaskExecLog("other", "t2")])
    await store.add_logs([second, third])
    await store.add_logs([])
    assert await store.logs("t1") == [first, second, third]
    assert await store.logs("t3") == []


async def test_logs_go_with_their_task(store: Store) -> None:
    await create(store, tasks=(task("t1"), task("t2", seq=2)))
    await store.add_logs([TaskExecLog("one", "t1"), TaskExecLog("two", "t2"), TaskExecLog("three", "elsewhere")])
    await store.commit(Commit(workflow_id="w1", expected=1, removed=("t1",)))
    assert await store.logs("t1") == []
    assert len(await store.logs("t2")) == 1
    await store.remove("w1")
    assert await store.logs("t2") == []
    assert len(await store.logs("elsewhere")) == 1


async def test_the_last_poll_of_each_queue_and_domain_is_kept(store: Store) -> None:
    await store.put_polls([PollRecord("work", "DEFAULT", "a", NOW), PollRecord("work", "d", "b", NOW)])
    await store.put_polls([PollRecord("work", "DEFAULT", "c", NOW + 1), PollRecord("rest", "DEFAULT", None, NOW)])
    found = sorted(await store.polls("work"), key=lambda poll: poll.domain)
    assert found == [PollRecord("work", "DEFAULT", "c", NOW + 1), PollRecord("work", "d", "b", NOW)]
    assert len(await store.polls()) == 3
    assert await store.polls("nothing") == []


async def test_a_store_that_answers_passes_its_check(store: Store) -> None:
    await store.check()


async def test_close_may_be_called_twice(store: Store) -> None:
    await create(store)
    await store.close()
    await store.close()
