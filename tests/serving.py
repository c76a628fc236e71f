"""A real `segue serve` process for tests: started on a free port, stopped politely, killed, started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from tests.polling import until

PROJECT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
START_WITHIN = 20.0
STOP_WITHIN = 30.0


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """`with Server("--memory") as server:` serves on a port of its own until the block ends.

    The arguments are those of `segue serve` without host and port. `environment` adds variables (SEGUE_...) to this
    process's own; SEGUE_ variables that the caller's shell happens to have are not passed on.
    """

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None, port: int | None = None) -> None:
        self.port = port or free_port()
        self.arguments = arguments
        self.environment = dict(environment or {})
        self.started_in = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server, closed by close()

    @property
    def root_url(self) -> str:
        """The server without a path, for its pages (`/health`, `/docs`)."""
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """The root of the API, as the official clients are configured with it."""
        return self.root_url + "/api"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running (or last) master process."""
        if self._process is None:
            raise RuntimeError("the server was never started: use `with Server(...)` or start()")
        return self._process

    @property
    def pid(self) -> int:
        """The master's process id; its workers are in the same process group."""
        return self.process.pid

    def command(self) -> list[str]:
        """The whole command line of the process."""
        entry = [sys.executable, "-c", "from handlers.cli import main; main()"]
        return [*entry, "serve", "--host", HOST, "--port", str(self.port), *self.arguments]

    def launch(self) -> None:
        """Start the process without waiting for an answer (for tests of a start that is refused)."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
        self._process = subprocess.Popen(
            self.command(),
            cwd=PROJECT,
            env={**inherited, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def start(self) -> Self:
        """Start the process and return when `/health` answers 200; `started_in` then holds the seconds it took."""
        begin = time.monotonic()
        self.launch()
        try:
            until(self.healthy, f"{self.root_url}/health answers 200", START_WITHIN)
        except BaseException as error:
            self.kill()
            error.add_note(self.log())
            raise
        self.started_in = time.monotonic() - begin
        return self

    def healthy(self) -> bool:
        """Whether `/health` answers 200 now; AssertionError with the log when the process has ended."""
        code = self.process.poll()
        if code is not None:
            raise AssertionError(f"segue serve ended with exit status {code} before it answered:\n{self.log()}")
        try:
            return httpx.get(f"{self.root_url}/health", timeout=2.0, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self, within: float = STOP_WITHIN) -> int:
        """End the server politely (SIGTERM to the master) and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(within)

    def wait(self, within: float = STOP_WITHIN) -> int:
        """The exit status, once the process has ended; it is killed when that takes longer than `within` seconds."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"segue serve did not end within {within} s:\n{self.log()}") from None

    def kill(self) -> None:
        """kill -9 the master and its workers at once, as a power cut would; returns when the master is gone."""
        with contextlib.suppress(ProcessLookupError):  # it had ended, workers too
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(STOP_WITHIN)

    def restart(self) -> Self:
        """Start again with the same arguments on the same port; a process that still runs is stopped first."""
        if self.process.poll() is None:
            self.stop()
        return self.start()

    def log(self) -> str:
        """What the processes have printed so far, over all starts."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode("utf-8", "replace")

    def close(self) -> None:
        """Stop the server if it runs and let go of its log."""
        try:
            if self._process is not None and self._process.poll() is None:
                self.stop()
        finally:
            self._log.close()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(self.log())
        self.close()
