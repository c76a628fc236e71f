"""Exactly one process owns a data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.errors import Unavailable


class Ownership:
    """A lock on a file beside the database; the system takes it back when the process ends, however it ends."""

    def __init__(self, file: Path) -> None:
        """Take the lock, or raise `Unavailable` naming the file and the process that holds it."""
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise Unavailable(
                f"{file} is locked by process {owner}: one server owns a data directory. "
                "Stop that server, or give this one another data directory."
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process have it; the file stays."""
        os.close(self._descriptor)
