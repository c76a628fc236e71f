"""The row of an HTTP task (§2.15, §8.5): waiting, begun, reported. What is sent and answered: the tests of workers."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import HandOut, Pause, Rerun, Resume, Retry, Terminate, UpdateTask
from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.model import Task
from engine.requests import RerunWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from tests.world import SECOND, World

REQUEST = {"http_request": {"uri": "http://example.com/${workflow.input.x}", "method": "GET"}}


def calling(task_def: TaskDef | None = None, **node: Any) -> WorkflowDef:
    """A definition of one HTTP task and a SIMPLE one behind it."""
    fields = {"input_parameters": REQUEST} | node
    http = WorkflowTask("call", "h", type="HTTP", task_definition=task_def, **fields)
    return WorkflowDef(name="w", tasks=[http, WorkflowTask("then", "t")])


def begin(world: World) -> Task:
    """The server's worker takes the task."""
    task = world.open("h")
    world.durable.claimed.add(task.task_id)
    world.do(HandOut(task.task_id, "server", in_server=True))
    return world.open("h")


def report(world: World, task: Task, status: str = "COMPLETED", **output: Any) -> None:
    world.do(UpdateTask(world.result(task.task_id, status, output), begun=task.start_time))


def test_it_waits_on_the_queue_of_its_type() -> None:
    world = World.started(calling(), input={"x": 1})
    row = world.open("h")
    assert (row.status, row.task_type, row.task_def_name) == (TaskStatus.SCHEDULED, "HTTP", "call")
    assert row.input_data["http_request"]["uri"] == "http://example.com/1"
    assert [entry.queue for entry in world.pollable()] == ["HTTP"]


def test_it_stays_scheduled_while_it_runs_so_that_a_crash_hands_it_out_again() -> None:
    world = World.started(calling())
    row = begin(world)
    assert row.status is TaskStatus.SCHEDULED
    assert (row.start_time, row.poll_count, row.worker_id) == (world.clock.now(), 1, "server")
    assert world.queued() == ["h"]
    report(world, row, response={"statusCode": 200})
    assert world.table() == [("h", "COMPLETED"), ("t", "SCHEDULED")]
    assert world.queued() == ["t"]


@pytest.mark.parametrize("given", ["true", True, None, {"a": 1}])
@pytest.mark.parametrize("flag", [True, False])
def test_s1_the_flag_of_the_node_counts_and_shows_in_the_input(given: Any, flag: bool) -> None:
    world = World.started(calling(input_parameters={**REQUEST, "asyncComplete": given}, async_complete=flag))
    assert world.open("h").input_data["asyncComplete"] is flag


def test_a_task_that_others_complete_is_in_progress_and_off_the_queue() -> None:
    world = World.started(calling(async_complete=True))
    report(world, begin(world), "IN_PROGRESS", response={"statusCode": 200})
    row = world.open("h")
    assert (row.status, row.output_data) == (TaskStatus.IN_PROGRESS, {"response": {"statusCode": 200}})
    assert world.queued() == []
    world.answer("h", output={"ext": 1})
    assert world.newest("h").output_data == {"ext": 1}
    assert world.newest("t").status is TaskStatus.SCHEDULED


def test_a_task_that_others_complete_has_a_response_clock_only_until_the_answer() -> None:
    world = World.started(calling(TaskDef(name="call", response_timeout_seconds=5), async_complete=True))
    task = begin(world)
    report(world, task, "IN_PROGRESS")
    assert world.open("h").deadline == 0
    world.forward(60)
    assert world.open("h").status is TaskStatus.IN_PROGRESS


def test_the_answer_itself_is_not_waited_for_longer_than_the_response_clock_says() -> None:
    world = World.started(calling(TaskDef(name="call", response_timeout_seconds=5), async_complete=True))
    task = begin(world)
    world.forward(5)
    assert world.rows.get(task.task_id).status is TaskStatus.TIMED_OUT  # type: ignore[union-attr]


@pytest.mark.parametrize(("execution", "total"), [(5, 0), (0, 5)])
def test_a_task_that_others_complete_keeps_its_other_clocks(execution: int, total: int) -> None:
    definition = TaskDef(
        name="call", timeout_policy="TIME_OUT_WF", timeout_seconds=execution, total_timeout_seconds=total
    )
    world = World.started(calling(definition, async_complete=True))
    report(world, begin(world), "IN_PROGRESS")
    world.forward(5)
    assert world.newest("h").status is TaskStatus.TIMED_OUT


