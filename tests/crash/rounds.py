"""Rounds of kill -9: load, kill at a random moment, start again, work on to the end, compare with the ledger.

`python -m tests.crash.rounds --rounds 20` prints one line a round; the exit status is 1 when any promise was broken.
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

from tests.crash.load import Load, executions, open_executions
from tests.serving import Server
from tests.wire import WireServer

ENDS_WITHIN = 40.0  # seconds from the last start of the server until every workflow must have ended
HEADER = "round   starts  updates  kills  restart ms  verdict"


@dataclass(frozen=True, slots=True)
class Round:
    """What one round has shown; `faults` is empty when every promise was kept."""

    number: int
    starts: int
    updates: int
    restarts_ms: tuple[float, ...]
    faults: tuple[str, ...]

    def line(self) -> str:
        """One row of the table under HEADER."""
        slowest = max(self.restarts_ms)
        verdict = "kept every promise" if not self.faults else f"{len(self.faults)} broken: {self.faults[0]}"
        return (
            f"{self.number:5}  {self.starts:7}  {self.updates:7}  {len(self.restarts_ms):5}  {slowest:10.0f}  {verdict}"
        )


async def run_round(
    servers: Sequence[Server], number: int, chance: random.Random, count: int = 120, shared: bool = False
) -> Round:
    """One round on running servers, which all run again at the end."""
    prefix, urls = f"crash_{secrets.token_hex(4)}", [server.base_url for server in servers]
    load = Load(urls, prefix, count, workers=20 if shared else 8, patient=shared)
    load.ledger.once = shared
    await load.prepare()
    load.begin()
    try:
        restarts = await _kill_under_load(servers, load, chance)
        await asyncio.wait_for(load.started(), ENDS_WITHIN)
        open_count = await drained(urls, load, prefix)
    finally:
        await load.stop()
    faults = load.ledger.faults(await executions(urls, prefix))
    if open_count:
        faults.insert(0, f"{open_count} workflows had not ended after {ENDS_WITHIN:.0f} s")
    return Round(number, len(load.ledger.starts), len(load.ledger.updates), tuple(restarts), tuple(faults))


async def _kill_under_load(servers: Sequence[Server], load: Load, chance: random.Random) -> list[float]:
    """Kill one server at a random point of the work, in every third round a second time while it recovers."""
    moment = chance.randint(1, load.expected_updates * 2 // 3)
    await _until_updates(load, moment)
    await asyncio.sleep(chance.uniform(0, 0.05))
    restarts = [await asyncio.to_thread(_kill_and_start, chance.choice(servers))]
    if chance.random() < 1 / 3:
        await asyncio.sleep(chance.uniform(0, 0.3))
        restarts.append(await asyncio.to_thread(_kill_and_start, chance.choice(servers)))
    return restarts


async def _until_updates(load: Load, moment: int) -> None:
    deadline = time.monotonic() + ENDS_WITHIN
    while len(load.ledger.updates) < moment:
        load.check_alive()
        assert time.monotonic() < deadline, f"the load came to a halt: {load.ledger.refusals[:3]}"
        await asyncio.sleep(0.002)


def _kill_and_start(server: Server) -> float:
    """Milliseconds from starting the process to its first answer."""
    server.kill()
    server.restart()
    return server.started_in * 1000


async def drained(urls: Sequence[str], load: Load, prefix: str) -> int:
    """Wait until nothing is open; how many executions are still open when the time is over."""
    deadline = time.monotonic() + ENDS_WITHIN
    while count := await open_executions(urls, prefix):
        load.check_alive()
        if time.monotonic() > deadline:
            return count
        await asyncio.sleep(0.1)
    return 0


def run_rounds(rounds: int, seed: int, report: Callable[[str], object]) -> list[Round]:
    """All rounds on one sqlite store in a temporary folder, so that later rounds recover beside older executions."""
    chance, done = random.Random(seed), list[Round]()
    report(HEADER)
    with tempfile.TemporaryDirectory() as folder, Server("--data", folder) as server:
        for number in range(1, rounds + 1):
            done.append(asyncio.run(run_round([server], number, chance)))
            report(done[-1].line())
    return done


def run_shared_rounds(rounds: int, seed: int, report: Callable[[str], object], servers: int = 3) -> list[Round]:
    """Each round on several servers that share a wire-protocol server, which is new: it slows down as it fills."""
    chance, done = random.Random(seed), list[Round]()
    report(HEADER)
    for number in range(1, rounds + 1):
        with contextlib.ExitStack() as stack:
            wire = stack.enter_context(WireServer())
            arguments = ("--mongo", wire.uri(), "--no-access-log")
            running = [stack.enter_context(Server(*arguments)) for _ in range(servers)]
            done.append(asyncio.run(run_round(running, number, chance, count=30, shared=True)))
        report(done[-1].line())
    return done


def main() -> int:
    """The command behind scripts/test-crash."""
    parser = argparse.ArgumentParser(description="kill -9 under load, then compare with what was acknowledged")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", choices=["sqlite", "mongo"], default="sqlite", help="mongo: three servers share it")
    parser.add_argument("--seed", type=int, default=None, help="for the same kill points again (default: a random one)")
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    _print(f"seed {seed}")
    run = run_shared_rounds if options.store == "mongo" else run_rounds
    done = run(options.rounds, seed, _print)
    for broken in (result for result in done if result.faults):
        _print(f"\nround {broken.number}:\n  " + "\n  ".join(broken.faults))
    slowest = max(time_ms for result in done for time_ms in result.restarts_ms)
    _print(f"\n{sum(not result.faults for result in done)} of {len(done)} rounds kept every promise; ")
    _print(f"{sum(len(result.restarts_ms) for result in done)} kills, slowest start to first answer {slowest:.0f} ms")
    return 1 if any(result.faults for result in done) else 0


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
