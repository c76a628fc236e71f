"""What the engine asks of the world. Stores are dumb: no rule of Conductor lives behind these protocols.

`Store` has three implementations (memory, sqlite, mongo) and one contract suite (`tests/contract`).

Promises every store keeps:
- A commit is one atomic step: header, tasks, queue entries, search row, snapshot. Its awaitable resolves when it is
  durable. Commits of one workflow are applied in the order in which they were handed over; when one fails, those handed
  over behind it fail as well. A commit that does not fit the stored version raises `VersionConflict` and changes
  nothing.
- What a commit enqueues or dequeues becomes visible to `claim` with it, never before.
- Any call may raise `Unavailable`; then nothing has changed, or the caller cannot know and reads again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from engine.definitions import Model
from engine.model import Millis, Summary, Task, Workflow
from engine.requests import TaskExecLog
from engine.search import Search
from engine.status import WorkflowStatus


class Clock(Protocol):
    """The time source."""

    def now(self) -> Millis:
        """Epoch milliseconds."""
        ...


class Ids(Protocol):
    """The id source."""

    def new(self) -> str:
        """A fresh id in the form of a UUID."""
        ...


class Document(msgspec.Struct, frozen=True):
    """A metadata document. `kind`, `name` and `version` are its key; `body` is JSON, opaque to the store."""

    kind: str
    name: str
    body: bytes
    version: int = 0


class Limit(Model, frozen=True):
    """How many entries with the same `key` may be claimed at once, and how often within a sliding window."""

    key: str
    concurrent: int = 0
    per_window: int = 0
    window_ms: int = 0


class QueueEntry(Model, frozen=True):
    """A task that waits for a worker, or that a worker has. One per open worker task, keyed by `task_id`."""

    task_id: str
    workflow_id: str
    queue: str
    """`[domain:]taskType[@executionNameSpace][-isolationGroupId]`."""
    priority: int = 0
    available_at: Millis = 0
    limit: Limit | None = None
    claimed: bool = False
    """Re-created at start-up for a task that a worker already has: it counts for its limit, nobody can claim it."""


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One atomic change of one workflow.

    `expected` is the stored version this change was decided on (0 = the workflow must not exist yet). `header`
    replaces the stored header; its `version` is `expected` + 1. When `header` is None and `touch` is false the
    version rises and only the header's `update_time` changes (to `update_time`). With `touch` the version stays: a
    poll or a lease refresh that changes only the given tasks.
    """

    workflow_id: str
    expected: int
    header: Workflow | None = None
    touch: bool = False
    update_time: Millis = 0
    tasks: tuple[Task, ...] = ()
    removed: tuple[str, ...] = ()
    """Ids of tasks that are deleted."""
    enqueue: tuple[QueueEntry, ...] = ()
    """Entries that become claimable at their `available_at`; replaces an entry of the same task."""
    dequeue: tuple[str, ...] = ()
    """Task ids whose entries end: neither claimable nor counted for a limit any more. Unknown ids are ignored."""
    summary: Summary | None = None
    snapshot: Document | None = None
    """The definition snapshot the header names, where this commit may be the first to use it."""
    seen: int | None = None
    """The stamp of the state this change was decided on (`Changes.stamp`); a shared store also compares it."""


class Stored(msgspec.Struct, frozen=True):
    """An execution as it was read: its header and its tasks in `seq` order."""

    header: Workflow
    tasks: tuple[Task, ...]


class Changes(msgspec.Struct, frozen=True):
    """What has happened to an execution since a stamp. Each commit raises the stamp by one, touches included."""

    stamp: int
    header: Workflow | None = None
    """The present header; None = nothing has happened."""
    tasks: tuple[Task, ...] = ()
    """The tasks that have changed, in `seq` order."""
    whole: bool = False
    """`tasks` are all tasks: some have been removed since that stamp."""


class Due(msgspec.Struct, frozen=True):
    """A deadline that has passed. `task_id` is "" for the workflow's own."""

    workflow_id: str
    task_id: str
    at: Millis


class PollRecord(Model, frozen=True):
    """Who polled a queue last."""

    queue_name: str
    domain: str
    worker_id: str | None = None
    last_poll_time: Millis = 0


class Page(msgspec.Struct, frozen=True):
    """One page of search results, and how many there are in all."""

    total_hits: int
    results: tuple[Summary, ...]


class FoundTasks(msgspec.Struct, frozen=True):
    """One page of the tasks that a search found, and how many there are in all."""

    total_hits: int
    results: tuple[Task, ...]


class Documents(Protocol):
    """Metadata: definitions, event handlers, definition snapshots."""

    async def put_document(self, document: Document, *, create: bool = False) -> None:
        """Insert or replace; with `create` an existing key raises `AlreadyExists`."""
        ...

    async def replace_document(self, document: Document, expected: bytes) -> bool:
        """Replace the body of that key if it still is `expected`; False = it is another one, or there is none.

        True is told only by the one call that has replaced it, but after a failure of the connection False may be told
        of a replacement that was done: who needs to know reads.
        """
        ...

    async def get_document(self, kind: str, name: str, version: int = 0) -> Document | None:
        """The document of that key."""
        ...

    async def list_documents(self, kind: str, name: str | None = None) -> list[Document]:
        """All documents of a kind (and name), ordered by name, then version."""
        ...

    async def document_kinds(self) -> list[str]:
        """The kinds of which there are documents, in order; snapshots are one of them."""
        ...

    async def delete_document(self, kind: str, name: str, version: int = 0) -> bool:
        """True when it existed."""
        ...

    async def documents_version(self, kinds: Sequence[str]) -> int:
        """A number that has risen when another process has put or deleted a document of these kinds."""
        ...


