"""Deadlines: each is handed out once, as its last commit stated it."""

from __future__ import annotations

from engine.ports import Commit, Due, Store
from engine.status import TaskStatus
from tests.contract.executions import NOW, create, header, task


async def test_deadlines_come_out_once_earliest_first(store: Store) -> None:
    await create(store, header=header(deadline=NOW + 5), tasks=(task(deadline=NOW + 3), task("t2", seq=2)))
    await create(store, "w2", header=header("w2", deadline=NOW + 9), tasks=(task("t3", "w2", deadline=NOW + 4),))
    assert await store.next_deadline() == NOW + 3
    assert await store.due(NOW + 2, 10) == []
    assert await store.due(NOW + 5, 10) == [Due("w1", "t1", NOW + 3), Due("w2", "t3", NOW + 4), Due("w1", "", NOW + 5)]
    assert await store.due(NOW + 5, 10) == []
    assert await store.next_deadline() == NOW + 9


async def test_no_deadline_is_none(store: Store) -> None:
    assert await store.next_deadline() is None
    await create(store, tasks=(task(),))
    assert await store.next_deadline() is None
    assert await store.due(NOW * 2, 10) == []


async def test_due_takes_no_more_than_its_limit(store: Store) -> None:
    for n in range(4):
        await create(store, f"w{n}", header=header(f"w{n}", deadline=NOW + n))
    assert [due.workflow_id for due in await store.due(NOW + 9, 3)] == ["w0", "w1", "w2"]
    assert [due.workflow_id for due in await store.due(NOW + 9, 3)] == ["w3"]


async def test_a_commit_moves_or_withdraws_a_deadline(store: Store) -> None:
    await create(
        store, header=header(deadline=NOW + 1), tasks=(task(deadline=NOW + 2), task("t2", seq=2, deadline=NOW + 3))
    )
    after = (task(deadline=NOW + 50), task("t2", seq=2, status=TaskStatus.COMPLETED))
    await store.commit(Commit(workflow_id="w1", expected=1, header=header(version=2), tasks=after))
    assert await store.next_deadline() == NOW + 50
    assert await store.due(NOW + 49, 10) == []
    await store.commit(Commit(workflow_id="w1", expected=2, touch=True, tasks=(task(deadline=NOW + 20),)))
    assert await store.due(NOW + 49, 10) == [Due("w1", "t1", NOW + 20)]
    assert await store.next_deadline() is None


async def test_a_commit_that_says_nothing_about_a_deadline_leaves_it(store: Store) -> None:
    await create(store, header=header(deadline=NOW + 1), tasks=(task(deadline=NOW + 2),))
    await store.commit(Commit(workflow_id="w1", expected=1, tasks=(task("t2", seq=2),)))
    assert await store.due(NOW + 2, 10) == [Due("w1", "", NOW + 1), Due("w1", "t1", NOW + 2)]
    await store.commit(Commit(workflow_id="w1", expected=2, tasks=(task("t2", seq=2),)))
    assert await store.due(NOW + 2, 10) == []


async def test_a_deadline_that_is_stated_again_comes_out_again(store: Store) -> None:
    await create(store, header=header(deadline=NOW), tasks=(task(deadline=NOW),))
    assert len(await store.due(NOW, 10)) == 2
    again = Commit(workflow_id="w1", expected=1, header=header(version=2, deadline=NOW), tasks=(task(deadline=NOW),))
    await store.commit(again)
    assert await store.due(NOW, 10) == [Due("w1", "", NOW), Due("w1", "t1", NOW)]
