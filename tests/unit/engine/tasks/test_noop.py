"""NOOP (§2.21)."""

from __future__ import annotations

from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, task


def test_it_does_nothing_and_shows_nothing() -> None:
    """Asked of 3.32.1: not even its input parameters are in the row."""
    world = started(task("NOOP", "n", {"a": "${workflow.input.x}"}), simple("then"))
    row = world.newest("n")
    assert (row.status, row.input_data, row.output_data, row.task_def_name) == ("COMPLETED", {}, {}, "noop")
    assert world.references() == ["n", "then"]


def test_a_last_one_ends_the_workflow() -> None:
    world = started(task("NOOP", "n"))
    assert (world.status, world.header.output) == (WorkflowStatus.COMPLETED, {})
