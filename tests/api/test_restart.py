"""State survives the end of the process, polite or not; a polite end finishes what is in flight."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.polling import until
from tests.rest import Json, Rest, fresh, result, simple
from tests.serving import HOST, Server

WAIT_SECONDS = 3
LONG_WAIT_SECONDS = 600
"""For stories that must look the same after a restart, however slow the machine is."""


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Server]:
    """A server on a sqlite store of its own."""
    with Server("--data", str(tmp_path / "data")) as server:
        yield server


@pytest.fixture
def rest(durable: Server) -> Iterator[Rest]:
    with Rest(durable.base_url) as rest:
        yield rest


class Stories(NamedTuple):
    """Executions at different points of their life, and the task types of their workers."""

    kind: str
    later: str
    handed_out: str
    waiting: str
    timed: str
    paused: str
    failed: str
    done: str


def tell(rest: Rest, wait_seconds: int = WAIT_SECONDS) -> Stories:
    """One execution in every state that a restart could lose."""
    kind = rest.define_task(fresh("step"), retryCount=1, retryDelaySeconds=2, timeoutSeconds=0)
    later = fresh("later")
    flow = rest.define([simple(kind, "a", n="${workflow.input.n}"), simple(later, "b")])
    timer = {"name": "wait", "taskReferenceName": "wait", "type": "WAIT"}
    timed_flow = rest.define([{**timer, "inputParameters": {"duration": f"{wait_seconds} seconds"}}])
    rest.http.post("/event", json={"name": fresh("handler"), "event": "conductor:x", "actions": [], "active": False})
    handed_out = rest.start(flow, input={"n": 1}, correlationId="kept", priority=7)
    rest.poll(kind, workerid="host")
    done = rest.start(flow)
    rest.update(rest.poll(kind), output={"x": None, "y": [1, {"z": "ü"}]})
    rest.update(rest.poll(later))
    failed = rest.start(flow)
    rest.update(rest.poll(kind), "FAILED", reasonForIncompletion="retried in two seconds")
    waiting = rest.start(flow)
    paused = rest.start(flow)
    assert rest.http.put(f"/workflow/{paused}/pause").is_success
    return Stories(kind, later, handed_out, waiting, rest.start(timed_flow), paused, failed, done)


def everything(rest: Rest, stories: Stories) -> Json:
    """All that can be read about the stories."""
    paths = [f"/workflow/{identity}" for identity in stories[2:]]
    paths += ["/metadata/workflow", "/metadata/taskdefs", "/event", "/workflow/search"]
    paths += [f"/tasks/queue/sizes?taskType={stories.kind}&taskType={stories.later}"]
    answers = {path: rest.http.get(path) for path in paths}
    assert all(answer.status_code == 200 for answer in answers.values())
    return {path: answer.json() for path, answer in answers.items()}


@pytest.mark.parametrize("end", [Server.stop, Server.kill], ids=["sigterm", "kill-9"])
def test_everything_is_there_after_a_restart(durable: Server, rest: Rest, end: Callable[[Server], object]) -> None:
    stories = tell(rest, LONG_WAIT_SECONDS)
    before = everything(rest, stories)

    end(durable)
    durable.restart()

    after = everything(rest, stories)
    for path, content in before.items():
        assert after[path] == content, path


@pytest.mark.parametrize("end", [Server.stop, Server.kill], ids=["sigterm", "kill-9"])
def test_every_execution_goes_on_after_a_restart(durable: Server, rest: Rest, end: Callable[[Server], object]) -> None:
    stories = tell(rest)
    handed_out = rest.task(stories.handed_out, "a")

    end(durable)
    durable.restart()

    assert rest.update(handed_out) == handed_out["taskId"]
    assert rest.task(stories.handed_out, "a")["pollCount"] == 1
    polled = rest.poll(stories.kind)
    assert polled["workflowInstanceId"] == stories.waiting
    rest.update(polled)
    queued_before_the_pause = rest.poll(stories.kind)
    assert queued_before_the_pause["workflowInstanceId"] == stories.paused
    rest.update(queued_before_the_pause)
    retried = rest.poll(stories.kind, timeout=5000)
    assert (retried["workflowInstanceId"], retried["retryCount"]) == (stories.failed, 1)
    rest.update(retried)
    assert rest.http.put(f"/workflow/{stories.paused}/resume").is_success
    for _ in range(4):
        rest.update(rest.poll(stories.later))
    ended = (stories.handed_out, stories.waiting, stories.failed, stories.paused, stories.timed, stories.done)
    executions = [rest.ended(identity) for identity in ended]
    (timer,) = executions[4]["tasks"]
    assert timer["endTime"] - timer["scheduledTime"] >= WAIT_SECONDS * 1000


def test_a_killed_worker_process_is_replaced(durable: Server, rest: Rest) -> None:
    stories = tell(rest, LONG_WAIT_SECONDS)
    before = everything(rest, stories)
    (worker,) = _children(durable.pid)

    os.kill(worker, signal.SIGKILL)
    until(lambda: _children(durable.pid) not in ([], [worker]) and durable.healthy(), "another worker answers", 20)

    assert everything(rest, stories) == before


def test_a_timer_that_fell_due_while_the_server_was_down_fires_at_once(durable: Server, rest: Rest) -> None:
    timer = {"name": "wait", "taskReferenceName": "wait", "type": "WAIT", "inputParameters": {"duration": "1 seconds"}}
    identity = rest.start(rest.define([timer]))
    started = time.monotonic()
    durable.kill()
    until(lambda: time.monotonic() - started > 1, "the timer is due")
    durable.restart()
    rest.ended(identity, within=2.0)


def test_sigterm_answers_a_long_poll_and_finishes_an_update(durable: Server, rest: Rest) -> None:
    kind = fresh("step")
    identity = rest.start(rest.define([simple(kind, "a")]))
    body = json.dumps(result(rest.poll(kind), output={"kept": True})).encode()
    with (
        contextlib.closing(socket.create_connection((HOST, durable.port), timeout=20)) as update,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        poll = pool.submit(rest.http.get, f"/tasks/poll/batch/{kind}", params={"timeout": 5000})
        update.sendall(_head(durable, "POST", "/api/tasks", len(body)) + body[:10])
        until(lambda: _accepted(durable, 2), "the server has accepted both requests")
        stopping = _stop_beside(durable)
        update.sendall(body[10:])
        answered = poll.result(timeout=4)
        update_answer = _read_all(update)
        assert stopping.result(timeout=40) == 0

    assert (answered.status_code, answered.json()) == (200, [])
    assert update_answer.startswith(b"HTTP/1.1 200"), update_answer
    durable.restart()
    execution = rest.workflow(identity)
    assert (execution["status"], execution["output"]) == ("COMPLETED", {"kept": True})


def test_sigterm_under_load_loses_no_acknowledged_update(durable: Server, rest: Rest) -> None:
    kind = fresh("step")
    name = rest.define([simple(kind, "a")])
    for _ in range(60):
        rest.start(name)
    tasks = rest.http.get(f"/tasks/poll/batch/{kind}", params={"count": 60, "timeout": 1000}).json()
    assert len(tasks) == 60
    acknowledged: list[str] = []

    def update(task: Json) -> None:
        with contextlib.suppress(httpx.TransportError):  # refused: the server has gone
            if rest.http.post("/tasks", json=result(task)).status_code == 200:
                acknowledged.append(task["workflowInstanceId"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(update, task) for task in tasks]
        until(lambda: len(acknowledged) > 5, "some updates are acknowledged")
        assert durable.stop() == 0
        assert not concurrent.futures.wait(futures, timeout=40).not_done

    durable.restart()
    assert acknowledged
    assert {rest.workflow(identity)["status"] for identity in acknowledged} == {"COMPLETED"}


def test_a_second_server_on_the_same_data_is_refused(durable: Server, rest: Rest) -> None:
    second = Server(*durable.arguments)
    second.launch()
    try:
        assert second.wait(20) != 0
        log = second.log()
    finally:
        second.close()
    assert "one server owns a data directory" in log
    assert durable.arguments[1] in log
    assert "Traceback" not in log
    assert rest.http.get("/workflow/search").status_code == 200


def test_start_up_time(durable: Server, capsys: pytest.CaptureFixture[str]) -> None:
    times = [durable.started_in, durable.restart().started_in]
    with capsys.disabled():
        print(f"\nstart-up to first answer: {', '.join(f'{seconds:.2f} s' for seconds in times)}")
    assert max(times) < 10


def _stop_beside(server: Server) -> concurrent.futures.Future[int]:
    """SIGTERM now; the exit status when it has come."""
    pool = concurrent.futures.ThreadPoolExecutor(1)
    future = pool.submit(server.stop)
    pool.shutdown(wait=False)
    return future


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def _head(server: Server, method: str, path: str, length: int) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{server.port}", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {length}", "Connection: close", "", ""]).encode()


def _read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _accepted(server: Server, count: int) -> bool:
    """Whether this many established connections to the server exist, by the kernel's table."""
    port = f":{server.port:04X}"
    table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return sum(line.split()[1].endswith(port) and line.split()[3] == "01" for line in table) >= count
