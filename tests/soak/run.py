"""`python -m tests.soak.run --minutes 10 --store sqlite --kills 5`: the command behind scripts/soak."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random, SystemRandom
from typing import NamedTuple

from tests.crash.connection import Connection
from tests.serving import Server
from tests.soak import verdict
from tests.soak.crowd import Crowd
from tests.soak.trees import Trees
from tests.wire import WireServer

ENDS_WITHIN = 240.0
QUIET = 15.0
"""Seconds without clients, in which retries, leases and effects come to rest; longer than any of them takes."""


STARTS = 3
LOOKS, BETWEEN_LOOKS = 4, 5.0
"""A fault has to be seen so often to be one."""


class Scale(NamedTuple):
    """How many of whom; the wire-protocol server takes less."""

    servers: int
    most_open: int
    workers: int
    operators: int
    pause: float


SCALES = {"sqlite": Scale(1, 60, 6, 3, 0.02), "mongo": Scale(2, 8, 2, 1, 0.2)}


@contextlib.contextmanager
def servers(store: str, number: int) -> Iterator[list[Server]]:
    """The servers of a run; with mongo they share a database."""
    with contextlib.ExitStack() as stack:
        if store == "mongo":
            uri = stack.enter_context(WireServer()).uri() + "?socketTimeoutMS=60000"  # it is slow when it is full
            arguments: tuple[str, ...] = ("--mongo", uri)
        else:
            arguments = ("--data", stack.enter_context(tempfile.TemporaryDirectory()))
        yield [stack.enter_context(Server(*arguments, "--no-access-log")) for _ in range(number)]


async def soak(running: Sequence[Server], scale: Scale, minutes: float, kills: int, chance: Random) -> list[str]:
    """Minutes of everything, a quiet moment, then the way to the end; what was wrong at either."""
    trees = Trees(f"soak{chance.randrange(1_000_000)}", chance)
    crowd = Crowd(running, trees, chance, scale.most_open, scale.pause)
    async with crowd.connection() as connection:
        await _register(crowd, trees)
        crowd.begin(scale.workers, scale.operators)
        restarts = await _kill_now_and_then(running, crowd, minutes * 60, kills, chance)
        await crowd.stop()
        await asyncio.sleep(QUIET)
        wrong, read = await _lasting_faults(crowd, connection, trees)
        _tell("when the crowd had stopped", read)
        wrong += await _the_end(running, crowd, trees, scale, chance)
    _report(crowd, restarts)
    return wrong


async def _lasting_faults(
    crowd: Crowd, connection: Connection, trees: Trees
) -> tuple[list[str], dict[str, verdict.Json]]:
    """What is wrong in look after look: time goes on while one looks, and ends this and that."""
    lasting: list[str] | None = None
    for _ in range(LOOKS):
        found, read = await verdict.all_executions(crowd, connection, trees)
        wrong = verdict.faults(crowd, found, read)
        wrong += await verdict.queue_faults(crowd, connection, trees, read)
        lasting = wrong if lasting is None else [each for each in wrong if each in lasting]
        if not lasting:
            break
        await asyncio.sleep(BETWEEN_LOOKS)
    return lasting or [], read


async def _register(crowd: Crowd, trees: Trees) -> None:
    async with crowd.connection() as connection:
        steps: list[tuple[str, object]] = [("/metadata/taskdefs", trees.task_definitions())]
        steps += [("/metadata/workflow", definition) for definition in trees.definitions()]
        answers = [await connection.request("POST", path, body) for path, body in steps]
    assert all(answer.ok for answer in answers), [answer for answer in answers if not answer.ok]


async def _kill_now_and_then(
    running: Sequence[Server], crowd: Crowd, seconds: float, kills: int, chance: Random
) -> list[float]:
    """Milliseconds from each new start to its first answer."""
    begin, restarts = time.monotonic(), list[float]()
    moments = sorted(chance.uniform(0.05, 0.95) * seconds for _ in range(kills))
    for moment in moments:
        await asyncio.sleep(max(begin + moment - time.monotonic(), 0))
        server = chance.choice(running)
        server.kill()
        restarts.append(await asyncio.to_thread(_started_again, server))
    await asyncio.sleep(max(begin + seconds - time.monotonic(), 0))
    return restarts


def _started_again(server: Server) -> float:
    """Milliseconds until it answers; a machine that is busy enough may need more than one start."""
    begin = time.monotonic()
    for _ in range(STARTS - 1):
        with contextlib.suppress(AssertionError):
            server.restart()
            return (time.monotonic() - begin) * 1000
    server.restart()
    return (time.monotonic() - begin) * 1000


async def _the_end(running: Sequence[Server], before: Crowd, trees: Trees, scale: Scale, chance: Random) -> list[str]:
    """With diligent workers and people, and without operators, everything ends."""
    crowd = Crowd(running, trees, chance, scale.most_open, scale.pause)
    crowd.diligent, crowd.started, crowd.removed = True, before.started, before.removed
    crowd.begin(scale.workers, operators=0)
    try:
        async with crowd.connection() as connection:
            deadline = time.monotonic() + ENDS_WITHIN
            while await crowd.some(connection, "RUNNING,PAUSED", 1) and time.monotonic() < deadline:
                await asyncio.sleep(1)
    finally:
        await crowd.stop()
    async with crowd.connection() as connection:
        wrong, read = await _lasting_faults(crowd, connection, trees)
    wrong += [f"{each['workflowId']} has not ended: it waits for {verdict.waits_for(each, read)}"
              for each in read.values() if each["status"] in verdict.OPEN]  # fmt: skip
    _tell("at the end", read)
    return wrong


def _tell(when: str, read: dict[str, verdict.Json]) -> None:
    statuses = Counter(execution["status"] for execution in read.values())
    tasks = sum(len(execution["tasks"]) for execution in read.values())
    waits = Counter(str(verdict.waits_for(each, read)) for each in read.values() if each["status"] in verdict.OPEN)
    children = sum("parentWorkflowId" in execution for execution in read.values())
    _print(f"{when}: {len(read)} executions ({children} of them children), {tasks} tasks")
    _print(f"  {dict(sorted(statuses.items()))}, open ones wait for {dict(waits)}")


def _report(crowd: Crowd, restarts: Sequence[float]) -> None:
    slowest = f", slowest start to first answer {max(restarts):.0f} ms" if restarts else ""
    _print(f"{len(crowd.started)} starts, {len(crowd.removed)} removals, {len(restarts)} kills{slowest}")
    for name, number in sorted(crowd.counts.items()):
        _print(f"  {name}: {number}")


def main() -> int:
    """Exit status 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="random trees, operations and kill -9s; then nothing may be stuck")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--store", choices=sorted(SCALES), default="sqlite", help="mongo: two servers share it")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=None, help="for the same definitions again")
    options = parser.parse_args()
    seed = SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    _print(f"seed {seed}, {options.store}, {options.minutes:g} minutes, {options.kills} kills")
    scale = SCALES[options.store]
    with servers(options.store, scale.servers) as running:
        wrong = asyncio.run(soak(running, scale, options.minutes, options.kills, Random(seed)))
    _print("\n".join(["", *wrong[:50], f"{len(wrong)} faults"]) if wrong else "\nnothing is stuck, all counts agree")
    return 1 if wrong else 0


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
