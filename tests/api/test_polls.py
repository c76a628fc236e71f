"""Long polls on a real server: who waits is woken, nobody gets what another has, nothing goes to those who left."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import httpx
import pytest

from handlers.http.operation import PATIENCE_SECONDS
from tests.crash.connection import Connection
from tests.polling import until
from tests.rest import Json, Rest, fresh
from tests.serving import HOST, Server


def test_a_waiting_poll_is_woken_by_the_start(server: Server, rest: Rest) -> None:
    name, kind = rest.one_task()

    async def story() -> tuple[str, list[Json], float]:
        async with Connection(server.base_url) as poller, Connection(server.base_url) as starter:
            poll = asyncio.create_task(poller.request("GET", f"/tasks/poll/batch/{kind}?timeout=5000&count=10"))
            await asyncio.sleep(0.2)
            begin = time.monotonic()
            started = await starter.request("POST", "/workflow", {"name": name, "input": {}})
            answer = await poll
            return started.text(), answer.json(), time.monotonic() - begin

    identity, tasks, seconds = asyncio.run(story())

    assert [task["workflowInstanceId"] for task in tasks] == [identity]
    assert seconds < 2, "the poll waited for more tasks, or for its time-out"


def test_every_task_goes_to_exactly_one_of_many_waiting_polls(server: Server, rest: Rest) -> None:
    name, kind = rest.one_task()
    polls, starts = 40, 25

    async def poll() -> list[Json]:
        async with Connection(server.base_url) as connection:
            tasks: list[Json] = (await connection.request("GET", f"/tasks/poll/batch/{kind}?timeout=1500")).json()
            return tasks

    async def start() -> str:
        async with Connection(server.base_url) as connection:
            return (await connection.request("POST", "/workflow", {"name": name, "input": {}})).text()

    async def story() -> tuple[list[str], list[list[Json]]]:
        waiting = [asyncio.create_task(poll()) for _ in range(polls)]
        await asyncio.sleep(0.2)
        started = await asyncio.gather(*(start() for _ in range(starts)))
        return started, await asyncio.gather(*waiting)

    started, answers = asyncio.run(story())

    assert sorted(task["workflowInstanceId"] for tasks in answers for task in tasks) == sorted(started)
    assert [len(tasks) for tasks in answers].count(0) == polls - starts


def test_a_batch_is_answered_as_soon_as_there_is_one_task(rest: Rest) -> None:
    name, kind = rest.one_task()
    for _ in range(3):
        rest.start(name)
    begin = time.monotonic()
    tasks = rest.http.get(f"/tasks/poll/batch/{kind}", params={"count": 10, "timeout": 5000}).json()
    assert len(tasks) == 3
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize(("path", "status"), [("poll/batch/{}?timeout=300", 200), ("poll/{}", 204)])
def test_an_empty_poll_ends_at_its_time_out(rest: Rest, path: str, status: int) -> None:
    begin = time.monotonic()
    answer = rest.http.get("/tasks/" + path.format(fresh("nothing")))
    assert answer.status_code == status
    assert answer.content in (b"[]", b"")
    assert time.monotonic() - begin < 2


def test_a_poller_that_has_left_gets_nothing(server: Server, rest: Rest) -> None:
    name, kind = rest.one_task()
    request = f"GET /api/tasks/poll/batch/{kind}?timeout=5000 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    for _ in range(5):
        with contextlib.closing(socket.create_connection((HOST, server.port), timeout=5)) as gone:
            gone.sendall(request)
    left = time.monotonic()
    # The server looks after its clients once they have waited for a moment (handlers.http.operation).
    until(lambda: time.monotonic() - left > 10 * PATIENCE_SECONDS, "the server has noticed")
    identity = rest.start(name)
    task = rest.poll(kind, timeout=1000)
    assert (task["workflowInstanceId"], task["pollCount"]) == (identity, 1)


def test_other_requests_are_answered_while_hundreds_of_polls_wait(server: Server, rest: Rest) -> None:
    name, _ = rest.one_task()
    kind = fresh("nothing")

    async def story() -> float:
        limits = httpx.Limits(max_connections=300)
        async with httpx.AsyncClient(base_url=server.base_url, limits=limits, timeout=20, trust_env=False) as client:
            polls = [asyncio.create_task(client.get(f"/tasks/poll/batch/{kind}?timeout=2000")) for _ in range(200)]
            await asyncio.sleep(0.5)
            begin = time.monotonic()
            assert (await client.post("/workflow", json={"name": name, "input": {}})).status_code == 200
            seconds = time.monotonic() - begin
            assert {answer.status_code for answer in await asyncio.gather(*polls)} == {200}
            return seconds

    assert asyncio.run(story()) < 1.5
