"""The program of an evaluator child: it gives up everything but its socket, then answers one question after another.

It is started with the folders to import from, then limits as whole numbers: the address space in bytes, and the time
of one question in milliseconds. Should its parent die while it computes, its own alarm ends it.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import sys

from engine.evaluators import javascript, jq_programs
from engine.evaluators.faults import Fault
from engine.evaluators.protocol import (
    EXHAUSTED,
    JAVASCRIPT,
    JQ,
    OVERDUE,
    QUESTION_HEAD,
    READY,
    REPLY_HEAD,
    SYNTAX,
    VALUE,
    WRONG,
)

NOBODY = 65534
DEPTH = 250
"""How deep Python may recurse here."""
ALARM_AFTER_S = 2.0
"""The parent kills an overdue child well before its alarm does."""


def main() -> None:
    """Answer questions until the parent hangs up."""
    memory, milliseconds = (int(text) for text in sys.argv[-2:])
    source, sink = os.fdopen(0, "rb"), os.fdopen(os.dup(0), "wb")
    _give_up_everything(memory)
    _reply(sink, READY, "")
    while head := source.read(QUESTION_HEAD.size):
        kind, source_size, data_size = QUESTION_HEAD.unpack(head)
        text, data = source.read(source_size).decode(), source.read(data_size).decode()
        signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000 + ALARM_AFTER_S)
        outcome, answer = _answer(kind, text, data, milliseconds / 1000, memory // 2)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _reply(sink, outcome, answer)


def _give_up_everything(memory: int) -> None:
    """No environment, no privileges, no file to open or write, no process to start, no more than so much memory."""
    os.environ.clear()  # noqa: TID251 - emptied, not read: jq shows it to whoever asks
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # a container may not know this user; then the limits below must do
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    none = (0, 0)
    for limit, value in (
        (resource.RLIMIT_AS, (memory, memory)),
        (resource.RLIMIT_CORE, none),
        (resource.RLIMIT_FSIZE, none),
        (resource.RLIMIT_NPROC, none),
        (resource.RLIMIT_NOFILE, none),
    ):
        resource.setrlimit(limit, value)
    sys.setrecursionlimit(DEPTH)


def _answer(kind: int, source: str, data: str, seconds: float, memory: int) -> tuple[int, str]:
    try:
        if kind == JQ:
            return VALUE, jq_programs.results(source, data)
        if kind == JAVASCRIPT:
            return VALUE, javascript.evaluate(source, data, seconds, memory)
        assert kind == SYNTAX, kind
        return VALUE, javascript.syntax(source, seconds, memory)
    except Fault as fault:
        return WRONG, str(fault)
    except javascript.Overdue:
        return OVERDUE, ""
    except MemoryError:
        return EXHAUSTED, ""


def _reply(sink: io.BufferedWriter, outcome: int, text: str) -> None:
    body = text.encode(errors="replace")
    sink.write(REPLY_HEAD.pack(outcome, len(body)) + body)
    sink.flush()


if __name__ == "__main__":
    main()
