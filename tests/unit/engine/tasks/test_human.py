"""HUMAN (§2.14), and what it has in common with WAIT."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.engine.flows import started, task


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "FAILED_WITH_TERMINAL_ERROR", "CANCELED"])
def test_a_human_is_open_until_somebody_says_otherwise(status: str) -> None:
    world = started(task("HUMAN", "h", {"who": "${workflow.input.who}"}), header={"input": {"who": "you"}})
    world.forward(10**6)
    assert world.open("h").input_data == {"who": "you"}
    world.answer("h", status)
    assert world.newest("h").status == status


@pytest.mark.parametrize("kind", ["HUMAN", "WAIT"])
def test_a_report_in_progress_leaves_a_system_task_where_it_is(kind: str) -> None:
    world = started(task(kind, "x"))
    world.answer("x", "IN_PROGRESS", {"half": "way"}, callback_after_seconds=5)
    row: Any = world.open("x")
    assert (row.status, row.output_data) == ("IN_PROGRESS", {"half": "way"})
    assert world.queued() == []
