"""Logs on standard error: one line an event, for people or as JSON; and one line a request.

Everything goes through structlog, what libraries say by `logging` too.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TextIO, cast

import msgspec
import structlog

from handlers.settings import LogFormat, LogLevel

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Render = Callable[[Any, str, structlog.typing.EventDict], str]

CLIENT_GONE = 499
"""The status in the line about a request whose client left before the answer; it is never sent."""


def configure(format_: LogFormat, level: LogLevel, file: TextIO | None = None) -> None:
    """Set up structlog and logging for this process."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            RENDERERS[format_],
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, Patient(file or sys.stderr, RENDERERS[format_]))),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(number, logging.INFO), handlers=[FromLibraries()], force=True)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class Patient:
    """A file for logs that never raises: a full disk must not stop what the log tells of. Lines that cannot be
    written are counted, and their number is told as soon as there is room.
    """

    def __init__(self, file: TextIO, render: Render) -> None:
        self._file, self._render = file, render
        self._lost = 0

    def write(self, text: str) -> None:
        """Write, or count what is lost."""
        try:
            self._file.write(text)
            if self._lost:
                event = "lines of the log were lost"
                told = {"timestamp": "-", "level": "warning", "event": event, "lines": self._lost}
                self._file.write(self._render(None, "warning", told) + "\n")
        except OSError:
            self._lost += 1
        else:
            self._lost = 0

    def flush(self) -> None:
        """Lines are flushed one by one as they are written; what a failing one has left behind goes with the next."""
        with contextlib.suppress(OSError):
            self._file.flush()


class FromLibraries(logging.Handler):
    """Hands what libraries log to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on one record, with its traceback when it has one."""
        log = structlog.get_logger(library=record.name)
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info)


class AccessLog:
    """ASGI middleware: one line for every request, after its answer."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._log = structlog.get_logger().bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, then tell."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), CLIENT_GONE

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            taken = round((time.perf_counter() - started) * 1000, 2)
            self._log.info("request", method=scope["method"], path=scope["path"], status=status, ms=taken)


def _json_line(_logger: Any, _method: str, event: structlog.typing.EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def _console_line(_logger: Any, _method: str, event: structlog.typing.EventDict) -> str:
    head = f"{event.pop('timestamp')} {event.pop('level'):<8} {event.pop('event')}"
    trace = event.pop("exception", None)
    fields = "".join(f" {name}={_plain(value)}" for name, value in event.items())
    return f"{head}{fields}" + (f"\n{trace}" if trace else "")


def _plain(value: Any) -> str:
    """The value as it is, quoted only where it would tear the line apart."""
    text = str(value)
    return text if text.isprintable() and " " not in text else repr(text)


RENDERERS: dict[LogFormat, Render] = {
    "json": _json_line,
    "console": _console_line,
}
