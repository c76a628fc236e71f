"""One server on an embedded store for all acceptance tests, and the SDK's clients of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conductor.client.configuration.configuration import Configuration
from conductor.client.metadata_client import MetadataClient
from conductor.client.orkes_clients import OrkesClients
from conductor.client.task_client import TaskClient
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor
from conductor.client.workflow_client import WorkflowClient

from tests.serving import PROJECT, Server

Workers = Callable[..., contextlib.AbstractContextManager[Path]]

_FOLDER = Path(__file__).parent
_MARKS = (
    pytest.mark.acceptance,
    pytest.mark.xdist_group("acceptance"),  # one server for all of them
    # The SDK reads its own deprecated properties whenever it serialises or copies a model.
    pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _FOLDER in item.path.parents:
            for mark in _MARKS:
                item.add_marker(mark)


@pytest.fixture(scope="session")
def durable_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`segue serve` with a sqlite store."""
    with Server("--data", str(tmp_path_factory.mktemp("acceptance"))) as server:
        yield server


@pytest.fixture(scope="session")
def clients(durable_server: Server) -> OrkesClients:
    """The SDK's factory of clients."""
    return OrkesClients(Configuration(server_api_url=durable_server.base_url))


@pytest.fixture
def executor(clients: OrkesClients) -> WorkflowExecutor:
    return clients.get_workflow_executor()


@pytest.fixture
def metadata(clients: OrkesClients) -> MetadataClient:
    return clients.get_metadata_client()


@pytest.fixture
def workflows(clients: OrkesClients) -> WorkflowClient:
    return clients.get_workflow_client()


@pytest.fixture
def tasks(clients: OrkesClients) -> TaskClient:
    return clients.get_task_client()


@pytest.fixture
def run_workers(durable_server: Server, tmp_path: Path) -> Workers:
    """`with run_workers("--fleet", kind) as ledger:` runs tests.acceptance.workers beside the block."""

    @contextlib.contextmanager
    def run(*arguments: str) -> Iterator[Path]:
        ledger = tmp_path / "ledger"
        ledger.touch()
        command = [sys.executable, "-m", "tests.acceptance.workers", durable_server.base_url, str(ledger), *arguments]
        log = (tmp_path / "workers.log").open("wb")
        process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield ledger
        except BaseException as error:
            error.add_note((tmp_path / "workers.log").read_text()[-5000:])
            raise
        finally:
            _end(process)
            log.close()

    return run


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close its input, which ends it politely; the group is killed when that takes too long."""
    assert process.stdin is not None
    process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
