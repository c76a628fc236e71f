"""How much of a limit is used: slots taken now, and claims within the sliding window."""

from __future__ import annotations

from collections import deque

from engine.model import Millis
from engine.ports import Limit


class LimitUse:
    """What the claimed entries of one limit key use up.

    Entries may carry different numbers under one key (the task definition changed between them): the use is
    counted by key, and every entry is measured against its own numbers.
    """

    __slots__ = ("_depth", "_span", "claimed", "stamps")

    def __init__(self) -> None:
        self._depth = 0
        self._span: Millis = 0
        self.claimed = 0
        self.stamps: deque[Millis] = deque()
        """When the latest claims happened, oldest first, as far back as a limit of this key looks."""

    @property
    def idle(self) -> bool:
        """True when nothing would be forgotten with this object."""
        return not self.claimed and not self.stamps

    def full(self, limit: Limit) -> bool:
        """True when only the end of a claimed entry can make room."""
        return 0 < limit.concurrent <= self.claimed

    def opens_at(self, limit: Limit) -> Millis:
        """The moment from which the window has room for one more claim; 0 = now and always."""
        if limit.per_window <= 0 or len(self.stamps) < limit.per_window:
            return 0
        return self.stamps[-limit.per_window] + limit.window_ms

    def take(self, limit: Limit, now: Millis) -> None:
        """Count one claim."""
        self.claimed += 1
        if limit.per_window <= 0:
            return
        self.stamps.append(now)
        self._depth, self._span = max(self._depth, limit.per_window), max(self._span, limit.window_ms)
        while len(self.stamps) > self._depth and self.stamps[0] + self._span <= now:
            self.stamps.popleft()

    def give_back(self, stamp: Millis) -> None:
        """A claim did not lead to work: it does not count in the window either."""
        if stamp in self.stamps:
            self.stamps.remove(stamp)