def test_e58_a_call_that_outlives_the_response_timeout_is_timed_out_and_not_done_again() -> None:
    world = World.started(calling(TaskDef(name="call", response_timeout_seconds=5, retry_count=0)))
    task = begin(world)
    world.clock.forward(5)
    # a server that has just started finds it on the queue before its timer has looked
    decision = world.decide(HandOut(task.task_id, "other", in_server=True))
    assert decision.commit is None
    world.expire_due()
    assert world.newest("h").status is TaskStatus.TIMED_OUT
    assert world.status is WorkflowStatus.TIMED_OUT
    assert world.queued() == []


def test_waiting_on_the_queue_is_no_response_time() -> None:
    world = World.started(calling(TaskDef(name="call", response_timeout_seconds=5)))
    world.forward(60)
    assert world.open("h").status is TaskStatus.SCHEDULED


def test_a_start_delay_counts() -> None:
    world = World.started(calling(start_delay=3))
    assert world.pollable() == []
    assert world.open("h").callback_after_seconds == 3
    world.clock.forward(3)
    assert len(world.pollable()) == 1


def test_a_retry_waits_for_its_delay() -> None:
    world = World.started(calling(TaskDef(name="call", retry_count=1, retry_delay_seconds=7)))
    report(world, begin(world), "FAILED")
    again = world.open("h")
    assert (again.retry_count, again.available_at) == (1, world.clock.now() + 7 * SECOND)
    assert world.pollable() == []


def test_limits_of_the_task_definition_are_those_of_the_queue_entry() -> None:
    limited = TaskDef(
        name="call", concurrent_exec_limit=2, rate_limit_per_frequency=5, rate_limit_frequency_in_seconds=3
    )
    (entry,) = World.started(calling(limited)).pollable()
    assert entry.limit is not None
    assert (entry.limit.concurrent, entry.limit.per_window, entry.limit.window_ms) == (2, 5, 3 * SECOND)


def test_s15_an_isolation_group_does_not_hide_it_from_the_server() -> None:
    world = World.started(calling(TaskDef(name="call", isolation_group_id="g", execution_name_space="n")))
    assert [entry.queue for entry in world.pollable()] == ["HTTP"]
    assert world.open("h").isolation_group_id == "g"


def test_e64_it_has_no_domain() -> None:
    world = World.started(calling(), task_to_domain={"*": "mine"})
    assert world.open("h").domain is None
    assert [entry.queue for entry in world.pollable()] == ["HTTP"]


def test_e6_a_report_for_what_was_cancelled_meanwhile_is_dropped() -> None:
    world = World.started(calling())
    task = begin(world)
    world.do(Terminate())
    assert world.queued() == []
    report(world, task, response={})
    assert world.newest("h").status is TaskStatus.CANCELED
    assert world.newest("h").output_data == {}


def test_a_report_on_a_run_that_a_rerun_has_overtaken_is_dropped() -> None:
    world = World.started(calling())
    old = begin(world)
    world.do(Terminate())
    world.clock.forward(1)
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=old.task_id)))
    assert world.open("h").task_id == old.task_id
    report(world, old)
    assert world.open("h").status is TaskStatus.SCHEDULED
    report(world, begin(world))
    assert world.newest("h").status is TaskStatus.COMPLETED


def test_a_paused_workflow_takes_the_report_and_schedules_nothing() -> None:
    world = World.started(calling())
    task = begin(world)
    world.do(Pause())
    report(world, task)
    assert world.table() == [("h", "COMPLETED")]
    world.do(Resume())
    assert world.table() == [("h", "COMPLETED"), ("t", "SCHEDULED")]


def test_a_retried_workflow_calls_again() -> None:
    world = World.started(calling())
    report(world, begin(world), "FAILED")
    assert world.status is WorkflowStatus.FAILED
    world.do(Retry())
    assert world.queued() == ["h"]
    assert world.open("h").retry_count == 1


def test_an_optional_call_that_fails_lets_the_workflow_go_on() -> None:
    world = World.started(calling(optional=True))
    report(world, begin(world), "FAILED")
    assert world.table() == [("h", "COMPLETED_WITH_ERRORS"), ("t", "SCHEDULED")]


def test_e63_the_input_template_fills_what_is_missing() -> None:
    template = TaskDef(name="call", input_template={"http_request": {"uri": "http://example.com", "method": "GET"}})
    world = World.started(calling(template, input_parameters={}))
    assert world.open("h").input_data["http_request"]["method"] == "GET"


def test_a_simple_task_of_that_name_is_the_servers_too() -> None:
    world = World.started(WorkflowDef(name="w", tasks=[WorkflowTask("HTTP", "h", input_parameters=REQUEST)]))
    assert [entry.queue for entry in world.pollable()] == ["HTTP"]
    report(world, begin(world))
    assert world.status is WorkflowStatus.COMPLETED


def test_d3_the_definition_is_not_written_into() -> None:
    world = World.started(calling(async_complete=True))
    node = world.execution.graph.node("h")
    assert node is not None
    assert node.input_parameters == REQUEST
