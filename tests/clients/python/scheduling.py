"""Schedules: kept, paused, resumed, fired and deleted."""

from __future__ import annotations

import itertools

from conductor.client.http.models import SaveScheduleRequest, StartWorkflowRequest, WorkflowSchedule
from conductor.client.http.rest import ApiException

from tests.clients.python.checking import Check, equal, fresh, until
from tests.clients.python.connection import Connection

EVERY_SECOND = "* * * * * *"


def kept(connection: Connection, name: str) -> WorkflowSchedule:
    """A schedule as the server has it; 1.3 returns it as a plain dict."""
    found = connection.schedules.get_schedule(name)
    if isinstance(found, dict):
        return WorkflowSchedule(cron_expression=found["cronExpression"], paused=found.get("paused", False))
    return found


def schedules(connection: Connection) -> None:
    """A schedule of every second starts a workflow; paused it stands still. Q16: 1.3 pauses by GET."""
    client = connection.schedules
    connection.define(flow := fresh("python_flow"), fresh("python_step"))
    name = fresh("python_schedule")
    request = StartWorkflowRequest(name=flow, version=1, input={"x": 1})
    client.save_schedule(SaveScheduleRequest(name=name, cron_expression=EVERY_SECOND, start_workflow_request=request))
    equal(kept(connection, name).cron_expression, EVERY_SECOND)
    equal([schedule.name for schedule in client.get_all_schedules(flow)], [name])
    until(lambda: connection.workflows.search(query=f"workflowType = '{flow}'").results, "the schedule fires")
    client.pause_schedule(name)
    assert kept(connection, name).paused
    client.resume_schedule(name)
    assert not kept(connection, name).paused
    client.delete_schedule(name)
    equal(client.get_all_schedules(flow), [])
    times = client.get_next_few_schedule_execution_times("0 0 12 * * ?", limit=3)
    equal([later - earlier for earlier, later in itertools.pairwise(times)], [86_400_000] * 2)
    try:
        client.get_next_few_schedule_execution_times("no cron")
    except ApiException as error:
        equal(error.status, 400)
    else:
        raise AssertionError("a cron expression that is none was accepted")


CHECKS: dict[str, Check] = {"schedules: save, fire, pause, resume, delete, next times": schedules}
