"""`segue import`: lines into a store, many at a time. What is there already is left alone."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from engine import graph
from engine.catalog import SNAPSHOT
from engine.definitions import WorkflowDef
from engine.errors import AlreadyExists, VersionConflict
from engine.graph import Graph
from engine.ports import Commit, Document, Store
from engine.requests import TaskExecLog
from engine.transfer import Definition, Execution, creation, is_open
from handlers.export_lines import Broken, Numbered, read

LINES, BYTES = 250, 8 * 1024 * 1024
"""How much is handed to the store at a time."""
GRAPHS_KEPT = 1000
Progress = Callable[[int], object]


class Imported(NamedTuple):
    """How many definitions and executions are new, and how many were there already."""

    new: int = 0
    known: int = 0

    def plus(self, other: Imported) -> Imported:
        """Both together."""
        return Imported(self.new + other.new, self.known + other.known)


async def import_lines(store: Store, file: Iterable[bytes], progress: Progress) -> Imported:
    """Store what the lines hold; `progress` is told their bytes. `Broken` names the line that could not be read, or
    whose execution comes without its snapshot; then all lines before it have been stored.

    While the store writes some lines the next ones are read.
    """
    importer, done = _Importer(store), Imported()
    writing: asyncio.Task[Imported] | None = None
    for batch, problem in _batches(read(file)):
        if writing:
            done = done.plus(await writing)
        if batch:
            progress(sum(each.size for each in batch))
        writing = asyncio.ensure_future(importer.take(batch))
        await asyncio.sleep(0)
        if problem:
            await writing
            raise problem
    return done.plus(await writing) if writing else done


class _Importer:
    """Writes to a store, and remembers the definitions that open executions run on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshots: set[str] = set()
        self._graphs: OrderedDict[str, Graph] = OrderedDict()

    async def take(self, batch: Sequence[Numbered]) -> Imported:
        """Store some lines."""
        documents = [each.line.document for each in batch if each.line.document]
        puts = await asyncio.gather(*(self._put(document) for document in documents))
        executions, commits, problem = await self._creations(batch)
        new = await self._create(commits)
        await self._logs(executions, new)
        places = [place for execution in executions for place in execution.places]
        await asyncio.gather(*(self._put(place) for place in places))
        if problem:
            raise problem
        made = sum(new) + sum(puts)
        return Imported(made, len(new) + len(puts) - made)

    async def _creations(self, batch: Sequence[Numbered]) -> tuple[list[Execution], list[Commit], Broken | None]:
        """Executions with their commits, up to the first that cannot be made."""
        executions: list[Execution] = []
        commits: list[Commit] = []
        for each in batch:
            if each.line.execution is None:
                continue
            try:
                commits.append(await self._creation(each.line.execution, each.number))
            except Broken as problem:
                return executions, commits, problem
            executions.append(each.line.execution)
        return executions, commits, None

    async def _put(self, definition: Definition) -> bool:
        """False when it is there already."""
        document = Document(definition.kind, definition.name, definition.body.encode(), definition.version)
        if document.kind == SNAPSHOT:
            self._snapshots.add(document.name)
        try:
            await self._store.put_document(document, create=True)
        except AlreadyExists:
            return False
        return True

    async def _create(self, commits: Sequence[Commit]) -> list[bool]:
        """Each as one commit, the first of its workflow here; False for those that are here already."""
        answers = await asyncio.gather(*map(self._store.commit, commits), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, VersionConflict):
                raise answer
        return [answer is None for answer in answers]

    async def _logs(self, executions: Sequence[Execution], new: Sequence[bool]) -> None:
        """An import that was stopped may have left an execution without its logs, or with some of them."""
        missing: list[TaskExecLog] = []
        for execution, fresh in zip(executions, new, strict=True):
            missing += execution.logs if fresh else await self._missing(execution.logs)
        if missing:
            await self._store.add_logs(missing)

    async def _missing(self, logs: Sequence[TaskExecLog]) -> list[TaskExecLog]:
        there = {task_id: len(await self._store.logs(task_id)) for task_id in {log.task_id or "" for log in logs}}
        missing: list[TaskExecLog] = []
        for log in logs:
            there[log.task_id or ""] -= 1
            if there[log.task_id or ""] < 0:
                missing.append(log)
        return missing

    async def _creation(self, execution: Execution, number: int) -> Commit:
        definition_id = execution.header.definition_id
        if is_open(execution):
            return creation(execution, await self._graph(definition_id, number))
        if definition_id not in self._snapshots:
            await self._snapshot(definition_id, number)
        return creation(execution, None)

    async def _graph(self, definition_id: str, number: int) -> Graph:
        found = self._graphs.get(definition_id)
        if found is None:
            document = await self._snapshot(definition_id, number)
            parsed = msgspec.json.decode(document.body, type=WorkflowDef)
            found = self._graphs[definition_id] = graph.parse(definition_id, parsed)
            if len(self._graphs) > GRAPHS_KEPT:
                self._graphs.popitem(last=False)
        return found

    async def _snapshot(self, definition_id: str, number: int) -> Document:
        document = await self._store.get_document(SNAPSHOT, definition_id)
        if document is None:
            raise Broken(f"Line {number}: the definition that this execution runs on ({definition_id}) is missing.")
        self._snapshots.add(definition_id)
        return document


def _batches(lines: Iterator[Numbered]) -> Iterator[tuple[list[Numbered], Broken | None]]:
    """Lines in portions; with the last one, what is wrong with the line behind it."""
    batch: list[Numbered] = []
    size = 0
    try:
        for line in lines:
            batch.append(line)
            size += line.size
            if len(batch) >= LINES or size >= BYTES:
                yield batch, None
                batch, size = [], 0
    except Broken as broken:
        yield batch, broken
        return
    yield batch, None
