"""The wire-protocol server, or a real MongoDB where MONGODB_URI names one; an empty database for each test."""

from __future__ import annotations

import pytest

from tests.contract.stores import close_wire_server, mongo_uri


@pytest.fixture
def uri() -> str:
    """Where the database is; the test is skipped, with the reason, where none can be had."""
    return mongo_uri()


def pytest_sessionfinish() -> None:
    """The wire-protocol server ends with the tests."""
    close_wire_server()
