"""The store of dicts: the reference for every other store, and `segue serve --memory`. Nothing survives the process."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec

from engine.errors import AlreadyExists, ConductorError, VersionConflict
from engine.model import Summary, Task, Workflow
from engine.ports import Commit, Document, FoundTasks, Page, PollRecord, Stored
from engine.requests import TaskExecLog
from engine.search import HasTask, Search
from engine.status import WorkflowStatus
from storage.queues import LocalQueues
from storage.search import SUMMARIES, TASKS, matches, order_of, task_order_of
from storage.sole import SoleOwner

_DocumentKey = tuple[str, str, int]


class MemoryStore(SoleOwner, LocalQueues):
    """`engine.ports.Store` over dicts; a commit is applied when it is handed over."""

    def __init__(self) -> None:
        super().__init__()
        self._headers: dict[str, Workflow] = {}
        self._tasks: dict[str, dict[int, Task]] = {}
        self._places: dict[str, tuple[str, int]] = {}
        """Where each task is: its workflow and its `seq`."""
        self._summaries: dict[str, Summary] = {}
        self._started: defaultdict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
        """Workflow ids by (kind of key, name, key), for correlation ids and idempotency keys."""
        self._outboxes: dict[str, None] = {}
        self._failed: set[str] = set()
        """Workflows with a commit that failed before its caller could know."""
        self._documents: dict[_DocumentKey, Document] = {}
        self._logs: defaultdict[str, list[TaskExecLog]] = defaultdict(list)
        self._polls: dict[tuple[str, str], PollRecord] = {}

    async def open(self, ring: Callable[[str], None]) -> None:
        """Take the bell; what is stored so far stays."""
        self._ready.ring = ring

    async def close(self) -> None:
        """Nothing to release."""

    async def check(self) -> None:
        """Dicts always answer."""

    # documents

    async def put_document(self, document: Document, *, create: bool = False) -> None:
        """See `Documents`."""
        key = (document.kind, document.name, document.version)
        if create and key in self._documents:
            raise AlreadyExists(f"{document.kind} {document.name} version {document.version} exists already.")
        self._documents[key] = document

    async def replace_document(self, document: Document, expected: bytes) -> bool:
        """See `Documents`."""
        key = (document.kind, document.name, document.version)
        known = self._documents.get(key)
        if known is None or known.body != expected:
            return False
        self._documents[key] = document
        return True

    async def get_document(self, kind: str, name: str, version: int = 0) -> Document | None:
        """See `Documents`."""
        return self._documents.get((kind, name, version))

    async def list_documents(self, kind: str, name: str | None = None) -> list[Document]:
        """See `Documents`."""
        keys = sorted(key for key in self._documents if key[0] == kind and name in (None, key[1]))
        return [self._documents[key] for key in keys]

    async def document_kinds(self) -> list[str]:
        """See `Documents`."""
        return sorted({kind for kind, _, _ in self._documents})

    async def delete_document(self, kind: str, name: str, version: int = 0) -> bool:
        """See `Documents`."""
        return self._documents.pop((kind, name, version), None) is not None

    # executions

    def commit(self, commit: Commit) -> Awaitable[None]:
        """Apply at once; the awaitable is already resolved, or fails at the next turn of the loop."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        try:
            self._check(commit)
        except ConductorError as error:
            self._failed.add(commit.workflow_id)
            loop.call_soon(self._report, done, commit.workflow_id, error)
        else:
            self._apply(commit)
            done.set_result(None)
        return done

    def _report(self, done: asyncio.Future[None], workflow_id: str, error: ConductorError) -> None:
        """From here on the caller knows, and what it hands over next is decided on what is stored."""
        self._failed.discard(workflow_id)
        if not done.done():
            done.set_exception(error)

    async def load(self, workflow_id: str) -> Stored | None:
        """See `Executions`."""
        header = self._headers.get(workflow_id)
        if header is None:
            return None
        tasks = self._tasks[workflow_id]
        return Stored(header, tuple(tasks[seq] for seq in sorted(tasks)))

    async def workflow_of(self, task_id: str) -> str | None:
        """See `Executions`."""
        place = self._places.get(task_id)
        return place[0] if place else None

    async def remove(self, workflow_id: str) -> None:
        """See `Executions`."""
        tasks = self._tasks.pop(workflow_id, {})
        self._forget(workflow_id, [task.task_id for task in tasks.values()])
        self._deadlines.forget(workflow_id, "")
        self._headers.pop(workflow_id, None)
        self._outboxes.pop(workflow_id, None)
        self._put_summary(workflow_id, None)

    async def correlated(self, name: str, correlation_id: str) -> list[str]:
        """See `Executions`."""
        return self._oldest_first(("correlation", name, correlation_id))

    async def by_idempotency_key(self, name: str, key: str) -> dict[str, WorkflowStatus]:
        """See `Executions`."""
        return {each: self._summaries[each].status for each in self._oldest_first(("idempotency", name, key))}

    async def with_outbox(self, limit: int) -> list[str]:
        """See `Executions`."""
        return list(self._outboxes)[:limit]

    async def search(self, search: Search) -> Page:
        """See `Executions`."""
        hits = filter(matches(SUMMARIES, search.query, search.free_text), self._summaries.values())
        if search.has_task:
            owners = {task.workflow_instance_id for task in self._tasks_like(search.has_task)}
            hits = filter(lambda summary: summary.workflow_id in owners, hits)
        found = SUMMARIES.in_order(hits, order_of(search))
        return Page(len(found), tuple(found[search.start : search.start + search.size]))

    async def search_tasks(self, search: Search) -> FoundTasks:
        """See `Executions`."""
        found = TASKS.in_order(self._tasks_like(search), task_order_of(search))
        return FoundTasks(len(found), tuple(found[search.start : search.start + search.size]))

    def _tasks_like(self, wanted: Search | HasTask) -> Iterator[Task]:
        every = (task for tasks in self._tasks.values() for task in tasks.values())
        return filter(matches(TASKS, wanted.query, wanted.free_text), every)

    # records

    async def add_logs(self, logs: Sequence[TaskExecLog]) -> None:
        """See `Records`."""
        for log in logs:
            self._logs[log.task_id or ""].append(log)

    async def logs(self, task_id: str) -> list[TaskExecLog]:
        """See `Records`."""
        return list(self._logs.get(task_id, ()))

    async def put_polls(self, polls: Sequence[PollRecord]) -> None:
        """See `Records`."""
        self._polls.update({(poll.queue_name, poll.domain): poll for poll in polls})

    async def polls(self, queue_name: str | None = None) -> list[PollRecord]:
        """See `Records`."""
        return [poll for poll in self._polls.values() if queue_name in (None, poll.queue_name)]

    # how a commit is applied

    def _check(self, commit: Commit) -> None:
        header = self._headers.get(commit.workflow_id)
        stored = header.version if header else 0
        if commit.workflow_id in self._failed:
            raise VersionConflict(f"Workflow {commit.workflow_id}: a commit handed over before this one failed.")
        if stored != commit.expected or (not header and not commit.header):
            raise VersionConflict(
                f"Workflow {commit.workflow_id} is at version {stored}; this change was decided on {commit.expected}."
            )
        for task in commit.tasks:
            self._check_place(commit, task)

    def _check_place(self, commit: Commit, task: Task) -> None:
        workflow_id = commit.workflow_id
        place = self._places.get(task.task_id)
        if place not in (None, (workflow_id, task.seq)) and task.task_id not in commit.removed:
            raise AlreadyExists(f"Task {task.task_id} exists already, in workflow {place and place[0]}.")
        holder = self._tasks.get(workflow_id, {}).get(task.seq)
        if holder and holder.task_id != task.task_id and holder.task_id not in commit.removed:
            raise AlreadyExists(f"Task {task.task_id} has the place of task {holder.task_id} in {workflow_id}.")

    def _apply(self, commit: Commit) -> None:
        self._put_header(commit)
        self._forget(commit.workflow_id, commit.removed)
        for task in commit.tasks:
            self._put_task(commit.workflow_id, task)
        if commit.summary:
            self._put_summary(commit.workflow_id, commit.summary)
        if commit.snapshot:
            snapshot = commit.snapshot
            self._documents.setdefault((snapshot.kind, snapshot.name, snapshot.version), snapshot)
        self._apply_to_queues(commit)

    def _put_header(self, commit: Commit) -> None:
        workflow_id, header = commit.workflow_id, commit.header
        if header is None:
            if not commit.touch:
                self._headers[workflow_id] = msgspec.structs.replace(
                    self._headers[workflow_id], version=commit.expected + 1, update_time=commit.update_time
                )
            return
        self._headers[workflow_id] = header
        self._tasks.setdefault(workflow_id, {})
        if header.outbox:
            self._outboxes[workflow_id] = None
        else:
            self._outboxes.pop(workflow_id, None)

    def _put_task(self, workflow_id: str, task: Task) -> None:
        self._tasks[workflow_id][task.seq] = task
        self._places[task.task_id] = (workflow_id, task.seq)

    def _forget(self, workflow_id: str, task_ids: Sequence[str]) -> None:
        """Drop tasks with their logs, entries and deadlines."""
        for task_id in task_ids:
            place = self._places.pop(task_id, None)
            if place and (tasks := self._tasks.get(workflow_id)):
                tasks.pop(place[1], None)
            self._logs.pop(task_id, None)
        self._forget_tasks(workflow_id, task_ids)

    def _put_summary(self, workflow_id: str, summary: Summary | None) -> None:
        former = self._summaries.pop(workflow_id, None)
        for key in _start_keys(former):
            del self._started[key][workflow_id]
        if summary:
            self._summaries[workflow_id] = summary
        for key in _start_keys(summary):
            self._started[key][workflow_id] = None

    def _oldest_first(self, key: tuple[str, str, str]) -> list[str]:
        found = self._started.get(key, {})
        return sorted(found, key=lambda workflow_id: (self._summaries[workflow_id].start_time, workflow_id))


def _start_keys(summary: Summary | None) -> list[tuple[str, str, str]]:
    if summary is None:
        return []
    keys = (("correlation", summary.correlation_id), ("idempotency", summary.idempotency_key))
    return [(kind, summary.workflow_type, key) for kind, key in keys if key is not None]
