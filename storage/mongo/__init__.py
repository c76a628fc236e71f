"""The store for many server processes: MongoDB. The header of an execution is its journal (`storage.mongo.journal`)."""

from storage.mongo.store import MongoStore

__all__ = ["MongoStore"]
