"""The embedded store: one SQLite file, one process that owns it, one thread that writes it."""

from storage.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
