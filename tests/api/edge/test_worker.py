"""The gunicorn worker in a real process: each signal ends it well, and a start that fails ends it at once."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.polling import until
from tests.serving import PROJECT

APPLICATION = """
    import asyncio
    from contextlib import asynccontextmanager
    from pathlib import Path

    HERE = Path(__file__).parent

    @asynccontextmanager
    async def lifespan(app):
        if (HERE / "refuse").exists():
            raise RuntimeError("the store is locked")
        yield
        (HERE / "stopped").touch()

    async def get_thing() -> dict:
        (HERE / "asked").touch()
        await asyncio.sleep(0.3)
        return {"thing": 1}

    def create_app():
        from handlers.http.stack import build_app
        return build_app(HERE / "openapi.yaml", {"getThing": get_thing}, lifespan, lambda pages: None)
"""
CONTRACT = """
    openapi: 3.1.0
    info: {title: Things, version: "1"}
    paths:
      /thing:
        get:
          operationId: getThing
          responses: {"200": {description: ok, content: {application/json: {}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "things.py").write_text(textwrap.dedent(APPLICATION))
    (tmp_path / "openapi.yaml").write_text(textwrap.dedent(CONTRACT))
    return tmp_path


@contextmanager
def gunicorn(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(folder), "--pythonpath", str(PROJECT)]
    command += ["-k", "handlers.http.worker.ServerWorker", "-b", f"127.0.0.1:{port}", "things:create_app()"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(port: int, bodies: list[bytes]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/thing")
    bodies.append(connection.getresponse().read())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_the_server_after_what_is_in_flight(folder: Path, number: signal.Signals) -> None:
    port = free_port()
    bodies: list[bytes] = []
    with gunicorn(folder, port) as process:
        until(lambda: answers(port), "the server listens", within=20)
        asking = threading.Thread(target=ask, args=(port, bodies))
        asking.start()
        until((folder / "asked").exists, "the request is being handled", within=20)
        process.send_signal(number)
        assert process.wait(timeout=15) == 0
        asking.join(timeout=5)
    assert (folder / "stopped").exists(), "the lifespan did not end"
    assert bodies == [b'{"thing":1}']


@pytest.mark.slow
def test_a_start_that_fails_ends_the_server(folder: Path) -> None:
    (folder / "refuse").touch()
    with gunicorn(folder, free_port()) as process:
        assert process.wait(timeout=30) == 3
        assert process.stderr is not None
        assert "the store is locked" in process.stderr.read()
