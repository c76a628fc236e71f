"""All workers of the server together: started and stopped with it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable

from engine.bells import Bells
from engine.catalog import Catalog
from engine.model import Task, Workflow
from engine.ports import Clock, Store
from engine.runner import Runner
from engine.secret_references import Secrets, with_secrets
from engine.starting import Starter
from engine.workers.http import Http, HttpWork
from engine.workers.httpx_client import HttpxClient
from engine.workers.start_workflow import StartWork
from engine.workers.system_worker import SystemWorker
from engine.workers.work import Outcome, Work

GRACE_S = 5.0
"""How long a stopping server waits for the calls it has begun."""
STARTS_AT_ONCE = 16
"""How many START_WORKFLOW tasks one process does at a time."""

log = logging.getLogger("segue.engine")


class SystemWorkers:
    """One worker for each of `engine.timeouts.IN_SERVER`."""

    def __init__(
        self, starter: Starter, catalog: Catalog, store: Store, runner: Runner, bells: Bells, clock: Clock,
        http: Http | None = None, secrets: Secrets | None = None,
    ) -> None:  # fmt: skip
        http = http or Http(HttpxClient())
        works: dict[str, tuple[Work, int]] = {
            "HTTP": (HttpWork(http.client), http.at_once),
            "START_WORKFLOW": (StartWork(starter, catalog.task_def), STARTS_AT_ONCE),
        }
        server = socket.gethostname()
        self._client = http.client
        self._workers = [
            SystemWorker(
                kind, _with_secrets(work, secrets or {}), at_once, store, runner, bells, clock, server, _report
            )
            for kind, (work, at_once) in works.items()
        ]
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take tasks."""
        self._loops = [asyncio.ensure_future(worker.run()) for worker in self._workers]

    async def stop(self) -> None:
        """Take nothing more; finish or give back what runs. Safe to call twice."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []
        await asyncio.gather(*(worker.finish(GRACE_S) for worker in self._workers))
        await self._client.close()

    def left_queue(self, task_id: str) -> None:
        """A commit has ended this task's queue entry."""
        for worker in self._workers:
            worker.left_queue(task_id)


def _with_secrets(work: Work, secrets: Secrets) -> Work:
    """The same work on the copy of its task that holds the secrets (§3.7)."""

    def informed(task: Task, workflow: Workflow) -> Awaitable[Outcome]:
        return work(with_secrets(task, secrets), workflow)

    return informed


async def _report(what: str, error: BaseException) -> None:
    log.error("%s failed and will be tried again", what, exc_info=error)
