"""Everybody around the servers: starters, workers, people who do HUMAN tasks, operators, and whoever kills servers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from urllib.parse import quote

from tests.crash.connection import Answer, Connection
from tests.serving import Server
from tests.soak.operators import order_for
from tests.soak.trees import LIST, Trees

Json = dict[str, Any]
AGAIN_AFTER = 0.1
GIVE_UP_AFTER = 60.0


class Crowd:
    """Clients of one run, until `stop`; what they have seen is counted."""

    def __init__(self, servers: Sequence[Server], trees: Trees, chance: Random, most_open: int, pause: float) -> None:
        self._servers, self._trees, self._chance = servers, trees, chance
        self._most_open, self._pause = most_open, pause
        self.started: set[str] = set()
        self.removed: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.diligent = False
        """Workers fail nothing any more, and nothing new begins."""
        self._stopping = False
        self._running: list[asyncio.Task[None]] = []

    def begin(self, workers: int, operators: int) -> None:
        steps: list[Callable[[Connection], Any]] = [self._start, self._humans, *[self._operate] * operators]
        steps += [self._work] * workers
        self._running = [asyncio.create_task(self._repeat(step, number)) for number, step in enumerate(steps)]

    async def stop(self) -> None:
        """Let everybody finish what he is doing; what broke somebody is raised."""
        self._stopping = True
        await asyncio.gather(*self._running)

    async def _repeat(self, step: Callable[[Connection], Any], number: int) -> None:
        async with self.connection(number) as connection:
            while not self._stopping:
                await step(connection)
                await asyncio.sleep(self._pause * self._chance.uniform(0.5, 1.5))

    def connection(self, number: int = 0) -> Connection:
        urls = [server.base_url for server in self._servers]
        turn = number % len(urls)
        return Connection(*urls[turn:], *urls[:turn], within=30)

    async def ask(self, connection: Connection, method: str, path: str, body: object = None) -> Answer | None:
        """The answer; None when nobody knows what came of it. Only a server that is away may say 5xx."""
        try:
            answer = await connection.request(method, path, body)
        except ConnectionError:
            self.counts["requests cut off"] += 1
            await asyncio.sleep(AGAIN_AFTER)
            return None
        if answer.status == 503:
            self.counts["503"] += 1
            await asyncio.sleep(AGAIN_AFTER)
            return None
        if answer.status >= 500:
            self.faults.append(f"{method} {path} answered {answer.status}: {answer.body[:300]!r}")
        return answer

    async def insist(self, connection: Connection, method: str, path: str, body: object = None) -> Answer:
        """Ask until there is an answer."""
        deadline = time.monotonic() + GIVE_UP_AFTER
        while (answer := await self.ask(connection, method, path, body)) is None:
            assert time.monotonic() < deadline, f"{method} {path} is not answered"
        return answer

    # ------------------------------------------------------------------ what they do

    async def _start(self, connection: Connection) -> None:
        if self.diligent:
            return
        found = await self.ask(connection, "GET", self._search("RUNNING,PAUSED", 1))
        if found is None or found.json()["totalHits"] > self._most_open:
            return
        body = {"name": self._chance.choice(self._trees.names("root")), "version": 1, "input": {"list": LIST}}
        answer = await self.ask(connection, "POST", "/workflow", body)
        if answer is not None and answer.ok:
            self.started.add(answer.text())

    def _search(self, statuses: str, size: int, start: int = 0) -> str:
        query = f"status IN ({statuses})" + f" AND workflowType STARTS_WITH '{self._trees.prefix}'"
        return f"/workflow/search?start={start}&size={size}&query={quote(query)}"

    async def _work(self, connection: Connection) -> None:
        kind = self._chance.choice(self._trees.task_types())
        answer = await self.ask(connection, "GET", f"/tasks/poll/batch/{kind}?workerid=soak&count=3&timeout=50")
        for task in answer.json() if answer is not None and answer.ok else ():
            await self._answer(connection, task)

    async def _answer(self, connection: Connection, task: Json) -> None:
        luck = 1.0 if self.diligent else self._chance.random()
        if luck < 0.03:
            self.counts["tasks never answered"] += 1
            return
        result = {"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"], "status": "COMPLETED"}
        if luck < 0.2:
            result["status"] = self._chance.choice(("FAILED", "FAILED", "FAILED_WITH_TERMINAL_ERROR"))
        elif luck < 0.25:
            result |= {"status": "IN_PROGRESS", "callbackAfterSeconds": 1}
        path = self._chance.choice(("/tasks", "/tasks", "/tasks/update-v2"))
        said = await self.ask(connection, "POST", path, result)
        if said is not None:
            self.counts["updates"] += 1
            if path.endswith("v2") and said.status == 200 and said.body:
                await self._answer(connection, said.json())

    async def _humans(self, connection: Connection) -> None:
        """Do what waits for people, in some open executions; paused ones go on when all shall end."""
        for seen in await self.some(connection, "RUNNING,PAUSED", 20):
            if self.diligent and seen["status"] == "PAUSED":
                await self.ask(connection, "PUT", f"/workflow/{seen['workflowId']}/resume")
            for task in seen["tasks"]:
                if task["taskType"] == "HUMAN" and task["status"] == "IN_PROGRESS":
                    reference = task["referenceTaskName"]
                    path = f"/tasks/{seen['workflowId']}/{reference}/COMPLETED"
                    await self.ask(connection, "POST", path, {"by": "somebody"})

    async def some(self, connection: Connection, statuses: str, size: int) -> list[Json]:
        """Some executions in these states, with their tasks."""
        found = await self.ask(connection, "GET", self._search(statuses, 1))
        hits = found.json()["totalHits"] if found is not None and found.ok else 0
        start = 0 if hits <= size else self._chance.randrange(hits - size)
        page = await self.ask(connection, "GET", self._search(statuses, size, start))
        shown: list[Json] = []
        for summary in page.json()["results"] if page is not None and page.ok else ():
            answer = await self.ask(connection, "GET", f"/workflow/{summary['workflowId']}")
            if answer is not None and answer.ok:
                shown.append(answer.json())
        return shown

    async def _operate(self, connection: Connection) -> None:
        if self.diligent:
            return
        statuses = self._chance.choice(("RUNNING,PAUSED", "FAILED,TIMED_OUT,TERMINATED", "COMPLETED"))
        for seen in await self.some(connection, statuses, 1):
            name, order = order_for(seen, self._chance)
            if order.removes:
                self.removed.add(seen["workflowId"])
            answer = await self.ask(connection, order.method, order.path, order.body)
            if answer is not None:
                self.counts[f"{name}: {'done' if answer.ok else 'refused'}"] += 1
