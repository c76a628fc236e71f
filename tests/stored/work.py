"""What workers do, while many executions are stored: start, poll, update to the end."""

from __future__ import annotations

from tests.crash.connection import Answer, Connection
from tests.stored.samples import Row, Times, timed

DEFINITION = {
    "name": "one_step",
    "version": 1,
    "tasks": [{"name": "one_step", "taskReferenceName": "step", "type": "SIMPLE"}],
}


async def _start(connection: Connection, number: int) -> Answer:
    body = {"name": "one_step", "input": {"number": number}, "correlationId": f"run-{number}"}
    return await connection.request("POST", "/workflow", body)


async def _poll(connection: Connection, _: int) -> Answer:
    return await connection.request("GET", "/tasks/poll/one_step?workerid=bench")


async def worked(base: Connection, full: Connection, rounds: int) -> list[Row]:
    """Times of a start, of the poll that gets its task, and of the update that ends it."""
    taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ("start", "poll", "update")}
    for connection in (base, full):
        assert (await connection.request("POST", "/metadata/workflow", DEFINITION)).ok
    for number in range(-10, rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            for name, time_ in (await _once((base, full)[which], number)).items():
                if number >= 0:
                    taken[name][which].append(time_)
    return [Row(name, "", Times(sorted(base)), Times(sorted(full))) for name, (base, full) in taken.items()]


async def _once(connection: Connection, number: int) -> dict[str, float]:
    start, started = await timed(connection, _start, number)
    poll, polled = await timed(connection, _poll, number)
    task = polled.json()
    assert task["workflowInstanceId"] == started.text(), task
    body = {
        "workflowInstanceId": started.text(),
        "taskId": task["taskId"],
        "status": "COMPLETED",
        "outputData": {"n": 1},
    }

    async def finish(connection: Connection, _: int) -> Answer:
        return await connection.request("POST", "/tasks", body)

    update, _ = await timed(connection, finish, number)
    return {"start": start, "poll": poll, "update": update}
