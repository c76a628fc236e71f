"""The API of the shared server process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rest import Rest
from tests.serving import Server


@pytest.fixture
def rest(server: Server) -> Iterator[Rest]:
    """A client of the process-wide server."""
    with Rest(server.base_url) as rest:
        yield rest
