"""The time of day of this machine."""

from __future__ import annotations

import time

from engine.model import Millis


class SystemClock:
    """The engine's `Clock` in production."""

    def now(self) -> Millis:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000
