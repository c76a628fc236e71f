"""A real server of MongoDB's wire protocol for tests: the `secantusd-py` process of the extra `test-mongo`.

It is GPL, so it runs in a process of its own and is never imported. It reads every match of a claim whatever the index:
keep backlogs to a few hundred entries.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.polling import until
from tests.serving import HOST, free_port

START_WITHIN = 30.0


def missing() -> str | None:
    """Why the server cannot run here; None when it can."""
    return None if _program() else "secantusd-py is not installed (extra test-mongo; needs Python below 3.14)"


def _program() -> str | None:
    beside = Path(sys.executable).with_name("secantusd-py")
    return str(beside) if beside.exists() else shutil.which("secantusd-py")


class WireServer:
    """`with WireServer() as wire:` serves `wire.uri()` until the block ends; what it stores is gone then.

    `lasting` keeps acknowledged writes through `kill` and `start` (slower: a sync a write).
    """

    def __init__(self, lasting: bool = False) -> None:
        self.port = free_port()
        self._lasting = lasting
        self._folder = tempfile.TemporaryDirectory()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server, closed by close()
        self._process: subprocess.Popen[bytes] | None = None

    def uri(self, database: str = "segue") -> str:
        """Where a client finds a database of it."""
        return f"mongodb://{HOST}:{self.port}/{database}"

    def start(self) -> Self:
        """Return when it answers."""
        program = _program()
        assert program, missing()
        command = [program, "--host", HOST, "--port", str(self.port), "--storage-path", self._folder.name]
        command += ["--cache-size", "256M", "--log-level", "WARNING"]
        self._process = subprocess.Popen(
            [*command, "--sync-on-commit"] if self._lasting else command,
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        until(self._answers, f"secantusd-py answers on port {self.port}", START_WITHIN, every=0.1)
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"secantusd-py ended with exit status {self._process.returncode}:\n{self.log()}")
        with MongoClient[dict[str, object]](self.uri(), serverSelectionTimeoutMS=500) as client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process: SIGSTOP holds it, SIGCONT lets it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def log(self) -> str:
        """What the process has printed."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode("utf-8", "replace")

    def close(self) -> None:
        """End it and delete what it stored."""
        self.kill()
        self._log.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
