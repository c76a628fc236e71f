"""What is no execution: definitions, logs, who polled last."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from engine.errors import AlreadyExists
from engine.ports import Document, PollRecord
from engine.requests import TaskExecLog
from storage.mongo.client import Doc, insist, listed
from storage.mongo.collections import Collections
from storage.mongo.pending import document_id, document_row, encoded

_log = msgspec.json.Decoder(TaskExecLog)
_poll = msgspec.json.Decoder(PollRecord)


class Records:
    """`engine.ports.Documents` and `engine.ports.Records`."""

    def __init__(self, collections: Collections) -> None:
        self._db = collections

    # documents

    async def put_document(self, document: Document, *, create: bool = False) -> None:
        """See `Documents`."""
        row = document_row(document)
        if create:
            try:
                await insist(lambda: self._db.documents.insert_one(row))
            except DuplicateKeyError:
                name = f"{document.kind} {document.name} version {document.version}"
                raise AlreadyExists(f"{name} exists already.") from None
        else:
            await insist(lambda: self._db.documents.replace_one({"_id": row["_id"]}, row, upsert=True))
        await self._raise_version(document.kind)

    async def replace_document(self, document: Document, expected: bytes) -> bool:
        """See `Documents`."""
        row = document_row(document)
        former = {"_id": row["_id"], "body": expected.decode()}
        replaced = (await insist(lambda: self._db.documents.replace_one(former, row))).matched_count > 0
        await self._raise_version(document.kind)
        return replaced

    async def get_document(self, kind: str, name: str, version: int = 0) -> Document | None:
        """See `Documents`."""
        row = await insist(lambda: self._db.documents.find_one({"_id": document_id(kind, name, version)}))
        return _document(row) if row else None

    async def list_documents(self, kind: str, name: str | None = None) -> list[Document]:
        """See `Documents`."""
        where = {"kind": kind} if name is None else {"kind": kind, "name": name}
        rows = await listed(lambda: self._db.documents.find(where).sort([("name", 1), ("version", 1)]))
        return [_document(row) for row in rows]

    async def document_kinds(self) -> list[str]:
        """See `Documents`."""
        return sorted(await insist(lambda: self._db.documents.distinct("kind", {"kind": {"$gte": ""}})))

    async def delete_document(self, kind: str, name: str, version: int = 0) -> bool:
        """See `Documents`."""
        one = {"_id": document_id(kind, name, version)}
        deleted = (await insist(lambda: self._db.documents.delete_one(one))).deleted_count > 0
        await self._raise_version(kind)
        return deleted

    async def documents_version(self, kinds: Sequence[str]) -> int:
        """See `Documents`; it rises after every change, so a reader that saw it rise sees the change."""
        where = {"_id": {"$in": [_counter(kind) for kind in kinds]}}
        return sum(int(row["n"]) for row in await listed(lambda: self._db.counters.find(where)))

    async def _raise_version(self, kind: str) -> None:
        one = {"_id": _counter(kind)}
        await insist(lambda: self._db.counters.update_one(one, {"$inc": {"n": 1}}, upsert=True))

    # logs and polls

    async def add_logs(self, logs: Sequence[TaskExecLog]) -> None:
        """See `Records`; ids rise with time, and within one call by position."""
        rows = [{"task_id": log.task_id or "", "doc": encoded(log)} for log in logs]
        if rows:
            try:
                await insist(lambda: self._db.logs.insert_many(rows))
            except BulkWriteError as error:  # a second try found what the first one had written
                if any(each["code"] != 11000 for each in (error.details or {})["writeErrors"]):
                    raise

    async def logs(self, task_id: str) -> list[TaskExecLog]:
        """See `Records`."""
        rows = await listed(lambda: self._db.logs.find({"task_id": task_id}).sort("_id", 1))
        return [_log.decode(row["doc"]) for row in rows]

    async def put_polls(self, polls: Sequence[PollRecord]) -> None:
        """See `Records`; a later poll that another process has seen stays."""
        statements = [_poll_statement(poll) for poll in polls]
        if statements:
            try:
                await insist(lambda: self._db.polls.bulk_write(statements, ordered=False))
            except BulkWriteError as error:
                if any(each["code"] != 11000 for each in (error.details or {})["writeErrors"]):
                    raise

    async def polls(self, queue_name: str | None = None) -> list[PollRecord]:
        """See `Records`."""
        where = {} if queue_name is None else {"queue_name": queue_name}
        return [_poll.decode(row["doc"]) for row in await listed(lambda: self._db.polls.find(where))]


def _counter(kind: str) -> str:
    return f"documents of {kind}"


def _document(row: Doc) -> Document:
    return Document(row["kind"], row["name"], row["body"].encode(), int(row["version"]))


def _poll_statement(poll: PollRecord) -> UpdateOne:
    row = {"queue_name": poll.queue_name, "at": poll.last_poll_time, "doc": encoded(poll)}
    key = document_id(poll.domain, poll.queue_name, 0)
    return UpdateOne({"_id": key, "at": {"$lte": poll.last_poll_time}}, {"$set": row}, upsert=True)
