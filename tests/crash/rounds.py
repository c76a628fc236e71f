"""Rounds of kill -9: load, end a server in the middle of it, start again, work on to the end, compare with the ledger.

`python -m tests.crash.rounds --rounds 20` prints one line a round; the exit status is 1 when any promise was broken.
Odd rounds kill at a random moment, even ones end the server at a named point, one point after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.crash.endings import NOT_REACHED, RANDOM, VARIABLE, Ending, armed, at_random, at_the_armed_point, points_of
from tests.crash.load import Load, executions, open_executions
from tests.serving import Server
from tests.wire import WireServer

ENDS_WITHIN = 60.0  # seconds from the last start of a server until every workflow must have ended
HEADER = "round   starts  updates  kills  restart ms  verdict, and where it ended"
COUNTS = {"sqlite": 120, "mongo": 30}
"""How many workflows a round has."""
Report = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round has shown; `faults` is empty when every promise was kept."""

    number: int
    where: str
    starts: int
    updates: int
    restarts_ms: tuple[float, ...]
    faults: tuple[str, ...]

    def line(self) -> str:
        """One row of the table under HEADER."""
        slowest = max(self.restarts_ms)
        verdict = "kept every promise" if not self.faults else f"{len(self.faults)} broken: {self.faults[0]}"
        figures = f"{self.number:5}  {self.starts:7}  {self.updates:7}  {len(self.restarts_ms):5}  {slowest:10.0f}"
        return f"{figures}  {verdict} ({self.where})"


async def run_round(
    servers: Sequence[Server], number: int, chance: random.Random, count: int, where: str = RANDOM, shared: bool = False
) -> Round:
    """One round on running servers, which all run again at the end."""
    prefix, urls = f"crash_{secrets.token_hex(4)}", [server.base_url for server in servers]
    load = Load(urls, prefix, count, workers=20 if shared else 8, patient=shared)
    load.ledger.once = shared
    ending: Ending = at_random if where == RANDOM else at_the_armed_point
    await load.prepare()
    load.begin()
    try:
        ended = await ending(servers, load, chance)
        await asyncio.wait_for(load.started(), ENDS_WITHIN)
        open_count = await drained(urls, load, prefix)
    finally:
        await load.stop()
    faults = load.ledger.faults(await executions(urls, prefix))
    if open_count:
        faults.insert(0, f"{open_count} workflows had not ended after {ENDS_WITHIN:.0f} s")
    starts, updates = len(load.ledger.starts), len(load.ledger.updates)
    return Round(number, ended.where, starts, updates, tuple(ended.restarts_ms), tuple(faults))


async def drained(urls: Sequence[str], load: Load, prefix: str) -> int:
    """Wait until nothing is open; how many executions are still open when the time is over."""
    deadline = time.monotonic() + ENDS_WITHIN
    while count := await open_executions(urls, prefix):
        load.check_alive()
        if time.monotonic() > deadline:
            return count
        await asyncio.sleep(0.1)
    return 0


def places(store: str, rounds: int) -> list[str]:
    """Where the server ends in each round."""
    points = points_of(store)
    return [RANDOM if number % 2 else points[(number // 2 - 1) % len(points)] for number in range(1, rounds + 1)]


def run_rounds(where: Sequence[str], seed: int, report: Report, count: int = COUNTS["sqlite"]) -> list[Round]:
    """All rounds on one sqlite store in a temporary folder, so that later rounds recover beside older executions."""
    chance, done = random.Random(seed), list[Round]()
    report(HEADER)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = Server("--data", folder, "--no-access-log")
        for number, place in enumerate(where, 1):
            if place != RANDOM:
                server.environment[VARIABLE] = armed(place, chance)
            if number == 1:
                stack.enter_context(server)
            elif place != RANDOM:
                server.restart()
            done.append(asyncio.run(run_round([server], number, chance, count, place)))
            report(done[-1].line())
    return done


def run_shared_rounds(
    where: Sequence[str], seed: int, report: Report, count: int = COUNTS["mongo"], servers: int = 3
) -> list[Round]:
    """Each round on several servers that share a wire-protocol server, which is new: it slows down as it fills."""
    chance, done = random.Random(seed), list[Round]()
    report(HEADER)
    for number, place in enumerate(where, 1):
        with contextlib.ExitStack() as stack:
            wire = stack.enter_context(WireServer())
            running = [Server("--mongo", wire.uri(), "--no-access-log") for _ in range(servers)]
            if place != RANDOM:
                chance.choice(running).environment[VARIABLE] = armed(place, chance)
            for server in running:
                stack.enter_context(server)
            done.append(asyncio.run(run_round(running, number, chance, count, place, shared=True)))
        report(done[-1].line())
    return done


def main() -> int:
    """The command behind scripts/test-crash."""
    parser = argparse.ArgumentParser(description="kill -9 under load, then compare with what was acknowledged")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", choices=["sqlite", "mongo"], default="sqlite", help="mongo: three servers share it")
    parser.add_argument("--seed", type=int, default=None, help="for the same kill points again (default: a random one)")
    parser.add_argument("--workflows", type=int, default=None, help=f"in each round (default: {COUNTS})")
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    _print(f"seed {seed}")
    run = run_shared_rounds if options.store == "mongo" else run_rounds
    count = options.workflows or COUNTS[options.store]
    done = run(places(options.store, options.rounds), seed, _print, count)
    for broken in (result for result in done if result.faults):
        _print(f"\nround {broken.number}:\n  " + "\n  ".join(broken.faults))
    _print(f"\n{_total(done)}")
    return 1 if any(result.faults for result in done) else 0


def _total(done: Sequence[Round]) -> str:
    times = [milliseconds for result in done for milliseconds in result.restarts_ms]
    points = {result.where for result in done if result.where != RANDOM and NOT_REACHED not in result.where}
    return (
        f"{sum(not result.faults for result in done)} of {len(done)} rounds kept every promise; {len(times)} kills, at "
        f"random moments and at {len(points)} named points; {sum(result.updates for result in done)} updates "
        f"acknowledged; slowest start to first answer {max(times):.0f} ms"
    )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
