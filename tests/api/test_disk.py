"""A full disk, and a folder that cannot be written: said clearly, nothing broken, and with room work goes on."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.rest import Rest, assert_error, result
from tests.serving import Server

MUCH = {"much": "x" * 400_000}


def processes(server: Server) -> list[int]:
    """The master and its workers."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii").split()
    return [server.pid, *map(int, children)]


@contextlib.contextmanager
def full_disk(server: Server, folder: Path) -> Iterator[None]:
    """No file of the server may grow beyond what its log of changes has by now."""
    limit = (folder / "segue.db-wal").stat().st_size
    before = {process: resource.prlimit(process, resource.RLIMIT_FSIZE) for process in processes(server)}
    for process, (_, hard) in before.items():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)


def refused(answer: httpx.Response) -> None:
    body = assert_error(answer, 503)
    assert body["retryable"] is True
    assert "The store cannot do this now: " in body["message"]


def ready(server: Server) -> int:
    return httpx.get(f"{server.root_url}/health/ready", timeout=10, trust_env=False).status_code


def test_a_full_disk_is_answered_503_and_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with Server("--data", str(tmp_path), "--no-access-log") as server, Rest(server.base_url) as rest:
        name, kind = rest.one_task()
        first, second = rest.start(name), rest.start(name)
        task = rest.poll(kind)
        with full_disk(server, tmp_path):
            refused(rest.http.post("/workflow", json={"name": name, "input": MUCH}))
            refused(rest.http.post("/tasks", json=result(task, output=MUCH)))
            assert ready(server) == 503
            assert rest.workflow(second)["status"] == "RUNNING"  # what is stored can be read
        third = rest.start(name, input=MUCH)
        rest.update(task, output=MUCH)
        assert ready(server) == 200
        server.kill()
        assert integrity(tmp_path) == "ok"
        server.restart()
        assert rest.workflow(first)["tasks"][0]["outputData"] == MUCH
        for _ in range(2):
            rest.update(rest.poll(kind))
        for identity in (first, second, third):
            rest.ended(identity)
        assert rest.http.get("/workflow/search").json()["totalHits"] == 3


def integrity(folder: Path) -> str:
    with contextlib.closing(sqlite3.connect(folder / "segue.db")) as db:
        return str(db.execute("pragma integrity_check").fetchone()[0])


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A place where nobody can write, not even root."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o500)
    return Path("/proc/segue") if os.access(folder, os.W_OK) else folder


def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(unwritable: Path) -> None:
    server = Server("--data", str(unwritable))
    try:
        server.launch()
        assert server.wait(30) != 0
        assert f"The server cannot start: The data directory {unwritable} cannot be used: " in server.log()
        assert "Traceback" not in server.log()
    finally:
        server.close()
