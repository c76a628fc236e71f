"""What one store does, every store does (DESIGN §8, 9): one script told to two engines gives the same answers."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given

from engine.definitions import WorkflowDef
from engine.ports import Store
from engine.search import Search
from storage.memory import MemoryStore
from storage.sqlite import SqliteStore
from tests.properties.scripts import TYPES, Life, Script, definitions, scripts
from tests.world import CountingIds, FakeClock


async def told(store: Store, definition: WorkflowDef, script: Script) -> dict[str, Any]:
    """Everything a client could see and was answered."""
    life = Life(store, FakeClock(), CountingIds())
    await life.begin(definition)
    try:
        await life.tell(script)
        await life.nothing_broke()
        found = await store.search(Search())
        return {
            "answers": life.answers,
            "views": [await life.engine.workflow(summary.workflow_id) for summary in found.results],
            "found": found,
            "sizes": await life.engine.queue_sizes(TYPES),
            "next deadline": await store.next_deadline(),
            "outboxes": await store.with_outbox(10),
        }
    finally:
        await life.engine.stop()


@given(definition=definitions, script=scripts)
def test_the_same_script_gives_the_same_answers_on_every_store(definition: WorkflowDef, script: Script) -> None:
    in_memory = asyncio.run(told(MemoryStore(), definition, script))
    with tempfile.TemporaryDirectory() as folder:
        on_disk = asyncio.run(told(SqliteStore(Path(folder)), definition, script))
    for what, seen in in_memory.items():
        assert on_disk[what] == seen, what