class Executions(Protocol):
    """Workflows and their tasks."""

    def commit(self, commit: Commit) -> Awaitable[None]:
        """Hand a commit over at once (no await needed for its order); the awaitable resolves when it is durable."""
        ...

    async def load(self, workflow_id: str) -> Stored | None:
        """The durable state of one execution."""
        ...

    async def changes(self, workflow_id: str, since: int) -> Changes | None:
        """What has happened since the stamp `since`, at a cost that follows it; from 0 all there is. None = no such
        workflow."""
        ...

    async def workflow_of(self, task_id: str) -> str | None:
        """The id of the workflow that holds this task."""
        ...

    async def remove(self, workflow_id: str) -> None:
        """Delete header, tasks, logs, queue entries and search row of one execution; unknown ids are ignored."""
        ...

    async def correlated(self, name: str, correlation_id: str) -> list[str]:
        """Ids of the executions of that name and correlation id, oldest first."""
        ...

    async def by_idempotency_key(self, name: str, key: str) -> dict[str, WorkflowStatus]:
        """Ids of the executions of that name that were started with that key, oldest first, each with its status as
        searches show it."""
        ...

    async def with_outbox(self, limit: int) -> list[str]:
        """Ids of executions whose outbox is not empty."""
        ...

    async def search(self, search: Search) -> Page:
        """One page of summaries."""
        ...

    async def search_tasks(self, search: Search) -> FoundTasks:
        """One page of tasks, in whatever state they are. `search` is over `TASK_FIELDS`."""
        ...


class TaskQueues(Protocol):
    """Tasks that wait for workers."""

    async def claim(self, queue: str, count: int, now: Millis) -> list[QueueEntry]:
        """Take up to `count` available entries: highest priority first, then the longest available.

        A claimed entry stays with its claimer until a commit dequeues or re-enqueues it, or `release` gives it back.
        An entry whose limit is used up is passed over, and is claimable as soon as there is room. Taking the last
        slot is atomic: limits are never exceeded, whoever claims.
        """
        ...

    async def release(self, task_ids: Sequence[str]) -> None:
        """Give claimed entries back, available at once; unknown ids are ignored."""
        ...

    async def queue_sizes(self) -> dict[str, int]:
        """Unclaimed entries by queue, delayed ones included; queues without entries may be missing."""
        ...

    async def next_available(self, queue: str) -> Millis | None:
        """When the next unclaimed entry of the queue may be claimed, limits of windows included; None = no entry."""
        ...


class Timers(Protocol):
    """Deadlines of headers and tasks, as their last commit stated them."""

    async def due(self, now: Millis, limit: int) -> list[Due]:
        """Deadlines at or before `now`, earliest first; each is handed out once, unless a commit states it again."""
        ...

    async def next_deadline(self) -> Millis | None:
        """The earliest deadline that has not been handed out."""
        ...


class Records(Protocol):
    """Side records: logs and poll data."""

    async def add_logs(self, logs: Sequence[TaskExecLog]) -> None:
        """Append; each log names its task."""
        ...

    async def logs(self, task_id: str) -> list[TaskExecLog]:
        """The logs of a task in the order of arrival."""
        ...

    async def put_polls(self, polls: Sequence[PollRecord]) -> None:
        """Remember the last poll of each (queue, domain); may become durable later than it returns."""
        ...

    async def polls(self, queue_name: str | None = None) -> list[PollRecord]:
        """The last poll of each (queue, domain)."""
        ...


class PayloadStorage(Protocol):
    """Where large payloads lie outside of the store. A path has the form `task/output/NAME.json`."""

    def upload_url(self, path: str) -> str:
        """Where a client may PUT this payload for a while."""
        ...

    def download_url(self, path: str) -> str:
        """Where a client may GET this payload for a while."""
        ...

    async def has(self, path: str) -> bool:
        """True when something is there."""
        ...

    async def read(self, path: str, most: int) -> bytes:
        """What is there; `NotFound`, or `InvalidInput` when it is more than `most` bytes."""
        ...

    async def write(self, path: str, content: bytes) -> None:
        """Put it there, whole or not at all."""
        ...


class PayloadFiles(PayloadStorage, Protocol):
    """A storage whose addresses lead back to this server."""

    def admits(self, method: str, path: str, expires: Millis, signature: str) -> bool:
        """True for an address that was handed out and is still good."""
        ...


class Store(Documents, Executions, TaskQueues, Timers, Records, Protocol):
    """Everything the engine keeps."""

    @property
    def shared(self) -> bool:
        """True when other processes use the same store: what this one remembers may be out of date."""
        ...

    @property
    def look_every(self) -> float | None:
        """How often a waiting poll has to look by itself, in seconds; None = `ring` tells it everything."""
        ...

    async def open(self, ring: Callable[[str], None]) -> None:
        """Connect, migrate, rebuild what lives in memory. `ring(queue)` is to be called on the loop whenever an entry
        may have become claimable for another reason than a commit of this process (another process's commit, a freed
        limit)."""
        ...

    async def close(self) -> None:
        """Flush what waits and release everything; safe to call twice."""
        ...

    async def check(self) -> None:
        """Return when the store can answer; raise `Unavailable` with the reason otherwise."""
        ...
