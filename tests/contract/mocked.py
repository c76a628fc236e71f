"""mongomock behind a thin asynchronous wrapper: enough of the driver for the mongo store, in one thread.

What it cannot do, so that the wire-protocol server and a real MongoDB have to show it: two claims at the same time
(its find-and-update is not atomic over threads), change streams, write concerns, errors of a connection, `explain`,
indexes (unique ones but for), and refusing documents above 16 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mongomock
from pymongo import IndexModel, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from storage.mongo.client import Doc


class MockedClient:
    """The part of `AsyncMongoClient` that the store uses."""

    def __init__(self, uri: str) -> None:
        self._client: Any = mongomock.MongoClient(uri)
        self.admin = self

    async def command(self, name: str) -> Doc:
        """`ping` is all that is asked."""
        assert name == "ping"
        return {"ok": 1}

    def get_default_database(self, default: str) -> MockedDatabase:
        """The database of the URI."""
        return MockedDatabase(self._client.get_database(default))

    async def close(self) -> None:
        """Nothing is open."""


class MockedDatabase:
    """Collections by name."""

    def __init__(self, database: Any) -> None:
        self._database = database

    def __getitem__(self, name: str) -> MockedCollection:
        return MockedCollection(self._database[name])


class MockedCursor:
    """A cursor whose documents arrive at the end."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __getattr__(self, name: str) -> Callable[..., MockedCursor]:
        """`sort`, `skip` and `limit`."""

        def chained(*arguments: Any) -> MockedCursor:
            getattr(self._cursor, name)(*arguments)
            return self

        return chained

    async def to_list(self) -> list[Doc]:
        """All that is left."""
        return list(self._cursor)


class MockedCollection:
    """One collection; whatever is not named here is the same method, awaited."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._collection, name)

        async def awaited(*arguments: Any, **options: Any) -> Any:
            return method(*arguments, **options)

        return awaited

    def find(self, *arguments: Any) -> MockedCursor:
        """A query."""
        return MockedCursor(self._collection.find(*arguments))

    async def aggregate(self, steps: list[Doc]) -> MockedCursor:
        """A pipeline."""
        return MockedCursor(self._collection.aggregate(steps))

    async def create_indexes(self, indexes: list[IndexModel]) -> list[str]:
        """Only unique ones mean something without a planner."""
        for index in indexes:
            keys = list(index.document["key"].items())
            if index.document.get("unique"):
                self._collection.create_index(keys, unique=True, sparse=True)
        return []

    async def bulk_write(self, statements: list[UpdateOne], ordered: bool = True) -> None:
        """One by one: mongomock does not know this driver's statements."""
        errors: list[Doc] = []
        for index, statement in enumerate(statements):
            try:
                self._collection.update_one(statement._filter, statement._doc, upsert=statement._upsert)
            except DuplicateKeyError as error:
                errors.append({"index": index, "code": error.code or 11000, "errmsg": str(error)})
                if ordered:
                    break
        if errors:
            raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": []})

    async def watch(self, _pipeline: list[Doc]) -> None:
        """As a server that is no replica set answers."""
        raise OperationFailure("The $changeStream stage is only supported on replica sets", 40573)
