"""Checks that print one line each, and waiting for what a server does."""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import TypeVar

from tests.clients.python.connection import Connection

Found = TypeVar("Found")
Check = Callable[[Connection], None]


def fresh(stem: str) -> str:
    """A name that no other check uses."""
    return f"{stem}_{secrets.token_hex(5)}"


def until(probe: Callable[[], Found | None], what: str, within: float = 20.0) -> Found:
    """The first value of `probe` other than None and False; AssertionError naming `what` after `within` seconds."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not (found := probe()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        pause.wait(0.05)
    return found


def equal(found: object, expected: object) -> None:
    """AssertionError that shows both unless they are the same."""
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def run(checks: Mapping[str, Check], connection: Connection) -> int:
    """Run every check, print a line for each, and return how many failed."""
    failed = 0
    for name, check in checks.items():
        try:
            check(connection)
        except Exception as error:
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
            traceback.print_exc()
        else:
            print(f"ok      {name}", flush=True)
    return failed
