"""WAIT: how long (§2.13, E76). The grammar of its texts: tests/unit/engine/test_wait_time.py."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import UpdateTask
from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.status import TaskStatus, WorkflowStatus
from engine.validation import validate_workflow_def
from tests.world import SECOND, World

TERMINAL = TaskStatus.FAILED_WITH_TERMINAL_ERROR


def waiting(**inputs: Any) -> World:
    """A WAIT whose inputs are known only at run time."""
    references = {name: f"${{workflow.input.{name}}}" for name in inputs}
    task = WorkflowTask("wait", "w", type="WAIT", input_parameters=references)
    return World.started(WorkflowDef(name="w", tasks=[task]), input=inputs)


@pytest.mark.parametrize("blank", ["", "  ", "\t\n", None])
@pytest.mark.parametrize("name", ["duration", "until"])
def test_e76_blank_is_no_limit(name: str, blank: str | None) -> None:
    world = waiting(**{name: blank})
    assert (world.open("w").wait_timeout, world.open("w").deadline) == (0, 0)


@pytest.mark.parametrize(("duration", "until"), [("1 s", " "), (" 1s\n", ""), ("1 s", None)])
def test_e76_of_two_values_a_blank_one_does_not_count(duration: str, until: str | None) -> None:
    world = waiting(duration=duration, until=until)
    assert world.open("w").wait_timeout == world.clock.now() + SECOND


def test_e76_a_blank_duration_leaves_the_moment() -> None:
    world = waiting(duration=" ", until="2020-01-01")
    world.forward(0)
    assert world.status is WorkflowStatus.COMPLETED


def test_e76_both_given_ends_it_at_once() -> None:
    world = waiting(duration="1 s", until="2020-01-01")
    row = world.newest("w")
    assert (row.status, world.status) == (TERMINAL, WorkflowStatus.FAILED)
    assert row.reason_for_incompletion == "Both 'duration' and 'until' specified. Please provide only one input"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("soon", "soon"),
        (5, "5"),
        (5.0, "5.0"),
        (0, "0"),
        (True, "true"),
        (False, "false"),
        ([], "[]"),
        ({}, "{}"),
        (["1 s"], "[1 s]"),
        ({"a": 1}, "{a=1}"),
    ],
)
def test_n7_s1_s3_a_bad_duration_ends_it_at_once_and_quotes_javas_text(value: Any, text: str) -> None:
    row = waiting(duration=value).newest("w")
    assert (row.status, row.reason_for_incompletion) == (TERMINAL, f"Not valid duration: {text}")


@pytest.mark.parametrize(("value", "text"), [("soon", "soon"), (5, "5"), (True, "true"), ([], "[]"), ({}, "{}")])
def test_s1_a_bad_moment_ends_it_at_once_and_quotes_javas_text(value: Any, text: str) -> None:
    row = waiting(until=value).newest("w")
    assert (row.status, row.reason_for_incompletion) == (
        TERMINAL,
        f"Invalid/Unsupported Wait Until format.  Provided: {text}",
    )


def test_it_is_over_when_its_time_has_come_and_not_before() -> None:
    world = waiting(duration="5 s")
    world.forward(4.999)
    assert world.open("w").status is TaskStatus.IN_PROGRESS
    world.forward(0.001)
    assert world.status is WorkflowStatus.COMPLETED


def test_an_update_ends_it_early_and_one_in_progress_leaves_its_time() -> None:
    world = waiting(duration="5 s")
    world.do(UpdateTask(world.result(world.open("w").task_id, "IN_PROGRESS", {"a": 1}), merge=True))
    world.forward(3)
    assert world.open("w").output_data == {"a": 1}
    world.forward(2)
    assert world.status is WorkflowStatus.COMPLETED


def test_s10_a_response_timeout_of_its_definition_does_not_strike() -> None:
    own = TaskDef(name="wait", response_timeout_seconds=1)
    world = World.started(WorkflowDef(name="w", tasks=[WorkflowTask("wait", "w", type="WAIT", task_definition=own)]))
    world.forward(100)
    assert world.open("w").status is TaskStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"duration": 5}, "Not valid duration: 5, taskReferenceName: w"),
        ({"duration": True}, "Not valid duration: true, taskReferenceName: w"),
        ({"duration": []}, "Not valid duration: [], taskReferenceName: w"),
        ({"until": {}}, "Unable to parse date: {}, taskReferenceName: w"),
        ({"until": " 2020-01-01 "}, "Unable to parse date:  2020-01-01 , taskReferenceName: w"),
        ({"duration": "${workflow.input.d}", "until": "${workflow.input.u}"}, "Both 'duration' and 'until' specified"),
    ],
)
def test_literals_are_checked_at_registration_by_the_same_reading(inputs: dict[str, Any], complaint: str) -> None:
    assert any(message.startswith(complaint) for message in registered(inputs)), registered(inputs)


@pytest.mark.parametrize(
    "inputs",
    [{"duration": "  "}, {"until": ""}, {"duration": "1 s", "until": " "}, {"duration": "", "until": "2020-01-01"}],
)
def test_blank_literals_are_registered(inputs: dict[str, Any]) -> None:
    assert registered(inputs) == []


def registered(inputs: dict[str, Any]) -> list[str]:
    """What registration says about a WAIT with these inputs."""
    task = WorkflowTask("wait", "w", type="WAIT", input_parameters=inputs)
    definition = WorkflowDef(name="w", tasks=[task], owner_email="owner@example.com")
    return [violation.message for violation in validate_workflow_def(definition, lambda _: None)]
