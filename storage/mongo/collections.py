"""The collections, and every index there is: one table, made at start under fixed names.

| collection | one document per | what stands in it |
|---|---|---|
| workflows | execution | header (`doc`), `version`, `stamp`, deadline, and the `pending` changes of its last commits |
| tasks | task | the task (`doc`), its columns, `stamp` and deadline, and for as long as it has one its queue entry |
| summaries | execution | the row that searches see |
| documents | definition, handler, snapshot | its JSON |
| logs, polls | log line, polled queue | its JSON |
| windows | claim that a window of a limit allows | when it was last used |
| parts | piece of a commit that is too large for a header | changes of tasks |
| counters, servers | counter, server process | a number; its heartbeat |

Indexes with `sparse` hold only documents that have the field: entries, deadlines and outboxes leave the index when
they are done with.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from engine.errors import Unavailable
from storage.mongo.client import Doc

_REMEMBER_REMOVED = 3600
"""Seconds for which the id of something removed is remembered, so that a late write cannot bring it back."""
_KEEP_PARTS = 7 * 24 * 3600


def _index(name: str, *fields: str, **options: Any) -> IndexModel:
    """`-field` = descending."""
    keys = [(field.lstrip("-"), DESCENDING if field.startswith("-") else ASCENDING) for field in fields]
    return IndexModel(keys, name=name, **options)


def _gone() -> IndexModel:
    return _index("gone", "removed_at", expireAfterSeconds=_REMEMBER_REMOVED)


INDEXES: Mapping[str, tuple[IndexModel, ...]] = MappingProxyType(
    {
        "workflows": (
            _index("wake", "wake", sparse=True),
            _index("again", "again", sparse=True),
            _index("outbox", "outbox", sparse=True),
            _index("writer", "writer", sparse=True),
            _gone(),
        ),
        "tasks": (
            _index("workflow", "workflow_id", "seq"),
            _index("changed", "workflow_id", "stamp"),
            _index("start", "-start_time", "_id"),
            _index("type", "task_type", "-start_time", "_id", "status"),
            _index("name", "task_def_name", "-start_time", "_id", "status"),
            _index("status", "status", "-start_time", "_id"),
            _index("claim", "queue", "lane", "-priority", "free_at", sparse=True),
            _index("next", "queue", "lane", "free_at", sparse=True),
            _index("sizes", "claimed", "queue", sparse=True),
            _index("slot", "slot", unique=True, sparse=True),
            _index("limit", "limit_key", "claimed", sparse=True),
            _index("served", "served", sparse=True),
            _index("wake", "wake", sparse=True),
            _index("again", "again", sparse=True),
            _gone(),
        ),
        "summaries": (
            _index("start", "-start_time", "workflow_id"),
            _index("type", "workflow_type", "-start_time", "workflow_id"),
            _index("status", "status", "-start_time", "workflow_id"),
            _index("type_status", "workflow_type", "status", "-start_time", "workflow_id"),
            _index("correlation", "correlation_id", "workflow_type"),
            _index("parent", "parent_workflow_id"),
            _index("idempotency", "idempotency_key", "workflow_type"),
            _gone(),
        ),
        "documents": (_index("name", "kind", "name", "version"),),
        "logs": (_index("task", "task_id", "_id"),),
        "polls": (_index("queue", "queue_name"),),
        "windows": (_index("use", "key", "at"),),
        "parts": (_index("commit", "commit", "n"), _index("old", "written_at", expireAfterSeconds=_KEEP_PARTS)),
    }
)


class Collections:
    """The collections of one database."""

    def __init__(self, db: AsyncDatabase[Doc]) -> None:
        self.db = db

        def named(name: str) -> AsyncCollection[Doc]:
            return db[name]

        self.workflows, self.tasks, self.summaries = named("workflows"), named("tasks"), named("summaries")
        self.documents, self.logs, self.polls = named("documents"), named("logs"), named("polls")
        self.windows, self.parts = named("windows"), named("parts")
        self.counters, self.servers = named("counters"), named("servers")

    async def make_indexes(self) -> None:
        """Make what is missing; nothing is ever dropped. An index that differs from the table raises `Unavailable`."""
        for name, indexes in INDEXES.items():
            try:
                await self.db[name].create_indexes(list(indexes))
            except OperationFailure as error:
                raise Unavailable(
                    f"The indexes of the collection {name} cannot be made: {error}. An index of the same name with "
                    "other fields has to be dropped by hand."
                ) from error
