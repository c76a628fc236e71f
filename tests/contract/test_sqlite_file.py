"""What only a store with a file promises: it survives, it has one owner, and it says what is wrong with its file."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.effects import PublishEvent
from engine.errors import AlreadyExists, Unavailable
from engine.ports import Commit, Document, Due, Limit, Page, PollRecord, Stored
from engine.requests import TaskExecLog
from engine.search import Search
from engine.status import TaskStatus
from storage.sqlite import SqliteStore, records
from storage.sqlite.rows import Row
from tests.contract.executions import (
    COMPLETED,
    NOW,
    claimed,
    create,
    creation,
    enqueue,
    entry,
    finish,
    header,
    summary,
    task,
)


@asynccontextmanager
async def opened(folder: Path, ring: Callable[[str], None] = lambda _: None) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(folder)
    await store.open(ring)
    try:
        yield store
    finally:
        await store.close()


async def fill(store: SqliteStore) -> None:
    """One of everything."""
    await create(
        store,
        header=header(input={"a": 1}, deadline=NOW + 7, outbox=(PublishEvent("k", "s"),)),
        tasks=(task("t1", deadline=NOW + 3), task("t2", seq=2), task("t3", seq=3)),
        enqueue=(entry("t1"), entry("t2", priority=5), entry("t3")),
        summary=summary(correlation_id="c"),
        snapshot=Document("snapshot", "s", b"{}"),
    )
    await store.commit(Commit(workflow_id="w1", expected=1, update_time=NOW + 1, dequeue=("t3",)))
    await store.add_logs([TaskExecLog("hello", "t1")])
    await store.put_polls([PollRecord("work", "DEFAULT", "me", NOW)])


async def seen(store: SqliteStore) -> dict[str, Any]:
    """All that `fill` left."""
    return {
        "w1": await store.load("w1"),
        "outbox": await store.with_outbox(9),
        "correlated": await store.correlated("flow", "c"),
        "snapshot": await store.get_document("snapshot", "s"),
        "logs": await store.logs("t1"),
        "search": await store.search(Search()),
        "sizes": await store.queue_sizes(),
        "next": await store.next_deadline(),
        "claim": await store.claim("work", 9, NOW),
        "due": await store.due(NOW + 7, 9),
    }


async def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await fill(store)
        before = await seen(store)
    assert before["sizes"] == {"work": 2}
    assert before["due"] == [Due("w1", "t1", NOW + 3), Due("w1", "", NOW + 7)]
    async with opened(tmp_path) as store:
        assert await store.polls("work") == [PollRecord("work", "DEFAULT", "me", NOW)]
        assert await seen(store) == before


async def test_what_was_durable_is_there_after_a_crash(tmp_path: Path) -> None:
    """The files are copied while the store runs: the state that a killed process leaves."""
    async with opened(tmp_path / "alive") as store:
        await fill(store)
        shutil.copytree(tmp_path / "alive", tmp_path / "crashed")
        expected = await seen(store)
    async with opened(tmp_path / "crashed") as store:
        assert await seen(store) == expected


async def test_the_same_store_may_be_opened_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    for workflow_id in ("w1", "w2"):
        await store.open(lambda _: None)
        await create(store, workflow_id, tasks=(task(f"t-{workflow_id}", workflow_id),))
        await store.close()
    async with opened(tmp_path) as store:
        assert await store.load("w1")
        assert await store.load("w2")


async def test_a_claim_is_forgotten_but_a_polled_task_stays_with_its_worker(tmp_path: Path) -> None:
    one = Limit("work", concurrent=1)
    async with opened(tmp_path) as store:
        await create(store, tasks=(task("t1"),), enqueue=(entry("t1", limit=one),))
        await enqueue(store, "t2", one)
        await enqueue(store, "free")
        assert await claimed(store) == ["t1", "free"]
        polled = task("t1", status=TaskStatus.IN_PROGRESS)
        await store.commit(Commit(workflow_id="w1", expected=1, touch=True, tasks=(polled,)))
    rung: list[str] = []
    async with opened(tmp_path, rung.append) as store:
        assert await claimed(store) == ["free"]
        done = task("t1", status=TaskStatus.COMPLETED)
        await store.commit(Commit(workflow_id="w1", expected=1, tasks=(done,), dequeue=("t1",)))
        assert rung == ["work"]
        assert await claimed(store) == ["t2"]
    async with opened(tmp_path) as store:
        assert sorted(await claimed(store)) == ["free", "t2"]


async def test_entries_of_tasks_that_a_commit_does_not_rewrite_survive_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await create(store, tasks=(task("t1"), task("t2", seq=2)), enqueue=(entry("t1"),))
        await store.commit(Commit(workflow_id="w1", expected=1, enqueue=(entry("t2", priority=3),), dequeue=("t1",)))
    async with opened(tmp_path) as store:
        assert await store.claim("work", 9, NOW) == [entry("t2", priority=3)]


async def test_a_deadline_that_was_handed_out_comes_back_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await create(store, header=header(deadline=NOW))
        assert len(await store.due(NOW, 9)) == 1
    async with opened(tmp_path) as store:
        assert await store.due(NOW, 9) == [Due("w1", "", NOW)]


async def test_closing_writes_what_was_handed_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        waiting = [asyncio.ensure_future(store.commit(creation(f"w{n}"))) for n in range(50)]
        await store.close()
        assert all(future.done() and future.exception() is None for future in waiting)
    async with opened(tmp_path) as store:
        assert all([await store.load(f"w{n}") for n in range(50)])


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with pytest.raises(Unavailable, match="not open"):
        await store.check()
    await store.open(lambda _: None)
    await store.close()
    with pytest.raises(Unavailable, match="closed"):
        await store.commit(creation())
    with pytest.raises(Unavailable):
        await store.load("w1")


async def test_a_second_owner_is_refused_with_the_name_of_the_file_and_the_process(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from storage.sqlite import SqliteStore; "
        "asyncio.run(SqliteStore(Path(sys.argv[1])).open(print))"
    )
    (tmp_path / "segue.lock").write_text("123456789012345\n")  # left behind by an owner that died
    async with opened(tmp_path) as store:
        await create(store)
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(tmp_path), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        _, said = await second.communicate()
        assert second.returncode == 1
        owner = os.getpid()
        assert (tmp_path / "segue.lock").read_text() == f"{owner}\n"
        assert f"segue.lock is locked by process {owner}" in said.decode()
        with pytest.raises(Unavailable, match=f"process {owner}"):
            await SqliteStore(tmp_path).open(lambda _: None)
        await store.commit(Commit(workflow_id="w1", expected=1))  # and the first goes on
    async with opened(tmp_path) as store:
        assert await store.load("w1")


async def test_a_folder_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Unavailable, match=r"data directory .*file/data cannot be used"):
        await SqliteStore(tmp_path / "file" / "data").open(lambda _: None)


async def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as store:
        await create(store)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda file, **how: connect(f"file:{file}?mode=ro", uri=True, **how))
    with pytest.raises(Unavailable, match=r"cannot be used: .*readonly"):
        await SqliteStore(tmp_path).open(lambda _: None)
    monkeypatch.undo()
    async with opened(tmp_path) as store:  # the refused one did not keep the lock
        assert await store.load("w1")


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "segue.db").write_bytes(b"precious notes" * 1_000)
    with pytest.raises(Unavailable, match="not a database"):
        await SqliteStore(tmp_path).open(lambda _: None)
    assert (tmp_path / "segue.db").read_bytes() == b"precious notes" * 1_000


async def test_a_file_of_a_newer_server_is_refused_and_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "segue.db") as db:
        db.execute("pragma user_version = 99")
    db.close()
    with pytest.raises(Unavailable, match=r"schema version 99.*newer server"):
        await SqliteStore(tmp_path).open(lambda _: None)


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file of this process may grow beyond `limit` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_unavailable_until_there_is_room(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await enqueue(store, "t1")
        large = creation("w2", header=header("w2", input={"much": "x" * 300_000}))
        with full_disk((tmp_path / "segue.db-wal").stat().st_size):
            with pytest.raises(Unavailable, match=r"cannot do this now: .*(full|I/O)"):
                await store.commit(large)
            with pytest.raises(Unavailable):
                await store.check()
            assert await store.load("w-t1")
            assert await store.load("w2") is None
        await store.check()
        await store.commit(large)
        await finish(store, "t1")
        assert await store.load("w2")
    async with opened(tmp_path) as store:
        assert await store.load("w2")
        assert await claimed(store) == []


async def test_polls_are_written_in_time_and_again_when_the_disk_was_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    put_polls = records.put_polls

    def put(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
        tried.append(len(rows))
        put_polls(db, rows)

    monkeypatch.setattr(records, "put_polls", put)
    monkeypatch.setattr("storage.sqlite.store.POLLS_EVERY", 0.001)
    async with opened(tmp_path) as store:
        await create(store)
        with full_disk((tmp_path / "segue.db-wal").stat().st_size):
            await store.put_polls([PollRecord("work", "DEFAULT", "me", NOW)])
            await until(lambda: len(tried) > 1)
            assert polls_in(tmp_path) == 0
        await until(lambda: polls_in(tmp_path) == 1)
        assert await store.polls() == [PollRecord("work", "DEFAULT", "me", NOW)]


def polls_in(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "segue.db")) as db:
        return int(db.execute("select count(*) from poll").fetchone()[0])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


@contextmanager
def one_flush(store: SqliteStore) -> Iterator[None]:
    """What is handed over inside is written in one transaction."""
    held = threading.Event()
    assert store._writer
    store._writer.run(lambda _: held.wait(10))
    try:
        yield
    finally:
        held.set()


async def test_within_one_flush_all_changes_keep_their_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        with one_flush(store):
            handed = [
                store.commit(creation(tasks=(task("t1"), task("t2", seq=2)))),
                store.commit(Commit(workflow_id="w1", expected=1, enqueue=(entry("t1"),))),
                store.commit(Commit(workflow_id="w1", expected=2, tasks=(task("t1"),), dequeue=("t1",))),
                store.commit(Commit(workflow_id="w1", expected=3, tasks=(task("t3", seq=3),), enqueue=(entry("t3"),))),
                store.commit(Commit(workflow_id="w1", expected=4, removed=("t3",))),
                store.commit(creation("w2", tasks=(task("t4", "w2"),), summary=summary("w2"))),
                asyncio.ensure_future(store.remove("w2")),
                store.commit(creation("w3", header=header("w3", deadline=NOW))),
                store.commit(Commit(workflow_id="w3", expected=1, header=header("w3", 2, update_time=5))),
                store.commit(Commit(workflow_id="w3", expected=2, update_time=6)),
            ]
            await asyncio.sleep(0)  # `remove` is handed over when its task begins
        await asyncio.gather(*handed)
    async with opened(tmp_path) as store:
        assert await store.load("w1") == Stored(header(version=5, update_time=0), (task("t1"), task("t2", seq=2)))
        assert await claimed(store) == []
        assert await store.load("w2") is None
        assert await store.search(Search()) == Page(0, ())
        assert await store.load("w3") == Stored(header("w3", 3, update_time=6), ())
        assert await store.next_deadline() is None


async def test_a_failing_change_fails_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.put_document(Document("task", "t", b""))
        too_large = store.commit(creation("w1", summary=summary("w1", priority=2**70)))
        results = await asyncio.gather(
            store.commit(creation("w0")),
            too_large,
            store.put_document(Document("task", "t", b""), create=True),
            store.put_document(Document("task", "u", b"")),
            store.commit(Commit(workflow_id="w1", expected=0, header=header())),
            store.commit(Commit(workflow_id="w0", expected=1)),
            return_exceptions=True,
        )
        kinds = [type(result) if isinstance(result, Exception) else None for result in results]
        assert kinds[:4] == [None, OverflowError, AlreadyExists, None]
        assert isinstance(results[4], Unavailable)
        assert kinds[5] is None
        assert await store.get_document("task", "u")
        assert await store.load("w1") is None


async def test_searches_count_from_the_tally_after_all_kinds_of_change(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        for n in range(30):
            await create(store, f"w{n}", summary=summary(f"w{n}", workflow_type=f"type{n % 3}"))
        for n in range(0, 30, 2):
            moved = summary(f"w{n}", workflow_type=f"type{n % 3}", status=COMPLETED)
            await store.commit(Commit(workflow_id=f"w{n}", expected=1, summary=moved))
        for n in range(0, 30, 5):
            await store.remove(f"w{n}")
    db = sqlite3.connect(tmp_path / "segue.db")
    tallied = "select workflow_type, status, n from tally where span = 0 and n <> 0 order by 1, 2"
    tally = db.execute(tallied).fetchall()
    counted = db.execute("select workflow_type, status, count(*) from summary group by 1, 2 order by 1, 2").fetchall()
    db.close()
    assert tally == counted
    assert sum(n for _, _, n in tally) == 24
