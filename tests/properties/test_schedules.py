"""Schedules under any order of looks, pauses and crashes: each time is done once, and in order."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.cron import parse_cron
from engine.requests import StartWorkflowRequest
from engine.schedules import Plan, WorkflowSchedule, few_times, finished, saved, taken

NOW = 1_800_000_000_000
EXPRESSIONS = st.sampled_from(["* * * * * *", "*/7 * * * * *", "0 * * * * *", "30 */3 * * * *", "0 0 * * * *"])
PAUSES = st.lists(st.integers(0, 90_000), min_size=1, max_size=6)


def stored(plan: Plan) -> Plan:
    """As it is read again."""
    return msgspec.json.decode(msgspec.json.encode(plan), type=Plan)


def lived(plan: Plan, looks: list[int], servers: int) -> tuple[list[int], int]:
    """What is done when servers look after these pauses, one after another; and the time of the last look."""
    done, now = [], NOW
    for turn, pause in enumerate(looks):
        now += pause
        while True:
            plan = stored(taken(plan, now, f"server {turn % servers}"))
            if not plan.pending:
                break
            for fire in plan.pending:
                done.append(fire.time)
                plan = stored(finished(plan, fire.time))
    return done, now


@given(expression=EXPRESSIONS, looks=PAUSES, servers=st.integers(1, 3))
def test_catching_up_does_every_time_once_and_in_order(expression: str, looks: list[int], servers: int) -> None:
    done, now = lived(saved(None, schedule(expression, True), NOW), looks, servers)
    assert done == few_times(parse_cron(expression), "UTC", NOW, now, 1_000_000)


@given(expression=EXPRESSIONS, looks=PAUSES, servers=st.integers(1, 3))
def test_without_catching_up_each_time_is_done_at_most_once_and_in_order(
    expression: str, looks: list[int], servers: int
) -> None:
    done, now = lived(saved(None, schedule(expression, False), NOW), looks, servers)
    every = few_times(parse_cron(expression), "UTC", NOW, now, 1_000_000)
    assert done == sorted(set(done))
    assert set(done) <= set(every)
    assert bool(done) == bool(every), "what was missed is made up for by one"


def schedule(expression: str, catch_up: bool) -> WorkflowSchedule:
    return WorkflowSchedule(
        name="s",
        cron_expression=expression,
        run_catchup_schedule_instances=catch_up,
        start_workflow_request=StartWorkflowRequest("flow"),
    )
