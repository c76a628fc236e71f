"""`python -m tests.stored.run 1000000`: the command behind scripts/bench-stored."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from tests.crash.connection import Connection
from tests.serving import Server
from tests.stored import executions
from tests.stored.folders import Filled, filled, memory
from tests.stored.questions import DEEP, DEEPLY, Question, questions
from tests.stored.samples import Ask, Row, compared
from tests.stored.work import worked

PAGE = 100
HEAD = "| Request | hits (base, full) | base, p50 / p99 ms | full, p50 / p99 ms | full : base |\n|---|---|---|---|---|"


async def pages(base: Connection, full: Connection, asked: Question, rounds: int) -> Row:
    """The first page of a search, with as many executions on it as the base has, up to a hundred."""
    hits = [(await each.request("GET", asked.url(0, 0, 0))).json()["totalHits"] for each in (base, full)]
    size = min(PAGE, *hits)
    assert size, f"{asked.name}: {hits} hits"
    ask = _asking(asked, 0, size)
    times = await compared(base, full, (ask, ask), rounds)
    return Row(asked.name, f"{hits[0]:,}, {hits[1]:,}", *times)


async def deep_pages(base: Connection, full: Connection, asked: Question, stored: int, held: int, rounds: int) -> Row:
    """A page far behind, against the last full one of the base."""
    start = min(DEEP, stored - PAGE)
    asks = _asking(asked, held - PAGE, PAGE), _asking(asked, start, PAGE)
    return Row(f"{asked.name}, start={start:,}", "", *(await compared(base, full, asks, rounds)), linear=True)


def _asking(asked: Question, start: int, size: int) -> Ask:
    return lambda connection, number: connection.request("GET", asked.url(number, start, size))


async def measured(servers: Sequence[Server], stored: int, held: int, rounds: int) -> list[Row]:
    """Every row of the table, told as it comes."""
    rows: list[Row] = []

    def tell(row: Row) -> None:
        rows.append(row)
        _print(row.text())

    async with Connection(servers[0].base_url) as base, Connection(servers[1].base_url) as full:
        every = questions(stored, held)
        for asked in every:
            tell(await pages(base, full, asked, rounds))
        for asked in every:
            if asked.name in DEEPLY:
                tell(await deep_pages(base, full, asked, stored, held, rounds))
        for row in await worked(base, full, rounds * 2):
            tell(row)
    return rows


def cost(base: Filled, full: Filled, before: Sequence[int], servers: Sequence[Server]) -> list[str]:
    """What an execution costs."""
    more = full.executions - base.executions
    each = (full.disk - base.disk) / more
    said = [
        f"import: {full.executions / full.seconds:,.0f} executions/s, {full.executions / full.cpu:,.0f} a CPU second",
        f"disk: {each:,.0f} bytes for each stored execution, {full.disk / 1e9:.2f} GB in all",
        "start-up to the first answer (base, full): " + ", ".join(f"{server.started_in:.2f} s" for server in servers),
    ]
    for when, found in ("the start", before), ("all of this", [memory(server.pid) for server in servers]):
        megabytes = ", ".join(f"{size / 1e6:.0f} MB" for size in found)
        said.append(
            f"memory (PSS) after {when} (base, full): {megabytes}, so {(found[1] - found[0]) / more:.0f} bytes each"
        )
    return said


def run(stored: int, held: int, rounds: int, seed: int) -> list[Row]:
    """Fill two folders, serve both, ask both."""
    with tempfile.TemporaryDirectory() as folder:
        base, full = [
            filled(Path(folder) / name, chain(executions.definitions(), executions.lines(count, stored, seed)), count)
            for name, count in (("base", held), ("full", stored))
        ]
        with (
            Server("--data", str(base.folder), "--no-access-log") as one,
            Server("--data", str(full.folder), "--no-access-log") as two,
        ):
            before = [memory(one.pid), memory(two.pid)]
            _print(HEAD)
            rows = asyncio.run(measured((one, two), stored, held, rounds))
            _print("\n" + "\n".join(f"- {line}" for line in cost(base, full, before, (one, two))))
    return rows


def main() -> int:
    """Exit status 1 when a request takes more than 1.5 times as long with all executions stored."""
    parser = argparse.ArgumentParser(description="search, start, poll and update with many executions stored")
    parser.add_argument("executions", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--base", type=int, default=1_000, help="how many of them the store compared with holds")
    parser.add_argument("--rounds", type=int, default=200, help="how often everything is asked")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.executions < 10 * options.base:
        parser.error(f"at least {10 * options.base} executions, or a smaller --base")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that servers and files go away with this
    slow = [row for row in run(options.executions, options.base, options.rounds, options.seed) if row.slow]
    _print("\n" + ("too slow: " + ", ".join(row.name for row in slow) if slow else "nothing takes more than 1.5 times"))
    return 1 if slow else 0


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
