"""Clients and workers that go on through crashes: what fails is sent again, what is acknowledged is noted."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tests.crash.connection import Answer, Connection
from tests.crash.ledger import Json, Ledger, Update
from tests.crash.shapes import SHAPES, declared_to_fail, output_of, task_definitions, task_types

AGAIN_AFTER = 0.05
GIVE_UP_AFTER = 60.0


class Load:
    """Starts `count` workflows of all shapes and works them with `workers` workers until `stop` is called.

    Clients and workers are spread over the servers, and go on with the next one when theirs fails. Patient ones also
    send again what was answered 503: behind these servers is a database that may be away.
    """

    def __init__(
        self, base_urls: Sequence[str], prefix: str, count: int, clients: int = 4, workers: int = 8,
        patient: bool = False,
    ) -> None:  # fmt: skip
        self.base_urls, self.prefix, self.count, self.patient = tuple(base_urls), prefix, count, patient
        self.clients, self.workers = clients, workers
        self.ledger = Ledger()
        self._numbers = iter(range(count))
        self._running: list[asyncio.Task[None]] = []
        self._starting: list[asyncio.Task[None]] = []

    @property
    def expected_updates(self) -> int:
        """How many updates the whole load needs at least (first attempts of flaky tasks come on top)."""
        worked = itertools.cycle(len(shape.worked) for shape in SHAPES)
        return sum(itertools.islice(worked, self.count))

    async def prepare(self) -> None:
        """Register the definitions of this run; any refusal is an AssertionError."""
        async with self._connection(0) as connection:
            answers = [await connection.request("POST", "/metadata/taskdefs", task_definitions(self.prefix))]
            for shape in SHAPES:
                definition = shape.definition(self.prefix)
                answers.append(await connection.request("POST", "/metadata/workflow", definition))
        assert all(answer.ok for answer in answers), answers

    def begin(self) -> None:
        """Let clients and workers run beside the caller."""
        self._starting = [asyncio.create_task(self._start_workflows(number)) for number in range(self.clients)]
        self._running = [asyncio.create_task(self._work(number)) for number in range(self.workers)]

    async def started(self) -> None:
        """Returns when every start has been acknowledged."""
        await asyncio.gather(*self._starting)

    async def stop(self) -> None:
        """End the workers and whatever is still running; their failures are raised here."""
        for task in [*self._running, *self._starting]:
            task.cancel()
        results = await asyncio.gather(*self._running, *self._starting, return_exceptions=True)
        failures = [result for result in results if isinstance(result, Exception)]
        if failures:
            raise ExceptionGroup("clients of the load failed", failures)

    def check_alive(self) -> None:
        """Raise what ended a worker, instead of waiting for work that nobody does."""
        for task in self._running:
            if task.done():
                task.result()

    def _connection(self, number: int) -> Connection:
        turn = number % len(self.base_urls)
        return Connection(*self.base_urls[turn:], *self.base_urls[:turn])

    async def _start_workflows(self, number: int) -> None:
        async with self._connection(number) as connection:
            for count in self._numbers:
                await self._start(connection, count)

    async def _start(self, connection: Connection, number: int) -> None:
        shape = SHAPES[number % len(SHAPES)]
        correlation = f"{self.prefix}-{number}"
        self.ledger.shapes[correlation], self.ledger.sent[correlation] = shape, 0
        body = {
            "name": f"{self.prefix}_{shape.name}",
            "version": 1,
            "correlationId": correlation,
            "input": {"seed": number},
        }

        def counted() -> None:
            self.ledger.sent[correlation] += 1

        answer = await self._insist(connection, "/workflow", body, counted)
        if answer.ok:
            self.ledger.starts[answer.text()] = correlation

    async def _work(self, number: int) -> None:
        types = itertools.cycle(task_types(self.prefix))
        async with self._connection(number) as connection:
            for kind in types:
                for task in await self._poll(connection, kind, f"worker-{number}"):
                    self.ledger.handed[task["taskId"]] += 1
                    await self._finish(connection, task, follow=number % 2 == 0)

    async def _poll(self, connection: Connection, kind: str, worker: str) -> list[Json]:
        path = f"/tasks/poll/batch/{quote(kind)}?workerid={worker}&count=2&timeout=50"
        try:
            answer = await connection.request("GET", path)
        except ConnectionError:
            await asyncio.sleep(AGAIN_AFTER)
            return []
        if answer.status == 503 and self.patient:
            await asyncio.sleep(AGAIN_AFTER)
            return []
        if not answer.ok:
            self.ledger.refusals.append(f"poll answered {answer.status}: {answer.body!r}")
            return []
        polled: list[Json] = answer.json()
        return polled

    async def _finish(self, connection: Connection, task: Json | None, follow: bool) -> None:
        """Answer a task; with `follow`, go on with the task that update-v2 returns, as current workers do."""
        while task is not None:
            answer = await self._answer(connection, task, "/tasks/update-v2" if follow else "/tasks")
            task = answer.json() if follow and answer.status == 200 else None
            if task is not None:
                self.ledger.handed[task["taskId"]] += 1

    async def _answer(self, connection: Connection, task: Json, path: str) -> Answer:
        status = "FAILED" if declared_to_fail(task) else "COMPLETED"
        result = {
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "status": status,
            "outputData": output_of(task),
        }
        answer = await self._insist(connection, path, result)
        if answer.ok:
            self.ledger.updates[task["taskId"]] = Update(status, output_of(task), time.time() * 1000)
        return answer

    async def _insist(self, connection: Connection, path: str, body: Any, before: Any = None) -> Answer:
        """Send until there is an answer; one that is not 2xx is a refusal, noted in the ledger."""
        deadline = time.monotonic() + GIVE_UP_AFTER
        while True:
            if before is not None:
                before()
            try:
                answer = await connection.request("POST", path, body)
                if answer.status != 503 or not self.patient or time.monotonic() > deadline:
                    break
                assert answer.json()["retryable"], answer
            except ConnectionError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(AGAIN_AFTER)
        if not answer.ok:
            self.ledger.refusals.append(f"POST {path} answered {answer.status}: {answer.body!r}")
        return answer


async def executions(base_urls: Sequence[str], prefix: str) -> list[Json]:
    """All executions of a run with their tasks, as search and GET tell them."""
    names = ",".join(f"{prefix}_{name}" for name in ("child", *(shape.name for shape in SHAPES)))
    async with Connection(*base_urls) as connection:
        found = await connection.request(
            "GET", f"/workflow/search?size=5000&query={quote(f'workflowType IN ({names})')}"
        )
        assert found.ok, found
        read = [
            await connection.request("GET", f"/workflow/{summary['workflowId']}") for summary in found.json()["results"]
        ]
    assert all(answer.ok for answer in read), [answer for answer in read if not answer.ok]
    return [answer.json() for answer in read]


async def open_executions(base_urls: Sequence[str], prefix: str) -> int:
    """How many executions of a run have not ended."""
    names = ",".join(f"{prefix}_{name}" for name in ("child", *(shape.name for shape in SHAPES)))
    query = f"workflowType IN ({names}) AND status IN (RUNNING,PAUSED)"
    async with Connection(*base_urls) as connection:
        found = await connection.request("GET", f"/workflow/search?size=1&query={quote(query)}")
    assert found.ok, found
    hits: int = found.json()["totalHits"]
    return hits
