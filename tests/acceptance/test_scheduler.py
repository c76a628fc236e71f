"""Every operation of the SDK's SchedulerClient that OSS servers have."""

from __future__ import annotations

import pytest
from conductor.client.ai.schedule_errors import InvalidCronExpression, ScheduleNotFound
from conductor.client.http.models.save_schedule_request import SaveScheduleRequest
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.orkes_clients import OrkesClients
from conductor.client.scheduler_client import SchedulerClient
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor
from conductor.client.workflow.task.simple_task import SimpleTask

from tests.polling import until
from tests.rest import fresh


@pytest.fixture
def scheduler(clients: OrkesClients) -> SchedulerClient:
    return clients.get_scheduler_client()


@pytest.fixture
def flow(executor: WorkflowExecutor) -> str:
    made = ConductorWorkflow(executor, fresh("scheduled"), version=1)
    made >> SimpleTask(fresh("step"), "a")
    made.register(overwrite=True)
    return str(made.name)


def request(flow: str, cron: str = "* * * * * *", **fields: object) -> SaveScheduleRequest:
    start = StartWorkflowRequest(name=flow, version=1, input={"mine": 1})
    return SaveScheduleRequest(
        name=fresh("schedule"), cron_expression=cron, start_workflow_request=start, **{"paused": False, **fields}
    )


def test_a_schedule_fires_is_found_paused_and_deleted(scheduler: SchedulerClient, flow: str) -> None:
    wanted = request(flow, run_catchup_schedule_instances=True, description="each second")
    scheduler.save_schedule(wanted)

    def found() -> object:
        # its free_text raises a TypeError of its own
        page = scheduler.search_schedule_executions(
            start=0, size=10, sort="scheduledTime:ASC", query=f"scheduleName={wanted.name}"
        )
        return page if page.total_hits >= 2 else None

    page = until(found, "two starts")
    first, second = page.results[:2]  # type: ignore[attr-defined]
    assert second.scheduled_time - first.scheduled_time == 1000
    assert (first.schedule_name, first.workflow_name, first.state) == (wanted.name, flow, "EXECUTED")
    assert first.start_workflow_request.name == flow

    scheduler.pause_schedule(wanted.name, "enough")
    paused = scheduler.get_schedule(wanted.name)
    assert (paused.paused, paused.paused_reason, paused.description) == (True, "enough", "each second")
    scheduler.resume_schedule(wanted.name)
    assert scheduler.get_schedule(wanted.name).paused is False
    assert [each.name for each in scheduler.get_all_schedules(flow)] == [wanted.name]

    scheduler.delete_schedule(wanted.name)
    assert scheduler.get_all_schedules(flow) == []


def test_next_times(scheduler: SchedulerClient) -> None:
    start = 1_893_456_000_000
    times = scheduler.get_next_few_schedule_execution_times(
        "0 0 0 * * ?", schedule_start_time=start, schedule_end_time=start + 200_000_000, limit=2
    )
    assert times == [start, start + 86_400_000]


def test_all_schedules_are_paused_requeued_and_resumed(scheduler: SchedulerClient) -> None:
    scheduler.pause_all_schedules()
    scheduler.requeue_all_execution_records()
    scheduler.resume_all_schedules()


def test_errors_are_those_that_the_sdk_knows(scheduler: SchedulerClient, flow: str) -> None:
    with pytest.raises(ScheduleNotFound):
        scheduler.pause(fresh("nowhere"))
    with pytest.raises(InvalidCronExpression):
        scheduler.preview_next("nonsense")
