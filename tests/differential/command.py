"""The command behind scripts/differential."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator

from tests.conformance.goldenkit.stub import Stub
from tests.differential.comparing import Verdict, compare
from tests.differential.stories import story
from tests.differential.telling import Side
from tests.serving import Server

REFERENCE = "CONDUCTOR_REFERENCE"
"""The variable that names a running reference server."""


def main() -> int:
    """0 = every story ended alike or differs as docs/compatibility.md lists, 1 = some did not, 2 = no reference."""
    options = _options()
    if options.show is not None:
        _print(json.dumps(story(options.show, options.operations)._asdict(), indent=1))
        return 0
    if not options.reference:
        _print(f"no reference: say --reference URL or set {REFERENCE} to the /api of a running Conductor 3.32.1")
        return 2
    numbers = range(options.seed, options.seed + options.stories)
    with Server("--memory", "--no-access-log") as server, Stub() as stub:
        reference, ours = Side(options.reference, stub, nudged=True), Side(server.base_url, stub)
        verdicts = list(_told(compare(numbers, options.operations, reference, ours)))
    _print(summary(verdicts))
    return 1 if any(verdict.differences for verdict in verdicts) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="random workflows on Segue and on the reference: the same outcome")
    parser.add_argument("--stories", type=int, default=300, help="how many (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="number of the first one (default 0)")
    parser.add_argument("--operations", action="store_true", help="operators pause, retry, rerun, ... in between")
    parser.add_argument("--reference", default=os.environ.get(REFERENCE, ""), metavar="URL", help="its /api")
    parser.add_argument("--show", type=int, metavar="NUMBER", help="print a story instead of telling any")
    return parser.parse_args()


def _told(verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
    for count, verdict in enumerate(verdicts, 1):
        if verdict.differences:
            _print(verdict.report())
        if count % 25 == 0:
            _print(f"{count} stories told")
        yield verdict


def summary(verdicts: list[Verdict]) -> str:
    """How many ended alike, differ by which rule, and differ."""
    departures = Counter(verdict.departure for verdict in verdicts if verdict.departure)
    different = sum(bool(verdict.differences) for verdict in verdicts)
    alike = len(verdicts) - departures.total() - different
    lines = [f"{len(verdicts)} stories: {alike} ended alike, {departures.total()} differ as listed, {different} differ"]
    return "\n".join([*lines, *(f"{number:5}  {name}" for name, number in departures.most_common())])


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
