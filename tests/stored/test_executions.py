"""What scripts/bench-stored fills a store with can be imported, and each of its questions has hits there."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from engine.search_parser import parse_search, parse_task_search
from handlers.importing import Imported, import_lines
from storage.sqlite import SqliteStore
from tests.stored.executions import KINDS, definitions, lines
from tests.stored.questions import questions

STORED, BASE = 1_200, 400
NAMES = {"freeText": "free_text", "topLevelOnly": "top_level_only"}


def test_every_question_has_hits(tmp_path: Path) -> None:
    asyncio.run(ask_everything(SqliteStore(tmp_path)))


async def ask_everything(store: SqliteStore) -> None:
    await store.open(lambda _: None)
    try:
        read = await import_lines(store, chain(definitions(), lines(STORED, STORED, seed=1)), lambda _: None)
        assert read == Imported(STORED + len(KINDS), 0)
        for question in questions(STORED, BASE):
            asked: dict[str, Any] = {NAMES.get(name, name): value for name, value in question.asked(3).items()}
            tasks = question.path == "/tasks/search"
            page = await (
                store.search_tasks(parse_task_search(**asked)) if tasks else store.search(parse_search(**asked))
            )
            assert 0 < len(page.results) == min(100, page.total_hits), question.name
    finally:
        await store.close()


def test_a_base_is_of_the_same_kind_and_part_of_the_time() -> None:
    def ids(count: int) -> list[str]:
        return [line.split(b'"workflowId":"')[1][:36].decode() for line in lines(count, STORED, seed=1)]

    assert set(ids(BASE)) < set(ids(STORED))
    assert Counter(map(len, ids(BASE))) == {36: BASE}
