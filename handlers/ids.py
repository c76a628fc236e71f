"""Fresh ids that sort by their time of making."""

from __future__ import annotations

import os
import random

from engine.ports import Clock

COUNTER_BITS = 12
VERSION_7 = 7 << 76
VARIANT = 2 << 62


class TimeOrderedIds:
    """The engine's `Ids` in production: UUIDs of version 7, so that indexes grow at one end.

    Within one process the order is strict: a counter takes over inside a millisecond, and when the clock steps back.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        # ids are no secrets; a system call for each would cost more than all the rest of this class
        self._noise = random.Random(os.urandom(32)).getrandbits  # noqa: S311

    def new(self) -> str:
        """A fresh id."""
        self._last = max(self._clock.now() << COUNTER_BITS, self._last + 1)
        millis, counter = divmod(self._last, 1 << COUNTER_BITS)
        noise = self._noise(62)
        digits = f"{millis << 80 | VERSION_7 | counter << 64 | VARIANT | noise:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
