"""The server ends at a named point under load, starts again, and everything is as if it had not."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence

from tests.crash.load import Load, executions
from tests.crash.rounds import ENDS_WITHIN, drained
from tests.serving import Server
from tests.wire import WireServer

COUNT = 16
REACHED_WITHIN = 30.0


@contextlib.contextmanager
def servers(store: str, point: str, times: int) -> Iterator[list[Server]]:
    """The first one ends at the point; with mongo two others share its database."""
    with contextlib.ExitStack() as stack:
        if store == "mongo":
            wire = stack.enter_context(WireServer())
            arguments: tuple[str, ...] = ("--mongo", wire.uri())
        else:
            arguments = ("--data", stack.enter_context(tempfile.TemporaryDirectory()))
        armed = {"SEGUE_CRASH_POINT": f"{point}:{times}"}
        first = stack.enter_context(Server(*arguments, "--no-access-log", environment=armed))
        others = [
            stack.enter_context(Server(*arguments, "--no-access-log")) for _ in range(2 if store == "mongo" else 0)
        ]
        yield [first, *others]


async def faults_after(running: Sequence[Server], shared: bool) -> list[str]:
    """Load until the first server ends, start it again without the point, work to the end: what was broken."""
    prefix, urls = f"crash_{secrets.token_hex(4)}", [server.base_url for server in running]
    load = Load(urls, prefix, COUNT, patient=shared)
    load.ledger.once = shared
    await load.prepare()
    load.begin()
    try:
        await _ended(running[0], load)
        running[0].environment.clear()
        await asyncio.to_thread(running[0].start)
        await asyncio.wait_for(load.started(), ENDS_WITHIN)
        open_count = await drained(urls, load, prefix)
    finally:
        await load.stop()
    faults = load.ledger.faults(await executions(urls, prefix))
    return [f"{open_count} workflows had not ended", *faults] if open_count else faults


async def _ended(server: Server, load: Load) -> None:
    deadline = time.monotonic() + REACHED_WITHIN
    while server.process.poll() is None:
        load.check_alive()
        assert time.monotonic() < deadline, "the point was never reached"
        await asyncio.sleep(0.01)


def broken_promises(store: str, point: str, times: int) -> list[str]:
    """What a crash at this point breaks; nothing, it is hoped."""
    with servers(store, point, times) as running:
        return asyncio.run(faults_after(running, shared=store == "mongo"))
