"""A database of the size of nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """An empty database in memory, without tables."""
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        yield connection
    connection.close()
