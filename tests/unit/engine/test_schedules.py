"""The rules of schedules, as functions from a plan to the next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.errors import InvalidInput, NotFound
from engine.requests import StartWorkflowRequest
from engine.schedules import (
    MOST_AT_ONCE,
    TOLERANCE_MS,
    CronSchedule,
    Plan,
    WorkflowSchedule,
    check_schedule,
    execution_id,
    finished,
    next_fire,
    paused,
    resumed,
    saved,
    scheduled_start,
    taken,
)


def at(text: str) -> int:
    """Epoch milliseconds of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2027-01-01 12:00:00")
MINUTE, HOUR = 60_000, 3_600_000


def schedule(**fields: Any) -> WorkflowSchedule:
    request = StartWorkflowRequest("flow", input={"mine": 1})
    return WorkflowSchedule(
        **{"name": "s", "cron_expression": "0 * * * * *", "start_workflow_request": request, **fields}
    )


def plan(now: int = NOW, **fields: Any) -> Plan:
    return saved(None, schedule(**fields), now)


def times(given: Plan) -> list[int]:
    return [fire.time for fire in given.pending]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"start_workflow_request": None}, "needs a startWorkflowRequest"),
        ({"start_workflow_request": StartWorkflowRequest("")}, "needs a startWorkflowRequest"),
        ({"start_workflow_request": StartWorkflowRequest("w", priority=100)}, "starts with priority 100"),
        ({"start_workflow_request": StartWorkflowRequest("w", priority=-1)}, "it goes from 0 to 99"),
        ({"cron_expression": None}, "needs a cronExpression"),
        ({"cron_expression": "* * *"}, "cron expression"),
        ({"zone_id": "Mars/Olympus"}, "Mars/Olympus"),
        ({"cron_schedules": [CronSchedule("0 * * * * *", "Mars/Olympus")]}, "Mars/Olympus"),
        ({"cron_schedules": [CronSchedule("nonsense")]}, "nonsense"),
        ({"schedule_start_time": 2, "schedule_end_time": 1}, "ends"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_with_a_sentence(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check_schedule(schedule(**fields))


def test_a_new_schedule_knows_its_next_time() -> None:
    made = plan().schedule
    assert (made.next_run_time, made.create_time, made.updated_time) == (NOW + MINUTE, NOW, NOW)


def test_a_time_is_taken_once_and_not_before_it_has_come() -> None:
    fresh = plan()
    assert taken(fresh, NOW + MINUTE - 1, "me") is fresh
    first = taken(fresh, NOW + MINUTE, "me")
    assert (times(first), first.next) == ([NOW + MINUTE], NOW + 2 * MINUTE)
    assert taken(first, NOW + MINUTE, "other") is first
    done = finished(first, NOW + MINUTE)
    assert (times(done), done.done) == ([], 1)
    assert finished(done, NOW + MINUTE) is done


def test_without_catching_up_only_the_first_missed_time_is_taken() -> None:
    late = taken(plan(), NOW + HOUR + 30_000, "me")
    assert (times(late), late.next) == ([NOW + MINUTE], NOW + HOUR + MINUTE)


def test_a_server_that_was_only_busy_misses_nothing() -> None:
    each_second = plan(cron_expression="* * * * * *")
    late = taken(each_second, NOW + TOLERANCE_MS, "me")
    assert times(late) == [NOW + 1000 * n for n in range(1, TOLERANCE_MS // 1000 + 1)]


def test_catching_up_takes_every_missed_time_in_order_a_few_at_once() -> None:
    now, given, found = NOW + 5 * HOUR, plan(run_catchup_schedule_instances=True), []
    for _ in range(5 * HOUR // MINUTE):
        given = taken(given, now, "me")
        assert len(given.pending) <= MOST_AT_ONCE
        if not given.pending:
            break
        found.append(given.pending[0].time)
        given = finished(given, given.pending[0].time)
    assert found == [NOW + MINUTE * n for n in range(1, 5 * HOUR // MINUTE + 1)]
    assert given.next == now + MINUTE


def test_bounds_include_their_times() -> None:
    bounded = schedule(schedule_start_time=NOW + 5 * MINUTE, schedule_end_time=NOW + 6 * MINUTE)
    cron = CronSchedule("0 * * * * *")
    assert next_fire(bounded, NOW) == (NOW + 5 * MINUTE, cron)
    assert next_fire(bounded, NOW + 5 * MINUTE) == (NOW + 6 * MINUTE, cron)
    assert next_fire(bounded, NOW + 6 * MINUTE) is None
    assert next_fire(schedule(schedule_start_time=0, schedule_end_time=0), NOW) == (NOW + MINUTE, cron)


def test_a_schedule_that_has_ended_takes_nothing_more() -> None:
    last = taken(plan(schedule_end_time=NOW + MINUTE), NOW + HOUR, "me")
    assert (times(last), last.next) == ([NOW + MINUTE], None)
    assert taken(finished(last, NOW + MINUTE), NOW + 2 * HOUR, "me").pending == ()


def test_a_paused_schedule_takes_nothing_and_finishes_what_was_taken() -> None:
    stopped = paused(taken(plan(), NOW + MINUTE, "me"), "holidays", NOW + MINUTE)
    assert (stopped.schedule.paused, stopped.schedule.paused_reason) == (True, "holidays")
    assert taken(stopped, NOW + HOUR, "me") is stopped
    assert times(stopped) == [NOW + MINUTE]


@pytest.mark.parametrize("catch_up", [False, True])
def test_after_a_pause_it_goes_on_with_the_next_time(catch_up: bool) -> None:
    now = NOW + HOUR
    again = resumed(paused(plan(run_catchup_schedule_instances=catch_up), "holidays", NOW), now)
    assert (again.next, again.schedule.paused, again.schedule.paused_reason) == (now + MINUTE, False, None)
    with pytest.raises(NotFound, match="Schedule 's' not found: it is not paused"):
        resumed(again, now)


def test_saving_the_same_times_again_does_not_lose_the_one_that_is_due() -> None:
    known = plan()
    same = saved(known, schedule(description="the same times"), NOW + MINUTE)
    assert (same.next, same.schedule.description, same.schedule.create_time) == (NOW + MINUTE, "the same times", NOW)
    other = saved(known, schedule(cron_expression="30 * * * * *"), NOW + MINUTE)
    assert (other.next, other.schedule.updated_time) == (NOW + MINUTE + 30_000, NOW + MINUTE)


def test_of_several_expressions_the_earliest_counts_and_equal_times_come_once() -> None:
    both = plan(
        cron_expression=None,
        cron_schedules=[CronSchedule("0 0 13 * * *"), CronSchedule("0 0 14 * * *", "Europe/Berlin")],
    )
    one = taken(both, NOW + HOUR, "me")
    assert [(fire.time, fire.cron.zone_id) for fire in one.pending] == [(NOW + HOUR, "UTC")]
    assert one.next == NOW + 25 * HOUR


def test_the_started_workflow_is_told_its_times() -> None:
    one = taken(plan(), NOW + MINUTE + 5, "me")
    request = scheduled_start(one.schedule, one.pending[0], NOW + MINUTE + 7)
    assert request.input is not None
    assert request.input["mine"] == 1
    assert (request.input["_scheduledTime"], request.input["_executedTime"]) == (NOW + MINUTE, NOW + MINUTE + 7)
    assert (request.input["_startedByScheduler"], request.input["_schedulerCron"]) == ("s", "0 * * * * * UTC")
    assert request.input["_executionId"] == execution_id("s", NOW + MINUTE)
