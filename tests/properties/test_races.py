"""Every operation against every other, and against workers, timers, effects and evaluators in flight: what must hold
holds when the dust has settled, and whatever is left can be worked to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import combinations_with_replacement
from pathlib import Path
from zlib import crc32

import pytest

from engine.errors import ConductorError
from engine.ports import Store
from engine.questions import Evaluate, Evaluated
from storage.memory import MemoryStore
from storage.sqlite import SqliteStore
from tests.properties import family
from tests.properties.forest import Forest
from tests.properties.racing import DEFINITIONS, OPERATIONS, OPERATIONS_BEFORE, STATES, Operation, Race

PAIRS = tuple(combinations_with_replacement(OPERATIONS, 2))
SHORT = {"memory": 16, "sqlite": 60}
"""The suite runs one race in so many; the long profile all."""


def chance(*words: str) -> int:
    """A number that is always the same for the same words."""
    return crc32(":".join(words).encode())


async def slowly(question: Evaluate) -> Evaluated:
    """An evaluator that is in flight for some turns of the loop."""
    for _ in range(3):
        await asyncio.sleep(0)
    return Evaluated("slow")


async def attempt(operation: Operation, race: Race, turns: int) -> None:
    """Begin after some turns; a refusal is an answer like any other."""
    for _ in range(turns):
        await asyncio.sleep(0)
    try:
        await operation(race)
    except ConductorError:
        return


async def together(race: Race, first: Operation, second: Operation, number: int) -> None:
    await asyncio.gather(attempt(first, race, number % 5), attempt(second, race, number // 5 % 5))


def run(forest: Forest, state: str, pair: tuple[str, str]) -> None:
    """One race from its beginning until everything has ended and is gone."""
    race, number = Race(forest), chance(state, *pair)
    for step in STATES[state]:
        forest.run(OPERATIONS_BEFORE[step](race))  # type: ignore[arg-type]
        forest.settle()
    forest.tardy.turns = tuple(number >> shift & 3 for shift in (0, 3, 6, 9, 12))
    forest.run(together(race, OPERATIONS[pair[0]], OPERATIONS[pair[1]], number))
    forest.settle()
    family.check_touched(forest)
    family.check_at_rest(forest)
    forest.everything_ends()
    family.check_touched(forest)
    family.check_at_rest(forest)
    for workflow_id in forest.ids_of_all():
        forest.run(forest.engine.remove(workflow_id, archive=False))


def races(state: str, one_in: int) -> Iterator[tuple[str, str]]:
    return (pair for pair in PAIRS if chance("choice", state, *pair) % one_in == 0)


def broken(store: Store, state: str, one_in: int) -> list[str]:
    """The races after which something does not hold, each with what that is."""
    faults: list[str] = []
    forest = _forest(store)
    try:
        for pair in races(state, one_in):
            try:
                run(forest, state, pair)
            except AssertionError as error:
                faults.append(f"{state}: {' against '.join(pair)}: {error}")
                for workflow_id in forest.ids_of_all():
                    forest.tried(forest.engine.remove(workflow_id, archive=False))
    finally:
        forest.close()
    return faults


def _forest(store: Store) -> Forest:
    forest = Forest(DEFINITIONS, store, by_itself=True)
    forest.engine._evaluators.evaluate = slowly  # type: ignore[method-assign]
    return forest


@pytest.mark.parametrize("state", STATES)
def test_c1_c2_u1_races_on_the_memory_store(state: str) -> None:
    assert not broken(MemoryStore(), state, SHORT["memory"])


@pytest.mark.parametrize("state", STATES)
def test_c1_c2_u1_races_on_the_sqlite_store(state: str, tmp_path: Path) -> None:
    assert not broken(SqliteStore(tmp_path), state, SHORT["sqlite"])


@pytest.mark.long
@pytest.mark.parametrize("state", STATES)
def test_all_races_on_the_memory_store(state: str) -> None:
    assert not broken(MemoryStore(), state, 1)


@pytest.mark.long
@pytest.mark.parametrize("state", STATES)
def test_all_races_on_the_sqlite_store(state: str, tmp_path: Path) -> None:
    assert not broken(SqliteStore(tmp_path), state, 1)
