"""A commit is one atomic step that fits the stored version or changes nothing."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from engine.effects import PublishEvent
from engine.errors import AlreadyExists, ConductorError, VersionConflict
from engine.model import Workflow, WorkflowMessage
from engine.ports import Commit, Document, Store, Stored
from engine.status import TaskStatus
from tests.contract.executions import COMPLETED, NOW, claimed, create, creation, entry, header, summary, task


async def loaded(store: Store, workflow_id: str = "w1") -> Stored:
    found = await store.load(workflow_id)
    assert found
    return found


async def outcomes(*commits: object) -> list[type[BaseException] | None]:
    results = await asyncio.gather(*commits, return_exceptions=True)  # type: ignore[call-overload]
    return [type(result) if isinstance(result, BaseException) else None for result in results]


async def test_a_commit_is_loaded_as_it_was_given(store: Store) -> None:
    full: Workflow = header(
        input={"text": "ü", "deep": [{"n": 1.5, "none": None}]},
        output={"done": True},
        variables={"v": [1]},
        correlation_id="c",
        priority=7,
        outbox=(PublishEvent("k", "sink", {"a": 1}),),
        deadline=NOW + 5,
        task_to_domain={"*": "d"},
        messages=(WorkflowMessage("m1", msgspec.Raw('{"text": "ü"}'.encode()), NOW),),
    )
    tasks = (task("t1", seq=1, output_data={"a": "b"}), task("t2", seq=2, waits_for=("ref1",)))
    await create(store, header=full, tasks=tasks)
    assert await store.load("w1") == Stored(full, tasks)


async def test_an_unknown_workflow_is_none(store: Store) -> None:
    assert await store.load("nobody") is None
    assert await store.workflow_of("nothing") is None


async def test_tasks_come_in_the_order_of_their_seq(store: Store) -> None:
    await create(store, tasks=(task("t10", seq=10), task("t2", seq=2)))
    await store.commit(Commit(workflow_id="w1", expected=1, tasks=(task("t5", seq=5),)))
    assert [row.seq for row in (await loaded(store)).tasks] == [2, 5, 10]


async def test_a_later_commit_replaces_the_tasks_it_names_and_keeps_the_others(store: Store) -> None:
    first, second = task("t1", seq=1), task("t2", seq=2)
    await create(store, tasks=(first, second))
    changed = task("t1", seq=1, status=TaskStatus.COMPLETED, rev=2)
    await store.commit(Commit(workflow_id="w1", expected=1, tasks=(changed,)))
    assert (await loaded(store)).tasks == (changed, second)


async def test_without_header_only_version_and_update_time_change(store: Store) -> None:
    await create(store, header=header(input={"a": 1}, deadline=5))
    await store.commit(Commit(workflow_id="w1", expected=1, update_time=NOW + 9))
    assert (await loaded(store)).header == header(version=2, update_time=NOW + 9, input={"a": 1}, deadline=5)


async def test_a_header_after_commits_without_one_replaces_all_of_it(store: Store) -> None:
    await create(store)
    await store.commit(Commit(workflow_id="w1", expected=1, update_time=NOW + 1))
    after = header(version=3, update_time=NOW + 2, status=COMPLETED)
    await store.commit(Commit(workflow_id="w1", expected=2, header=after))
    assert (await loaded(store)).header == after


async def test_a_touch_changes_the_tasks_and_nothing_else(store: Store) -> None:
    await create(store, tasks=(task(),))
    polled = task(status=TaskStatus.IN_PROGRESS, poll_count=1)
    await store.commit(Commit(workflow_id="w1", expected=1, touch=True, update_time=NOW + 1, tasks=(polled,)))
    assert await store.load("w1") == Stored(header(), (polled,))
    await store.commit(Commit(workflow_id="w1", expected=1))
    assert (await loaded(store)).header.version == 2


@pytest.mark.parametrize("expected", [0, 1, 3])
@pytest.mark.parametrize("touch", [False, True])
async def test_a_commit_that_does_not_fit_changes_nothing(store: Store, expected: int, touch: bool) -> None:
    await create(store, tasks=(task(),))
    await store.commit(Commit(workflow_id="w1", expected=1))
    before = await store.load("w1")
    wrong = Commit(
        workflow_id="w1",
        expected=expected,
        header=None if touch else header(version=expected + 1, status=COMPLETED),
        touch=touch,
        tasks=(task(status=TaskStatus.FAILED), task("t2", seq=2)),
        enqueue=(entry(),),
        summary=summary(),
        snapshot=Document("snapshot", "s", b"{}"),
    )
    with pytest.raises(VersionConflict, match="w1"):
        await store.commit(wrong)
    assert await store.load("w1") == before
    assert await store.workflow_of("t2") is None
    assert await claimed(store) == []
    assert (await store.correlated("flow", "c")) == []
    assert await store.get_document("snapshot", "s") is None


@pytest.mark.parametrize("touch", [False, True])
@pytest.mark.parametrize("expected", [0, 1])
async def test_a_workflow_begins_with_a_header(store: Store, expected: int, touch: bool) -> None:
    with pytest.raises(VersionConflict):
        await store.commit(Commit(workflow_id="w1", expected=expected, touch=touch, tasks=(task(),)))
    assert await store.load("w1") is None
    assert await store.workflow_of("t1") is None


async def test_a_task_id_belongs_to_one_task(store: Store) -> None:
    if store.shared:
        pytest.skip("a shared store would have to ask at every commit; ids are unique by their making")
    await create(store, tasks=(task("t1"),))
    with pytest.raises(AlreadyExists):
        await create(store, "w2", tasks=(task("t1", "w2"),))
    assert await store.load("w2") is None
    assert await store.workflow_of("t1") == "w1"
    with pytest.raises(AlreadyExists):
        await store.commit(Commit(workflow_id="w1", expected=1, tasks=(task("t1", seq=2),)))
    assert len((await loaded(store)).tasks) == 1


async def test_a_place_belongs_to_one_task(store: Store) -> None:
    if store.shared:
        pytest.skip("a shared store would have to ask at every commit; places come from one counter of the header")
    await create(store, tasks=(task("t1"),), enqueue=(entry("t1"),))
    with pytest.raises(AlreadyExists):
        await store.commit(Commit(workflow_id="w1", expected=1, tasks=(task("t2"),), dequeue=("t1",)))
    assert await store.load("w1") == Stored(header(), (task("t1"),))
    assert await store.workflow_of("t2") is None
    assert await claimed(store) == ["t1"]


async def test_removed_tasks_are_gone_with_their_entries_and_deadlines(store: Store) -> None:
    await create(
        store,
        tasks=(task("t1", seq=1, deadline=NOW), task("t2", seq=2)),
        enqueue=(entry("t1"), entry("t2")),
    )
    await store.commit(Commit(workflow_id="w1", expected=1, removed=("t1", "never-there")))
    assert (await loaded(store)).tasks == (task("t2", seq=2),)
    assert await store.workflow_of("t1") is None
    assert await claimed(store) == ["t2"]
    assert await store.due(NOW, 10) == []


async def test_a_removed_task_makes_room_for_another_of_its_seq_or_id(store: Store) -> None:
    await create(store, tasks=(task("t1", seq=1), task("t2", seq=2)))
    again = (task("t3", seq=1), task("t2", seq=3))
    await store.commit(Commit(workflow_id="w1", expected=1, removed=("t1", "t2"), tasks=again))
    assert (await loaded(store)).tasks == again
    assert await store.workflow_of("t1") is None
    assert await store.workflow_of("t2") == "w1"


async def test_commits_of_one_workflow_apply_in_the_order_they_were_handed_over(store: Store) -> None:
    statuses = [TaskStatus.SCHEDULED, TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED]
    handed = [store.commit(creation(tasks=(task(),)))]
    for version in range(1, 40):
        rows = (task(status=statuses[version % 3], rev=version + 1),)
        handed.append(store.commit(Commit(workflow_id="w1", expected=version, update_time=version, tasks=rows)))
        handed.append(store.commit(Commit(workflow_id="w1", expected=version + 1, touch=True, tasks=rows)))
    assert set(await outcomes(*handed)) == {None}
    stored = await loaded(store)
    assert (stored.header.version, stored.header.update_time) == (40, 39)
    assert stored.tasks == (task(status=statuses[0], rev=40),)


async def test_order_holds_when_header_entries_and_removals_mix(store: Store) -> None:
    handed = [
        store.commit(creation(tasks=(task(),), enqueue=(entry(),))),
        store.commit(Commit(workflow_id="w1", expected=1, tasks=(task("t2", seq=2),), dequeue=("t1",))),
        store.commit(Commit(workflow_id="w1", expected=2, removed=("t2",), update_time=NOW + 2)),
        store.commit(Commit(workflow_id="w1", expected=3, tasks=(task("t3", seq=2),), enqueue=(entry("t3"),))),
        store.commit(Commit(workflow_id="w1", expected=4, dequeue=("t3",), enqueue=(entry("t1"),))),
        store.commit(Commit(workflow_id="w1", expected=5, header=header(version=6, update_time=NOW + 9))),
        store.commit(Commit(workflow_id="w1", expected=6, update_time=NOW + 10)),
    ]
    assert set(await outcomes(*handed)) == {None}
    assert await store.load("w1") == Stored(header(version=7, update_time=NOW + 10), (task(), task("t3", seq=2)))
    assert await claimed(store) == ["t1"]


async def test_what_was_handed_over_behind_a_failed_commit_fails_as_well(store: Store) -> None:
    await create(store)
    stale = store.commit(Commit(workflow_id="w1", expected=0, header=header()))
    behind = store.commit(Commit(workflow_id="w1", expected=1, update_time=1))  # would fit by its version
    touch = store.commit(Commit(workflow_id="w1", expected=1, touch=True, tasks=(task(),)))
    assert await outcomes(stale, behind, touch) == [VersionConflict] * 3
    assert await store.load("w1") == Stored(header(), ())


async def test_after_a_failure_is_known_the_workflow_goes_on(store: Store) -> None:
    await create(store)
    for _ in range(3):
        with pytest.raises(VersionConflict):
            await store.commit(Commit(workflow_id="w1", expected=9))
    await store.commit(Commit(workflow_id="w1", expected=1, update_time=NOW + 1))
    assert (await loaded(store)).header.version == 2


async def test_a_failing_commit_leaves_the_others_of_its_flush_alone(store: Store) -> None:
    await create(store, "w0", tasks=(task("taken", "w0"),))
    handed = []
    for n in range(1, 21):
        clash = "taken" if n == 7 and not store.shared else f"t{n}"
        version = 5 if n == 13 or (n == 7 and store.shared) else 0
        first = creation(f"w{n}", tasks=(task(clash, f"w{n}"),), expected=version, enqueue=(entry(clash, f"w{n}"),))
        handed.append(store.commit(first))
        handed.append(store.commit(Commit(workflow_id=f"w{n}", expected=1, update_time=n)))
    results = await outcomes(*handed)
    assert [at for at, error in enumerate(results) if error] == [12, 13, 24, 25]
    assert all(issubclass(error, ConductorError) for error in results if error)
    versions = [found.header.version if (found := await store.load(f"w{n}")) else 0 for n in range(1, 21)]
    assert versions == [0 if n in (7, 13) else 2 for n in range(1, 21)]
    assert sorted(await claimed(store, 30)) == sorted(f"t{n}" for n in range(1, 21) if n not in (7, 13))


async def test_different_workflows_do_not_wait_for_each_other(store: Store) -> None:
    await asyncio.gather(*(create(store, f"w{n}", tasks=(task(f"t{n}", f"w{n}"),)) for n in range(50)))
    assert [await store.workflow_of(f"t{n}") for n in range(50)] == [f"w{n}" for n in range(50)]


async def test_a_commit_goes_through_even_if_nobody_waits_for_it(store: Store) -> None:
    waiting = asyncio.ensure_future(store.commit(creation(enqueue=(entry(),), tasks=(task(),))))
    waiting.cancel()
    await store.commit(Commit(workflow_id="w1", expected=1))
    assert (await loaded(store)).header.version == 2
    assert await claimed(store) == ["t1"]


async def test_the_snapshot_is_stored_once(store: Store) -> None:
    await create(store, snapshot=Document("snapshot", "s", b"first", 3))
    await create(store, "w2", snapshot=Document("snapshot", "s", b"second", 3))
    assert await store.get_document("snapshot", "s", 3) == Document("snapshot", "s", b"first", 3)


async def test_a_removed_execution_is_gone_with_all_that_belonged_to_it(store: Store) -> None:
    await create(
        store,
        header=header(outbox=(PublishEvent("k", "s"),), deadline=NOW),
        tasks=(task(deadline=NOW),),
        enqueue=(entry(),),
        summary=summary(correlation_id="c", idempotency_key="i"),
    )
    await create(store, "w2", tasks=(task("t2", "w2"),), enqueue=(entry("t2", "w2"),))
    await store.remove("w1")
    assert await store.load("w1") is None
    assert await store.workflow_of("t1") is None
    assert await store.with_outbox(9) == []
    assert await store.correlated("flow", "c") == list(await store.by_idempotency_key("flow", "i")) == []
    assert await store.due(NOW, 9) == []
    assert await claimed(store) == ["t2"]
    await store.remove("w1")
    await create(store, tasks=(task(),))  # the id is free again
    assert (await loaded(store)).header.version == 1


async def test_a_commit_behind_a_removal_does_not_fit(store: Store) -> None:
    await create(store)
    await asyncio.gather(store.remove("w1"), return_exceptions=True)
    with pytest.raises(VersionConflict):
        await store.commit(Commit(workflow_id="w1", expected=1))
    assert await store.load("w1") is None
