"""What every ring of tests shares: Hypothesis profiles and one server process per test process."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.serving import Server

# Test processes share the machine and stall now and then: a deadline per example would only measure that.
settings.register_profile("ci", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", parent=settings.get_profile("ci"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real `segue serve --memory` that lives as long as this test process; use names of your own in it."""
    with Server("--memory") as running:
        yield running
