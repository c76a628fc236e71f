"""Many stories, told to both servers a few at a time; which of them end differently, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from tests.conformance.goldenkit.compare import Difference
from tests.differential.ending import Done
from tests.differential.rules import departure, differences, faults
from tests.differential.stories import story
from tests.differential.telling import Side, Telling

TRIES = 3
"""The reference decides some JOINs in a race (C4, C13): it may tell a story again before it counts as different."""
AT_ONCE = 4


class Verdict(NamedTuple):
    """How the telling of one story compares."""

    number: int
    differences: list[Difference]
    """What no rule covers."""
    departure: str
    """The name of the rule by which the servers went ways of their own, or ""."""
    done: Sequence[Done]

    def report(self) -> str:
        """What differs, and what was done here up to the end."""
        steps = "\n".join(f"    {done}" for done in self.done)
        return "\n".join([f"story {self.number}", *(f"  {each}" for each in self.differences), steps])


def compare(numbers: Iterable[int], operated: bool, reference: Side, ours: Side) -> Iterator[Verdict]:
    """A verdict for each story, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tell = partial(verdict, operated=operated, reference=reference, ours=ours)
        yield from pool.map(tell, numbers)


def verdict(number: int, operated: bool, reference: Side, ours: Side) -> Verdict:
    """Tell it here once, and there until it ends alike."""
    told = story(number, operated)
    here = Telling(told, ours).tell()
    left = faults(here)
    for _ in range(0 if left else TRIES):
        there = Telling(told, reference).tell()
        left, leaves = differences(there, here), departure(there, here)
        if not left or leaves:
            return Verdict(number, [], leaves if left else "", here.done)
    return Verdict(number, left, "", here.done)
