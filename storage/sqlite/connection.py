"""Connections to the file, and what its errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.errors import AlreadyExists, Unavailable

_WRITER = (
    "pragma page_size = 8192",  # measured: a fifth less CPU a commit than 4096, as rows of one step share pages
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma cache_size = -16000",
    "pragma temp_store = memory",
)
_READER = ("pragma query_only = on", "pragma cache_size = -4000", "pragma temp_store = memory")


def writer_connection(file: Path) -> sqlite3.Connection:
    """The one connection that writes; every transaction is on disk when its commit returns."""
    return _connect(file, _WRITER)


def reader_connection(file: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    return _connect(file, _READER)


def translated(error: Exception) -> Exception:
    """The engine's word for an error of the file or its folder; any other error is a fault of ours and stays."""
    if isinstance(error, sqlite3.IntegrityError):
        return AlreadyExists(f"A task of this change has the id or the place of another task ({error}).")
    if isinstance(error, sqlite3.DatabaseError | OSError):
        return Unavailable(f"The store cannot do this now: {error}.")
    return error


def _connect(file: Path, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    # check_same_thread: a connection is used by one thread, and closed by another after that one has ended.
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        for pragma in pragmas:
            db.execute(pragma)
    except sqlite3.Error:
        db.close()
        raise
    return db
