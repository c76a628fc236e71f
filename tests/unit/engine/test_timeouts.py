"""Every clock and its policy: E16 to E21, S10, S11, S14, P14, N8, N9."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Decide, Expire, ExtendLease, Pause, Rerun, Resume, Retry, Terminate, UpdateTask
from engine.definitions import TaskDef
from engine.errors import NotFound
from engine.requests import RerunWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import SECOND, World

RESPONSE, POLL = {"response_timeout_seconds": 5}, {"poll_timeout_seconds": 5}
EXECUTION, TOTAL = {"timeout_seconds": 5}, {"total_timeout_seconds": 5}
CLOCKS: list[tuple[str, dict[str, Any], bool, str]] = [
    ("response", RESPONSE, True, "responseTimeout: 5 exceeded for the taskId: {id} with Task Definition: work"),
    ("poll", POLL, False, "Task poll timed out after 5 seconds. Poll timeout configured as 5 seconds. Timeout policy"),
    ("execution", EXECUTION, True, "Task timed out after 5 seconds. Timeout configured as 5 seconds. Timeout policy"),
    (
        "total",
        TOTAL,
        False,
        "Task work/{id} exceeded total timeout of 5 seconds (elapsed 5 seconds across all attempts",
    ),
]


@pytest.mark.parametrize(("fields", "polled", "text"), [row[1:] for row in CLOCKS], ids=[row[0] for row in CLOCKS])
@pytest.mark.parametrize("policy", ["RETRY", "TIME_OUT_WF", "ALERT_ONLY"])
def test_e16_e18_a_clock_strikes_at_its_second_and_its_policy_counts(
    fields: dict[str, Any], polled: bool, text: str, policy: str
) -> None:
    world = started(simple("t", timeout_policy=policy, **fields))
    if polled:
        world.poll("t")
    world.forward(4.999)
    assert not world.newest("t").status.terminal
    world.forward(0.001)
    row = world.newest("t")
    # §4.3.4: the response time-out has no policy
    if policy == "ALERT_ONLY" and "response_timeout_seconds" not in fields:
        assert (row.status.terminal, world.status) == (False, WorkflowStatus.RUNNING)
        return
    assert (row.status, world.status) == (TaskStatus.TIMED_OUT, WorkflowStatus.TIMED_OUT)
    expected = text.format(id=row.task_id)
    assert str(row.reason_for_incompletion).startswith(expected)
    assert expected in str(world.header.reason_for_incompletion)


@pytest.mark.parametrize(("fields", "polled"), [row[1:3] for row in CLOCKS[:3]], ids=[row[0] for row in CLOCKS[:3]])
def test_e16_e18_with_retries_left_a_new_attempt_follows(fields: dict[str, Any], polled: bool) -> None:
    world = started(simple("t", timeout_policy="RETRY", retry_count=1, **fields))
    late = world.poll("t") if polled else world.open("t")
    world.forward(5)
    assert world.table() == [("t", "TIMED_OUT"), ("t", "SCHEDULED")]
    report = world.result(late.task_id, "COMPLETED", {"too": "late"})
    assert world.do(UpdateTask(report)).commit is None


def test_time_out_wf_takes_no_retries() -> None:
    world = started(simple("t", timeout_policy="TIME_OUT_WF", retry_count=3, timeout_seconds=5))
    world.poll("t")
    world.forward(5)
    assert world.table() == [("t", "TIMED_OUT")]
    assert world.status is WorkflowStatus.TIMED_OUT


def test_e17_a_poll_sets_the_response_clock() -> None:
    world = started(simple("t", poll_timeout_seconds=3600, response_timeout_seconds=5, timeout_policy="RETRY"))
    assert world.open("t").deadline == world.clock.now() + 3600 * SECOND
    assert world.poll("t").deadline == world.clock.now() + 5 * SECOND


def test_e20_a_callback_brings_the_same_task_back_later() -> None:
    world = started(simple("t"))
    task_id = world.poll("t").task_id
    world.answer("t", "IN_PROGRESS", {"so": "far"}, callback_after_seconds=5)
    row = world.open("t")
    assert (row.task_id, row.status, row.output_data) == (task_id, "SCHEDULED", {"so": "far"})
    assert (row.callback_after_seconds, world.pollable()) == (5, [])
    world.forward(5)
    assert world.poll("t").poll_count == 2


def test_e21_extending_the_lease_moves_the_response_clock_and_nothing_else() -> None:
    world = started(simple("t", response_timeout_seconds=5))
    before = world.poll("t")
    world.forward(4)
    commit = world.do(ExtendLease(before.task_id)).commit
    assert commit is not None
    assert commit.touch
    after = world.open("t")
    changed = {name for name in after.__struct_fields__ if getattr(after, name) != getattr(before, name)}
    assert changed <= {"update_time", "deadline", "rev"}
    world.forward(4)
    assert not world.open("t").status.terminal
    world.forward(1)
    assert world.newest("t").status is TaskStatus.TIMED_OUT


def test_e21_a_lease_of_nothing_is_not_found_and_one_of_an_ended_task_is_ignored() -> None:
    world = started(simple("t"), simple("u"))
    with pytest.raises(NotFound):
        world.do(ExtendLease("nobody"))
    ended = world.open("t").task_id
    world.answer("t")
    assert world.do(ExtendLease(ended)).commit is None


def test_e19_a_workflow_timeout_cancels_what_runs() -> None:
    world = started(simple("t"), timeout_seconds=60, timeout_policy="TIME_OUT_WF")
    world.forward(60)
    assert (world.status, world.table(), world.queued()) == (WorkflowStatus.TIMED_OUT, [("t", "CANCELED")], [])
    assert world.header.reason_for_incompletion == (
        "Workflow timed out after 60 seconds. Timeout configured as 60 seconds. "
        "Timeout policy configured to TIME_OUT_WF"
    )


def test_e19_a_workflow_timeout_may_only_alert() -> None:
    world = started(simple("t"), timeout_seconds=60, timeout_policy="ALERT_ONLY")
    world.forward(3600)
    assert (world.status, world.header.deadline) == (WorkflowStatus.RUNNING, 0)


def test_e19_a_retry_after_a_workflow_timeout_restarts_its_clock() -> None:
    world = started(task("HUMAN", "h"), simple("t"), timeout_seconds=60, timeout_policy="TIME_OUT_WF")
    world.answer("h")
    world.forward(60)
    world.do(Retry())
    assert world.header.deadline == world.clock.now() + 60 * SECOND
    world.forward(59)
    assert not world.status.terminal


@pytest.mark.parametrize("kind", ["WAIT", "HUMAN"])
def test_s10_nobody_responds_for_a_wait_or_a_human(kind: str) -> None:
    own = TaskDef(name="own", response_timeout_seconds=1, poll_timeout_seconds=1)
    world = started(task(kind, "x", task_definition=own))
    world.forward(3600)
    assert world.table() == [("x", "IN_PROGRESS")]


def test_s11_the_poll_clock_counts_anew_for_a_task_that_was_handed_back() -> None:
    world = started(simple("t", poll_timeout_seconds=10, timeout_policy="RETRY"))
    world.forward(8)
    world.poll("t")
    world.answer("t", "IN_PROGRESS")
    world.forward(9)
    assert world.open("t").status is TaskStatus.SCHEDULED
    world.forward(1)
    assert world.newest("t").status is TaskStatus.TIMED_OUT


def test_s11_a_retry_delay_does_not_count_for_the_poll_clock() -> None:
    world = started(simple("t", retry_count=1, retry_delay_seconds=60, poll_timeout_seconds=10, timeout_policy="RETRY"))
    world.answer("t", "FAILED")
    world.forward(69)
    assert world.open("t").status is TaskStatus.SCHEDULED
    world.forward(1)
    assert world.newest("t").status is TaskStatus.TIMED_OUT


@pytest.mark.parametrize("command", [Rerun(RerunWorkflowRequest()), Retry()])
def test_s14_what_is_brought_back_to_life_has_its_whole_time_again(command: Any) -> None:
    world = started(simple("t"), timeout_seconds=60, timeout_policy="TIME_OUT_WF")
    world.forward(50)
    world.do(Terminate())
    world.forward(1000)
    world.do(command)
    world.forward(59)
    assert not world.status.terminal
    world.forward(1)
    assert world.status is WorkflowStatus.TIMED_OUT


def beside_a_human(**fields: Any) -> World:
    return started(
        fork("f", [task("HUMAN", "h")], [simple("t", **fields)]), join("j", "h", "t"),
        timeout_seconds=60, timeout_policy="TIME_OUT_WF",
    )  # fmt: skip


def test_n8_s4_a_human_beside_it_stops_no_clock() -> None:
    world = beside_a_human(response_timeout_seconds=5, retry_count=1)
    world.poll("t")
    world.forward(5)
    assert world.open("t").retry_count == 1
    world.forward(55)
    assert world.status is WorkflowStatus.TIMED_OUT


def test_n9_p14_the_workflows_clock_strikes_while_a_longer_response_clock_runs() -> None:
    world = beside_a_human(response_timeout_seconds=3600)
    world.poll("t")
    world.forward(59.999)
    assert not world.status.terminal
    world.forward(0.001)
    assert world.status is WorkflowStatus.TIMED_OUT


def test_p14_heartbeats_keep_a_task_and_move_its_deadline() -> None:
    world = started(simple("t", response_timeout_seconds=5))
    world.poll("t")
    for _ in range(10):
        world.forward(4)
        world.do(ExtendLease(world.open("t").task_id))
        assert world.open("t").deadline == world.clock.now() + 5 * SECOND


def test_p14_an_alert_or_a_pause_does_not_stretch_the_response_clock() -> None:
    world = started(simple("t", timeout_seconds=1, timeout_policy="ALERT_ONLY", response_timeout_seconds=5))
    world.poll("t")
    world.forward(3)
    world.do(Pause())
    world.do(Resume())
    world.forward(1.999)
    assert not world.newest("t").status.terminal
    world.forward(0.001)
    assert world.newest("t").status is TaskStatus.TIMED_OUT


@pytest.mark.parametrize("command", [Expire(""), Decide()])
def test_a_look_that_comes_too_early_changes_nothing(command: Any) -> None:
    world = started(simple("t"), timeout_seconds=60, timeout_policy="TIME_OUT_WF")
    assert world.do(command).commit is None
    assert world.do(Expire(world.open("t").task_id)).commit is None


def test_a_look_at_everything_finds_every_clock_that_has_struck() -> None:
    world = beside_a_human(response_timeout_seconds=5, retry_count=1)
    world.poll("t")
    world.clock.forward(5)
    world.do(Decide())
    assert world.open("t").retry_count == 1
    world.clock.forward(60)
    world.do(Decide())
    assert world.status is WorkflowStatus.TIMED_OUT


def test_the_execution_clock_leaves_out_the_delay_before_the_start() -> None:
    world = started(simple("t", start_delay=10, timeout_seconds=5, timeout_policy="RETRY"))
    assert world.pollable() == []
    world.forward(10)
    world.poll("t")
    world.forward(14)
    assert world.open("t").status is TaskStatus.IN_PROGRESS
    world.forward(1)
    assert world.newest("t").status is TaskStatus.TIMED_OUT


NEXT: list[tuple[str, dict[str, Any], dict[str, Any], bool, int | None]] = [
    ("nothing", {}, {}, False, None),
    ("the poll", {"poll_timeout_seconds": 7}, {}, False, 7),
    ("the answer", {"response_timeout_seconds": 5, "timeout_seconds": 9}, {}, True, 5),
    ("the task", {"response_timeout_seconds": 20, "timeout_seconds": 9}, {}, True, 9),
    ("the workflow", {"poll_timeout_seconds": 7}, {"timeout_seconds": 3}, False, 3),
    ("not the poll any more", {"poll_timeout_seconds": 7, "response_timeout_seconds": 50}, {}, True, 50),
]


@pytest.mark.parametrize(
    ("task_def", "workflow_def", "polled", "seconds"), [row[1:] for row in NEXT], ids=[row[0] for row in NEXT]
)
def test_e72_p14_the_next_look_is_at_the_earliest_of_all_clocks(
    task_def: dict[str, Any], workflow_def: dict[str, Any], polled: bool, seconds: int | None
) -> None:
    world = started(simple("t", **task_def), **workflow_def)
    if polled:
        world.poll("t")
    beginning = world.header.create_time
    at = min(world.durable.deadlines.values(), default=None)
    assert at == (None if seconds is None else beginning + seconds * SECOND)
