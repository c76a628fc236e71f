"""Automatic retries: E7 to E15, C15."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import TaskDef
from engine.retry import INT_MAX, delay_seconds
from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, task
from tests.world import SECOND, Surroundings

DELAYS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("FIXED", {}, [60, 60, 60]),
    ("FIXED ignores the scale", {"backoff_scale_factor": 3}, [60, 60, 60]),
    ("E10 LINEAR_BACKOFF", {"retry_logic": "LINEAR_BACKOFF", "backoff_scale_factor": 2}, [120, 240, 360]),
    ("E11 EXPONENTIAL_BACKOFF", {"retry_logic": "EXPONENTIAL_BACKOFF"}, [60, 120, 240, 480]),
    ("E11 ignores the scale", {"retry_logic": "EXPONENTIAL_BACKOFF", "backoff_scale_factor": 9}, [60, 120, 240]),
    ("E11 cap", {"retry_logic": "EXPONENTIAL_BACKOFF", "max_retry_delay_seconds": 100}, [60, 100, 100]),
    ("E11 cap below the base", {"max_retry_delay_seconds": 5}, [5, 5]),
    ("no delay", {"retry_delay_seconds": 0, "retry_logic": "EXPONENTIAL_BACKOFF"}, [0, 0]),
]


@pytest.mark.parametrize(("fields", "expected"), [row[1:] for row in DELAYS], ids=[row[0] for row in DELAYS])
def test_e10_e11_d8_the_delay_before_each_attempt(fields: dict[str, Any], expected: list[int]) -> None:
    settings: dict[str, Any] = {"name": "t", "retry_delay_seconds": 60} | fields
    task_def = TaskDef(**settings)
    assert [delay_seconds(task_def, failures) for failures in range(len(expected))] == expected


@pytest.mark.parametrize("logic", ["LINEAR_BACKOFF", "EXPONENTIAL_BACKOFF"])
def test_e10_an_overflow_is_the_largest_number(logic: Any) -> None:
    task_def = TaskDef(name="t", retry_delay_seconds=INT_MAX, retry_logic=logic, backoff_scale_factor=1000)
    assert delay_seconds(task_def, 5) == INT_MAX
    assert delay_seconds(TaskDef(name="t", retry_logic=logic), 10_000) <= INT_MAX


def test_e7_a_retry_is_a_new_row() -> None:
    world = started(simple("t", retry_count=1, retry_delay_seconds=7, input_parameters={"me": "${CPEWF_TASK_ID}"}))
    first = world.poll("t")
    world.answer("t", "FAILED", reason_for_incompletion="no luck")
    old, new = list(world.rows)
    assert (old.retried, old.status) == (True, "FAILED")
    assert (new.retry_count, new.retried_task_id, new.status) == (1, first.task_id, "SCHEDULED")
    assert new.input_data == {"me": new.task_id}
    assert new.reason_for_incompletion == "no luck"
    assert (new.available_at, new.callback_after_seconds) == (world.clock.now() + 7 * SECOND, 7)
    assert world.pollable() == []
    world.forward(7)
    assert [entry.task_id for entry in world.pollable()] == [new.task_id]


def test_e8_a_retry_starts_clean() -> None:
    world = started(simple("t", retry_count=1))
    world.poll("t")
    world.answer(
        "t", "FAILED", {"left": "over"}, external_output_payload_storage_path="path", sub_workflow_id="child",
        worker_id="me",
    )  # fmt: skip
    new = world.open("t")
    assert new.output_data == {}
    assert (new.external_output_payload_storage_path, new.sub_workflow_id, new.worker_id) == (None, None, None)
    assert (new.poll_count, new.start_time, new.end_time) == (0, 0, 0)


@pytest.mark.parametrize(("of_def", "of_node", "attempts"), [(3, 1, 2), (0, 2, 3), (2, None, 3), (3, 0, 1)])
def test_e9_the_nodes_number_of_retries_wins(of_def: int, of_node: int | None, attempts: int) -> None:
    world = started(simple("t", retry_count=of_def, retries_of_node=of_node))
    while world.status is WorkflowStatus.RUNNING:
        world.answer("t", "FAILED")
    assert len(world.rows) == attempts
    assert world.status is WorkflowStatus.FAILED


@pytest.mark.parametrize(("luck", "expected_ms"), [(0.0, 5000), (0.5, 5250), (1.0, 5500)])
def test_e12_jitter_comes_on_top_of_the_cap(luck: float, expected_ms: int) -> None:
    world = started(
        simple("t", retry_count=1, retry_delay_seconds=60, max_retry_delay_seconds=5, backoff_jitter_ms=500),
        around=Surroundings(jitter=luck),
    )
    world.answer("t", "FAILED")
    assert world.open("t").available_at == world.clock.now() + expected_ms


def test_e13_a_terminal_error_ends_the_workflow_at_once() -> None:
    world = started(simple("t", retry_count=5), simple("u"))
    world.answer("t", "FAILED_WITH_TERMINAL_ERROR", reason_for_incompletion="never again")
    task_id = world.newest("t").task_id
    assert world.status is WorkflowStatus.FAILED
    assert world.header.reason_for_incompletion == (
        f"Task {task_id} failed with status: FAILED and reason: 'never again'"
    )
    assert world.header.failed_task_id == task_id
    assert world.header.failed_reference_task_names == ["t"]
    assert world.header.failed_task_names == ["work"]


@pytest.mark.parametrize("policy", ["RETRY", "ALERT_ONLY", "TIME_OUT_WF"])
def test_e14_a_total_timeout_beats_retries_and_policy(policy: str) -> None:
    world = started(simple("t", retry_count=5, total_timeout_seconds=10, timeout_policy=policy))
    world.clock.forward(11)
    world.answer("t", "FAILED")
    assert world.status is WorkflowStatus.FAILED
    assert len(world.rows) == 1
    assert "exceeded total timeout of 10 seconds (elapsed 11 seconds" in str(world.header.reason_for_incompletion)


def test_e15_the_total_budget_counts_from_the_first_scheduling() -> None:
    world = started(
        simple("t", retry_count=5, retry_delay_seconds=3, total_timeout_seconds=10, timeout_policy="ALERT_ONLY")
    )
    begun = world.clock.now()
    for _ in range(2):
        world.clock.forward(4)
        world.answer("t", "FAILED")
    assert {row.first_scheduled_time for row in world.rows} == {begun}
    world.clock.forward(4)
    world.answer("t", "FAILED")
    assert (len(world.rows), world.status) == (3, WorkflowStatus.FAILED)


def test_c15_an_attempt_that_ends_takes_its_queue_entry_with_it() -> None:
    world = started(simple("t", retry_count=2, poll_timeout_seconds=5, timeout_policy="RETRY", optional=True))
    world.forward(60)
    assert world.table() == [("t", "TIMED_OUT"), ("t", "TIMED_OUT"), ("t", "COMPLETED_WITH_ERRORS")]
    assert (world.queued(), world.status) == ([], WorkflowStatus.COMPLETED)


def test_what_fails_at_once_is_not_tried_for_ever() -> None:
    own = TaskDef(name="e", retry_count=10**9)
    world = started(task("EVENT", "e", sink="nowhere:x", task_definition=own))
    assert (world.status, len(world.rows)) == (WorkflowStatus.FAILED, 1001)
