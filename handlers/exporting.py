"""`segue export`: all of a store as lines. Nothing may change it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import groupby
from typing import BinaryIO

import msgspec

from engine.catalog import SNAPSHOT
from engine.gate import SLOTS, WAITING, Place
from engine.model import Summary
from engine.ports import Document, Store
from engine.search import Comparison, Search, Sort
from engine.transfer import Definition, Execution
from handlers.export_lines import Line, encoded

PAGE = 500
AT_ONCE = 50
"""So many executions are read together."""
Progress = Callable[[int], object]


async def export(store: Store, file: BinaryIO, progress: Progress, after: str = "") -> int:
    """Append all lines to a file, or those of the executions behind an id; how many executions they were.

    `progress` is told one by one.
    """
    exporter, executions = _Exporter(store), 0
    if not after:
        for document in await exporter.documents():
            file.write(encoded(_line(document)) + b"\n")
    async for group in _summaries(store, after):
        for execution in await asyncio.gather(*(exporter.execution(summary) for summary in group)):
            if execution is not None:
                for line in (*await exporter.snapshot(execution), Line(execution=execution)):
                    file.write(encoded(line) + b"\n")
                executions += 1
            progress(1)
    file.flush()
    return executions


async def count(store: Store, after: str = "") -> int:
    """How many executions there are behind an id."""
    return (await store.search(_behind(after, 1))).total_hits


class _Exporter:
    """Reads from a store, and remembers which snapshots have been told."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshots: set[str] = set()
        self._places: dict[str, dict[str, list[Document]]] = {}
        """Of each `rateLimitConfig` that was met: documents by workflow id."""

    async def documents(self) -> list[Document]:
        """All but those that come with the executions they belong to."""
        kinds = [kind for kind in await self._store.document_kinds() if not kind.startswith((SLOTS, WAITING))]
        return [each for kind in kinds if kind != SNAPSHOT for each in await self._store.list_documents(kind)]

    async def execution(self, summary: Summary) -> Execution | None:
        """All of one execution; None when it was removed meanwhile."""
        stored = await self._store.load(summary.workflow_id)
        if stored is None:
            return None
        logs = [log for task in stored.tasks for log in await self._store.logs(task.task_id)]
        places = await self._places_of(summary.workflow_id, stored.header.rate_limit_key)
        return Execution(stored.header, stored.tasks, summary, tuple(logs), places)

    async def snapshot(self, execution: Execution) -> list[Line]:
        """The definition that it runs on, where no execution before it did."""
        name = execution.header.definition_id
        if name in self._snapshots:
            return []
        self._snapshots.add(name)
        found = await self._store.get_document(SNAPSHOT, name)
        return [_line(found)] if found else []

    async def _places_of(self, workflow_id: str, key: str | None) -> tuple[Definition, ...]:
        if key is None:
            return ()
        if key not in self._places:
            self._places[key] = await self._all_places(key)
        return tuple([_definition(document) for document in self._places[key].get(workflow_id, [])])

    async def _all_places(self, key: str) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {}
        for kind in (SLOTS + key, WAITING + key):
            for document in await self._store.list_documents(kind):
                place = msgspec.json.decode(document.body, type=Place)
                found.setdefault(place.workflow_id, []).append(document)
        return found


async def _summaries(store: Store, after: str) -> AsyncIterator[list[Summary]]:
    """In the order of their ids, so that what is added or removed meanwhile moves no page."""
    while page := (await store.search(_behind(after, PAGE))).results:
        for _, group in groupby(enumerate(page), lambda pair: pair[0] // AT_ONCE):
            yield [summary for _, summary in group]
        after = page[-1].workflow_id


def _behind(after: str, size: int) -> Search:
    return Search(Comparison("workflowId", ">", after), size=size, sort=(Sort("workflowId"),))


def _definition(document: Document) -> Definition:
    return Definition(document.kind, document.name, document.body.decode(), document.version)


def _line(document: Document) -> Line:
    return Line(document=_definition(document))
