"""EVENT: its output, its sinks, and the one message it publishes (§2.12)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Decide, EffectDone, Rerun, Terminate
from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.effects import PublishEvent
from engine.requests import RerunWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from tests.world import World


def publishing(sink: str | None = "conductor", **node: Any) -> WorkflowDef:
    fields = {"input_parameters": {"a": "${workflow.input.a}"}} | node
    return WorkflowDef(name="w", version=3, tasks=[WorkflowTask("e", "e", type="EVENT", sink=sink, **fields)])


def messages(world: World) -> list[PublishEvent]:
    """What has been posted and is not known to be published."""
    return [effect for effect in world.header.outbox if isinstance(effect, PublishEvent)]


def test_it_completes_at_once_and_its_message_is_in_the_same_commit() -> None:
    world = World.started(publishing(), input={"a": 1}, correlation_id="c", task_to_domain={"x": "d"})
    row = world.newest("e")
    assert row.status is TaskStatus.COMPLETED
    assert row.input_data == {"a": 1, "sink": "conductor", "asyncComplete": False}
    assert row.output_data == {
        **row.input_data,
        "workflowInstanceId": "workflow",
        "workflowType": "w",
        "workflowVersion": 3,
        "correlationId": "c",
        "taskToDomain": {"x": "d"},
        "event_produced": "conductor:w:e",
    }
    assert len(world.commits) == 1
    (message,) = messages(world)
    assert (message.sink, message.payload, message.message_id) == ("conductor:w:e", row.output_data, row.task_id)


@pytest.mark.parametrize(
    ("sink", "queue"),
    [
        ("conductor", "conductor:w:e"),
        ("conductor:x", "conductor:w:x"),
        ("conductor:x:y", "conductor:w:x:y"),
        ("${workflow.input.s}", "conductor:w:named"),
    ],
)
def test_the_internal_queue_of_a_sink(sink: str, queue: str) -> None:
    world = World.started(publishing(sink), input={"s": "conductor:named"})
    assert [message.sink for message in messages(world)] == [queue]


@pytest.mark.parametrize(
    ("sink", "reason"),
    [
        ("conductorfoo", "Invalid / Unsupported sink specified: conductorfoo"),
        ("nowhere:x", "Error loading queue:nowhere:x, for task:{id}, error: Unknown queue type nowhere"),
        ("plain", "Error loading queue:plain, for task:{id}, error: Illegal event plain"),
        ("", "Error loading queue:, for task:{id}, error: Illegal event "),
        (
            "kafka:t",
            "Error loading queue:kafka:t, for task:{id}, error: this server has no adapter for kafka yet; "
            "use conductor:<name>",
        ),
    ],
)
def test_a_sink_that_cannot_be_used_fails_the_task(sink: str, reason: str) -> None:
    world = World.started(publishing(sink))
    row = world.newest("e")
    assert (row.status, row.reason_for_incompletion) == (TaskStatus.FAILED, reason.format(id=row.task_id))
    assert world.status is WorkflowStatus.FAILED
    assert messages(world) == []
    assert row.output_data["workflowType"] == "w"


@pytest.mark.parametrize("value", [5, None, ["conductor"], {"a": 1}, True])
def test_s1_a_sink_that_is_no_text_fails_the_task_with_a_sentence(value: Any) -> None:
    world = World.started(publishing("${workflow.input.s}"), input={"s": value})
    row = world.newest("e")
    assert row.status is TaskStatus.FAILED
    assert "Invalid / Unsupported sink specified" in str(row.reason_for_incompletion)


def test_s1_a_flag_in_the_input_does_not_count() -> None:
    world = World.started(publishing(input_parameters={"asyncComplete": "true", "sink": "own"}))
    assert world.newest("e").status is TaskStatus.COMPLETED
    assert world.newest("e").input_data == {"asyncComplete": False, "sink": "conductor"}


def test_c6_n4_an_event_that_others_complete_is_published_once() -> None:
    world = World.started(publishing(async_complete=True))
    assert world.open("e").status is TaskStatus.IN_PROGRESS
    (message,) = messages(world)
    world.do(EffectDone(message.key))
    for _ in range(3):
        world.do(Decide())
    assert messages(world) == []
    world.answer("e", output={"ext": 1})
    assert world.status is WorkflowStatus.COMPLETED
    assert world.header.output == {"ext": 1}
    assert messages(world) == []


def test_s7_nothing_hinders_a_termination() -> None:
    world = World.started(publishing(async_complete=True))
    world.do(Terminate())
    assert world.newest("e").status is TaskStatus.CANCELED


def test_an_event_that_others_complete_has_no_response_clock_but_the_others() -> None:
    own = TaskDef(name="e", response_timeout_seconds=5, timeout_seconds=50, timeout_policy="RETRY", retry_count=0)
    world = World.started(publishing(async_complete=True, task_definition=own))
    world.forward(49)
    assert world.open("e").status is TaskStatus.IN_PROGRESS
    world.forward(1)
    assert world.newest("e").status is TaskStatus.TIMED_OUT


def test_a_failed_event_is_retried_at_once() -> None:
    world = World.started(publishing("plain", task_definition=TaskDef(name="e", retry_count=2)))
    assert [(row.status, row.retry_count) for row in world.rows] == [(TaskStatus.FAILED, n) for n in range(3)]


def test_a_rerun_publishes_again_under_a_new_id() -> None:
    world = World.started(publishing())
    (first,) = messages(world)
    world.do(EffectDone(first.key))
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=first.message_id)))
    (second,) = messages(world)
    assert second.message_id != first.message_id
    assert world.newest("e").task_id == first.message_id


def test_inside_a_loop_the_queue_has_the_name_of_the_row() -> None:
    event = WorkflowTask("e", "e", type="EVENT", sink="conductor")
    loop = WorkflowTask("l", "l", type="DO_WHILE", items="${workflow.input.l}", loop_over=[event], loop_condition="")
    world = World.started(WorkflowDef(name="w", tasks=[loop]), input={"l": [1, 2]})
    assert [message.sink for message in messages(world)] == ["conductor:w:e__1", "conductor:w:e__2"]


def test_e4_another_look_posts_nothing() -> None:
    world = World.started(publishing(async_complete=True))
    assert world.decide(Decide()).commit is None
    assert world.reconciled().commit is None


def test_d3_the_definition_is_not_written_into() -> None:
    world = World.started(publishing("${workflow.input.s}", async_complete=True), input={"s": "conductor"})
    node = world.execution.graph.node("e")
    assert node is not None
    assert node.input_parameters == {"a": "${workflow.input.a}"}
