"""The acceptance program of the Python SDK, which `scripts/test-clients` also runs with the SDK's older version."""

from __future__ import annotations

import pytest

from tests.clients import programs
from tests.serving import Server


@pytest.mark.timeout(programs.ENDED_WITHIN)
def test_every_check_of_the_program_passes(durable_server: Server) -> None:
    outcome = programs.run("python", durable_server)
    assert outcome.status == 0, "\n".join([*outcome.lines, outcome.trouble])
    assert len(outcome.lines) > 10
