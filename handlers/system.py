"""The machine's own clock and id source, as the engine's ports want them."""

from __future__ import annotations

import os
import time

from engine.model import Millis

_COUNTER_BITS = 12
_VERSION_7 = 7 << 76
_VARIANT = 2 << 62


class SystemClock:
    """The time of day of this machine."""

    def now(self) -> Millis:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000


class TimeOrderedIds:
    """Ids in the form of UUID version 7: those made later sort later, so that indexes grow at one end.

    Within one process the order is strict: a counter takes over inside a millisecond, and when the clock steps back.
    """

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> str:
        """A fresh id."""
        self._last = max(self._clock.now() << _COUNTER_BITS, self._last + 1)
        millis, counter = divmod(self._last, 1 << _COUNTER_BITS)
        noise = int.from_bytes(os.urandom(8), "big") >> 2
        digits = f"{millis << 80 | _VERSION_7 | counter << 64 | _VARIANT | noise:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
