"""One evaluator child, as the server sees it: started, asked one question at a time, killed when it is overdue."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from engine.errors import Unavailable
from engine.evaluators.protocol import QUESTION_HEAD, READY, REPLY_HEAD

STARTS_WITHIN_S = 20.0
GRACE_S = 0.1
"""What the language's own clock may take longer than the limit before the process is killed."""
DIED = "The process that evaluated the expression has ended; it may have needed too much memory."
LONGEST_REPLY = 16 * 1024 * 1024
MODULES = ("_quickjs", "jq")
_PROJECT = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; sys.path[:0] = sys.argv[1:-2]; from engine.evaluators.child import main; main()"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one expression may use, and how many children there are."""

    seconds: float = 4.0
    """Wall clock, for one expression."""
    memory_mb: int = 512
    """Address space of a child; a script gets half of it."""
    children: int = 2
    """Kept ready."""
    most: int = 4
    """So many when those that are ready are held up."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a child has said."""

    outcome: int
    text: bytes


class Gone(Exception):
    """The child has ended before it answered: by itself for this reason, or we ended it as overdue, or to stop."""

    def __init__(self, reason: str | None = None, stopped: bool = False) -> None:
        super().__init__()
        self.reason, self.stopped = reason, stopped


class Child(asyncio.Protocol):
    """The server's end of one child. `start` makes it, `ask` uses it, `kill` ends it at once."""

    def __init__(self, limits: Limits, on_end: Callable[[Child], None]) -> None:
        self._limits, self._on_end = limits, on_end
        self._buffer = bytearray()
        self._reply: asyncio.Future[Reply] | None = None
        self._gone = Gone(DIED)
        self._transport: asyncio.Transport | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reaped: asyncio.Future[int] | None = None
        self.was_ready = False
        self.alive = False
        """It can be asked."""

    @property
    def process_id(self) -> int | None:
        """Of the child, once it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises `Unavailable` when it cannot be started."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                self._process = _spawn(theirs, self._limits)
            except (OSError, ImportError) as error:
                ours.close()
                raise Unavailable(str(error)) from error
        self._reply = loop.create_future()
        await loop.create_connection(lambda: self, sock=ours)
        try:
            reply = await self._answer_within(STARTS_WITHIN_S)
        except Gone as gone:
            raise Unavailable("it ended while it started; its last words are in the log") from gone
        assert reply.outcome == READY, reply
        self.alive = self.was_ready = True

    def runs(self) -> bool:
        """It can be asked, and its process has not been killed behind our back."""
        return self.alive and self._process is not None and self._process.poll() is None

    async def ask(self, kind: int, source: bytes, data: bytes) -> Reply:
        """The child's reply. Raises `Gone` when there will be none; then it is dead."""
        if self._transport is None or not self.alive:
            raise self._gone
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(b"".join((QUESTION_HEAD.pack(kind, len(source), len(data)), source, data)))
        return await self._answer_within(self._limits.seconds + GRACE_S)

    async def _answer_within(self, seconds: float) -> Reply:
        assert self._reply is not None
        alarm = asyncio.get_running_loop().call_later(seconds, self._overdue)
        try:
            return await self._reply
        except asyncio.CancelledError:
            self.kill()
            raise
        finally:
            alarm.cancel()
            self._reply = None

    def _overdue(self) -> None:
        self._gone = Gone()
        self._end()

    def kill(self) -> None:
        """End it at once, to stop; a question that it has is not answered."""
        self._gone = Gone(stopped=True)
        self._end()

    def _end(self) -> None:
        self.alive = False
        self._fail()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._transport is not None:
            self._transport.abort()

    async def ended(self) -> None:
        """Wait until the process is no more."""
        if self._process is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._process.wait)

    # ------------------------------------------------------------------ what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ours."""
        self._transport = cast(asyncio.Transport, transport)  # by its looks: uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """A piece of the reply."""
        self._buffer += data
        if len(self._buffer) < REPLY_HEAD.size:
            return
        outcome, size = REPLY_HEAD.unpack_from(self._buffer)
        if size > LONGEST_REPLY:
            self._gone = Gone(f"The value of the expression is larger than {LONGEST_REPLY // 2**20} MB.")
            self._end()
        elif len(self._buffer) == REPLY_HEAD.size + size:
            text = bytes(memoryview(self._buffer)[REPLY_HEAD.size :])
            self._buffer = bytearray()
            if self._reply is not None and not self._reply.done():
                self._reply.set_result(Reply(outcome, text))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - of the protocol
        """It has ended, by itself or not."""
        self._fail()
        if self._process is not None:
            self._process.kill()
            self._reaped = asyncio.get_running_loop().run_in_executor(None, self._process.wait)
        self.alive = False
        self._on_end(self)

    def _fail(self) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(self._gone)


def _spawn(connection: socket.socket, limits: Limits) -> subprocess.Popen[bytes]:
    """Nothing of the server goes along: no environment, no open file but the socket, no terminal."""
    command = [
        sys.executable, "-I", "-S", "-c", _PROGRAM, *_folders(),
        str(limits.memory_mb * 1024 * 1024), str(int(limits.seconds * 1000)),
    ]  # fmt: skip
    return subprocess.Popen(  # noqa: S603 - our own interpreter and program
        command, stdin=connection.fileno(), stdout=subprocess.DEVNULL, env={}, cwd="/", start_new_session=True
    )


def _folders() -> list[str]:
    """What the child must be able to import from; it finds nothing else."""
    folders = [str(_PROJECT)]
    for name in MODULES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"the module {name} is not installed")
        folders.append(str(Path(spec.origin).parent))
    return list(dict.fromkeys(folders))
