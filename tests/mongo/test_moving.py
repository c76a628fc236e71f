"""A store moves to MongoDB and back: what clients see is the same, and work goes on where it stood."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from engine.errors import Unavailable
from engine.model import Millis
from engine.ports import Store
from engine.search import Search
from engine.status import WorkflowStatus
from handlers import exporting, importing
from handlers.export_lines import Broken, Line, read, resume
from handlers.exporting import export
from handlers.importing import Imported, import_lines
from storage.memory import MemoryStore
from storage.mongo import MongoStore
from storage.sqlite import SqliteStore
from tests.mongo.engines import told
from tests.mongo.household import engine_over, live, register, seen, worked_off
from tests.world import FakeClock

LATER_IDS = 100_000


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are many."""
    monkeypatch.setattr(exporting, "PAGE", 20)
    monkeypatch.setattr(exporting, "AT_ONCE", 7)
    monkeypatch.setattr(importing, "LINES", 16)


def ignored(_: object) -> None:
    """Nobody looks at the bar, nobody listens to the bell."""


async def exported(store: Store) -> bytes:
    """The file of a store that nobody has open."""
    await store.open(ignored)
    file = io.BytesIO()
    await export(store, file, ignored)
    await store.close()
    return file.getvalue()


async def imported(store: Store, file: bytes) -> Imported:
    """What became of a file in such a store."""
    await store.open(ignored)
    try:
        return await import_lines(store, io.BytesIO(file), ignored)
    finally:
        await store.close()


async def next_deadline(store: Store) -> Millis | None:
    await store.open(ignored)
    try:
        return await store.next_deadline()
    finally:
        await store.close()


async def filled(store: Store, clock: FakeClock) -> tuple[list[str], bytes]:
    """A store with everything in it: the ids of its executions, and its file."""
    async with engine_over(store, clock) as engine:
        await register(engine)
        ids = await live(engine, clock)
    return ids, await exported(store)


def test_there_and_back_everything_is_as_it_was_and_goes_on(uri: str, tmp_path: Path) -> None:
    async def story() -> None:
        clock = FakeClock()
        home, away, back = SqliteStore(tmp_path / "home"), MongoStore(uri), SqliteStore(tmp_path / "back")
        ids, file = await filled(home, clock)
        async with engine_over(home, clock, LATER_IDS) as engine:
            before, deadline = await seen(engine, ids), await home.next_deadline()
        lines = file.count(b"\n")
        assert await imported(away, file) == Imported(lines, 0)
        assert (moved := await exported(away)).count(b"\n") == lines
        assert await imported(back, moved) == Imported(lines, 0)
        assert await exported(back) == moved
        assert await next_deadline(back) == deadline
        async with engine_over(back, clock, LATER_IDS) as engine:
            after = await seen(engine, ids)
            for what, told_before in before.items():
                assert after[what] == told_before, what
            assert not await engine.poll("limited", "me", None, 5, 0), "the one that is with a worker counts"
            await worked_off(engine, clock)
            found = (await engine.search(Search(size=1000))).results
            assert {each.workflow_type for each in found if not each.status.terminal} == {
                "chain",
                "mailbox",
                "tells",
            }  # one is paused, the others wait for somebody
            assert (await engine.workflow(ids[2])).header.status is WorkflowStatus.PAUSED

    told(story())


def test_an_export_that_was_stopped_goes_on(tmp_path: Path) -> None:
    async def gone_on_with(store: Store, begun: bytes) -> bytes:
        file = io.BytesIO(begun)
        after = resume(file)
        await store.open(ignored)
        await export(store, file, ignored, after)
        await store.close()
        return file.getvalue()

    async def story() -> None:
        store = SqliteStore(tmp_path)
        _, whole = await filled(store, FakeClock())
        for cut in (0, 1, len(whole) // 3, whole.rindex(b"\n", 0, -1), len(whole) - 1, len(whole)):
            file = await gone_on_with(store, whole[:cut])
            assert executions(file) == executions(whole), cut
            target = MemoryStore()
            await imported(target, file)
            assert documents(await exported(target)) == documents(whole), cut

    told(story())


def _lines(file: bytes) -> list[Line]:
    return [each.line for each in read(io.BytesIO(file))]


def executions(file: bytes) -> list[object]:
    return [line.execution for line in _lines(file) if line.execution]


def documents(file: bytes) -> list[tuple[str, str, int, str]]:
    return sorted((each.kind, each.name, each.version, each.body) for line in _lines(file) if (each := line.document))


@pytest.mark.parametrize("kind", ["sqlite", "mongo"])
def test_an_import_that_was_stopped_may_be_repeated(kind: str, uri: str, tmp_path: Path) -> None:
    async def story() -> None:
        _, whole = await filled(MemoryStore(), FakeClock())
        target: Store = SqliteStore(tmp_path) if kind == "sqlite" else MongoStore(uri)
        half = whole[: len(whole) // 2]
        with pytest.raises(Broken, match=r"Line \d+ is cut off"):
            await imported(target, half)
        done, lines = half.count(b"\n"), whole.count(b"\n")
        assert await imported(target, whole) == Imported(lines - done, done)
        assert await imported(target, whole) == Imported(0, lines)
        again = await exported(target)
        assert (len(executions(again)), documents(again)) == (len(executions(whole)), documents(whole))

    told(story())


class Forgetful(MemoryStore):
    """Goes away before it takes logs, as often as it is told to."""

    failures = 1

    async def add_logs(self, logs: object) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("gone")
        await super().add_logs(logs)  # type: ignore[arg-type]


def test_logs_come_exactly_once_however_often_an_import_is_stopped() -> None:
    async def story() -> None:
        _, whole = await filled(MemoryStore(), FakeClock())
        target = Forgetful()
        with pytest.raises(Unavailable, match="gone"):
            await imported(target, whole)
        await imported(target, whole)
        await imported(target, whole)
        moved = MemoryStore()
        await imported(moved, whole)
        assert executions(await exported(target)) == executions(await exported(moved))

    told(story())
