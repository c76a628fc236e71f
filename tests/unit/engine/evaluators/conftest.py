"""Children are shared by the tests of a module: a fresh pair costs a tenth of a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.evaluators.evaluator import Limits
from tests.unit.engine.evaluators.running import Running, running


@pytest.fixture(scope="module")
def evaluating() -> Iterator[Running]:
    """With the limits of a server."""
    with running(Limits()) as made:
        yield made


@pytest.fixture(scope="module")
def impatient() -> Iterator[Running]:
    """Everything must be done in half a second."""
    with running(Limits(seconds=0.5, memory_mb=256)) as made:
        yield made
