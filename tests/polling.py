"""Waiting for something a real process does: look again and again, with a deadline and a sentence when it passes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(probe: Callable[[], Found | None], what: str, within: float = 10.0, every: float = 0.02) -> Found:
    """The first value of `probe` other than None and False; AssertionError naming `what` after `within` seconds."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while True:
        found = probe()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        pause.wait(every)
