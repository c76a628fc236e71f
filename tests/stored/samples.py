"""Times of the same requests to two servers, one by one and in turn, so that both meet the same machine."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.crash.connection import Answer, Connection

MOST = 1.5
"""How much longer a request may take with many executions stored."""
Ask = Callable[[Connection, int], Awaitable[Answer]]


class Times(NamedTuple):
    """Milliseconds of one kind of request, sorted."""

    taken: list[float]

    def at(self, share: float) -> float:
        """The time that so many of them did not exceed."""
        return self.taken[min(len(self.taken) - 1, int(len(self.taken) * share))]


class Row(NamedTuple):
    """A line of the table: one kind of request at the base alone and at the full store."""

    name: str
    hits: str
    base: Times
    full: Times
    linear: bool = False
    """It is known, and allowed, to take longer the farther behind its page stands."""

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return self.full.at(0.5) / self.base.at(0.5)

    @property
    def slow(self) -> bool:
        """Whether it breaks the promise."""
        return self.ratio > MOST and not self.linear

    def text(self) -> str:
        """As a line of a markdown table."""
        times = [f"{times.at(0.5):.2f} / {times.at(0.99):.2f}" for times in (self.base, self.full)]
        return f"| {self.name} | {self.hits} | {times[0]} | {times[1]} | {self.ratio:.2f} x |"


async def timed(connection: Connection, ask: Ask, number: int) -> tuple[float, Answer]:
    """Milliseconds of one request, and its answer; one that is refused is an AssertionError."""
    begun = time.perf_counter()
    answer = await ask(connection, number)
    taken = (time.perf_counter() - begun) * 1000
    assert answer.ok, answer
    return taken, answer


async def compared(base: Connection, full: Connection, asks: tuple[Ask, Ask], rounds: int) -> tuple[Times, Times]:
    """Times of `rounds` requests to each, the first few left out; who comes first changes each time."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(-max(3, rounds // 10), rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            time_, _ = await timed((base, full)[which], asks[which], number)
            if number >= 0:
                taken[which].append(time_)
    return Times(sorted(taken[0])), Times(sorted(taken[1]))
