"""How a server ends in the middle of its work: killed at a random moment, or by itself at a named point."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from engine.crash_points import POINTS
from tests.crash.load import Load
from tests.serving import Server

NOT_REACHED = "not reached:"
VARIABLE = "SEGUE_CRASH_POINT"
REACHED_WITHIN = 40.0
_RARE = ("timer", "outbox", "mongo: before pending")
_OFTEN = 7
_DEFINITIONS = 8
"""At least so many writes of an sqlite server come before the load."""
_OF_ONE_STORE = ("sqlite", "mongo", "scheduler")
"""Without a schedule those of the scheduler are not reached: test_schedules.py looks after them."""

RANDOM = "a random moment"


class Ended(NamedTuple):
    """Where servers ended, and how many milliseconds each new start took to the first answer."""

    where: str
    restarts_ms: list[float]


Ending = Callable[[Sequence[Server], Load, random.Random], Awaitable[Ended]]
"""Ends servers under load and starts them again."""


def points_of(store: str) -> list[str]:
    """The points that a server on this store passes."""
    return [point for point in POINTS if point.startswith(store) or not point.startswith(_OF_ONE_STORE)]


def armed(point: str, chance: random.Random) -> str:
    """The value of the variable that ends a server there: when it comes for the first time, or one of the next."""
    before = _DEFINITIONS if point.startswith("sqlite") else 0
    return f"{point}:{before + chance.randint(1, 1 if point.startswith(_RARE) else _OFTEN)}"


async def at_random(servers: Sequence[Server], load: Load, chance: random.Random) -> Ended:
    """Kill one server at a random point of the work, in every third round a second time while it recovers."""
    moment = chance.randint(1, load.expected_updates * 2 // 3)
    deadline = time.monotonic() + REACHED_WITHIN
    while len(load.ledger.updates) < moment:
        load.check_alive()
        assert time.monotonic() < deadline, f"the load came to a halt: {load.ledger.refusals[:3]}"
        await asyncio.sleep(0.002)
    await asyncio.sleep(chance.uniform(0, 0.05))
    restarts = [await asyncio.to_thread(_kill_and_start, chance.choice(servers))]
    if chance.random() < 1 / 3:
        await asyncio.sleep(chance.uniform(0, 0.3))
        restarts.append(await asyncio.to_thread(_kill_and_start, chance.choice(servers)))
    return Ended(RANDOM, restarts)


async def at_the_armed_point(servers: Sequence[Server], load: Load, chance: random.Random) -> Ended:
    """Wait until the server with an armed point has ended, and start it without. Where several share the work, the
    others may do all that would have led there: then it is killed all the same, and `where` says so.
    """
    server = next(server for server in servers if VARIABLE in server.environment)
    where = server.environment.pop(VARIABLE).rpartition(":")[0]
    deadline = time.monotonic() + REACHED_WITHIN
    while server.process.poll() is None:
        load.check_alive()
        if time.monotonic() > deadline:
            where = f"{NOT_REACHED} {where}"
            break
        await asyncio.sleep(0.01)
    return Ended(where, [await asyncio.to_thread(_kill_and_start, server)])


def _kill_and_start(server: Server) -> float:
    """Milliseconds from starting the process to its first answer."""
    server.kill()
    server.restart()
    return server.started_in * 1000
