"""How long a poll that waits at one server process needs to get a task that another one commits.

`python -m tests.mongo.wake_up --rounds 200` starts three servers on one database (MONGODB_URI, else the wire-protocol
server) and prints milliseconds from the answer to a start at the second to the answer to the poll at the first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import time

from tests.contract.stores import close_wire_server, mongo_uri
from tests.crash.connection import Connection
from tests.rest import fresh, simple
from tests.serving import Server

WAITS_BY_NOW = 0.15


async def delays(poller: str, starter: str, rounds: int) -> list[float]:
    """Milliseconds, one by one."""
    kind, name = fresh("step"), fresh("flow")
    found: list[float] = []
    async with Connection(poller) as polls, Connection(starter) as starts:
        flow = {"name": name, "version": 1, "schemaVersion": 2, "tasks": [simple(kind, "a")]}
        assert (await starts.request("POST", "/metadata/workflow", flow)).ok
        for _ in range(rounds):
            poll = asyncio.ensure_future(polls.request("GET", f"/tasks/poll/batch/{kind}?count=1&timeout=5000"))
            await asyncio.sleep(WAITS_BY_NOW)
            assert (await starts.request("POST", "/workflow", {"name": name})).ok
            begin = time.perf_counter()
            [task] = (await poll).json()
            found.append((time.perf_counter() - begin) * 1000)
            ids = {key: task[key] for key in ("workflowInstanceId", "taskId")}
            assert (await polls.request("POST", "/tasks", {**ids, "status": "COMPLETED"})).ok
    return found


def main() -> int:
    """Print the median, the 99th percentile and the longest."""
    parser = argparse.ArgumentParser(description="wake-up of a poll by a commit of another process")
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    uri = mongo_uri()
    with contextlib.ExitStack() as stack:
        stack.callback(close_wire_server)
        servers = [stack.enter_context(Server("--mongo", uri, "--no-access-log")) for _ in range(3)]
        found = sorted(asyncio.run(delays(servers[0].base_url, servers[1].base_url, rounds)))
    p50, p99 = statistics.median(found), found[int(len(found) * 0.99)]
    sys.stdout.write(f"{rounds} wake-ups: p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {found[-1]:.1f} ms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
