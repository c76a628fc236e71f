"""A few threads that read, each with its own connection, so that the loop never waits for the file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from storage.sqlite.connection import reader_connection, translated

T = TypeVar("T")
_THREADS = 3
"""A long search leaves two for the reads of the engine."""


class Readers:
    """Runs functions of a connection; errors of the file arrive as `Unavailable`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="sqlite-reader")

    async def run(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """What `read` returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, read)

    def close(self) -> None:
        """Block until running reads have ended; then nothing can be read."""
        self._pool.shutdown(wait=True)
        for db in self._connections:
            db.close()

    def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return read(self._connection())
        except (sqlite3.DatabaseError, OSError) as error:
            raise translated(error) from error

    def _connection(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = reader_connection(self._file)
            self._connections.append(db)
        return db
