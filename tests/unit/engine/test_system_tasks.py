"""SET_VARIABLE, TERMINATE, WAIT and HUMAN: E65, S1, S3, S4 and what their values mean."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import JsonObject
from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, task
from tests.world import BEGINNING, SECOND

LARGE = "x" * (257 * 1024)


def test_set_variable_adds_to_the_variables_and_later_tasks_read_them() -> None:
    reads = simple("t", input_parameters={"a": "${workflow.variables.a}", "b": "${workflow.variables.b}"})
    world = started(
        task("SET_VARIABLE", "v", {"a": 1}), task("SET_VARIABLE", "w", {"b": "${workflow.variables.a}"}), reads
    )
    assert world.header.variables == {"a": 1, "b": 1}
    assert world.open("t").input_data == {"a": 1, "b": 1}


def test_e65_variables_that_are_too_large_fail_for_good_and_change_nothing() -> None:
    world = started(
        task("SET_VARIABLE", "v", {"a": 1}),
        task("SET_VARIABLE", "w", {"b": "${workflow.input.b}"}),
        header={"input": {"b": LARGE}},
    )
    assert world.table() == [("v", "COMPLETED"), ("w", "FAILED_WITH_TERMINAL_ERROR")]
    assert (world.header.variables, world.status) == ({"a": 1}, WorkflowStatus.FAILED)
    assert "is greater than the permissible limit: 256 kilobytes" in str(world.header.reason_for_incompletion)


TERMINATIONS: list[tuple[str, JsonObject, str, JsonObject, str]] = [
    ("completed", {"terminationStatus": "COMPLETED"}, "COMPLETED", {}, "Workflow is COMPLETED by TERMINATE task: {id}"),
    ("failed", {"terminationStatus": "FAILED"}, "FAILED", {}, "Workflow is FAILED by TERMINATE task: {id}"),
    ("terminated", {"terminationStatus": "TERMINATED", "terminationReason": "so"}, "TERMINATED", {}, "so"),
    ("an output", {"terminationStatus": "COMPLETED", "workflowOutput": {"a": 1}}, "COMPLETED", {"a": 1}, "Workflow is"),
    (
        "a bare output",
        {"terminationStatus": "COMPLETED", "workflowOutput": 7},
        "COMPLETED",
        {"output": 7},
        "Workflow is",
    ),
]


@pytest.mark.parametrize(
    ("given", "status", "output", "reason"), [row[1:] for row in TERMINATIONS], ids=[row[0] for row in TERMINATIONS]
)
def test_terminate_ends_the_workflow_as_it_says(
    given: JsonObject, status: str, output: JsonObject, reason: str
) -> None:
    world = started(task("TERMINATE", "end", given), simple("never"))
    assert world.table() == [("end", "COMPLETED")]
    assert (world.status.value, world.header.output) == (status, output)
    assert str(world.header.reason_for_incompletion).startswith(reason.format(id=world.newest("end").task_id))


def test_terminate_with_a_status_that_is_none_at_run_time_fails() -> None:
    world = started(task("TERMINATE", "end", {"terminationStatus": "${workflow.input.nothing}"}))
    assert (world.table(), world.status) == ([("end", "FAILED")], WorkflowStatus.FAILED)
    assert "given termination status is not valid" in str(world.header.reason_for_incompletion)


ENDS: list[tuple[str, JsonObject, float | None]] = [
    ("a duration", {"duration": "5 seconds"}, 5),
    ("days and hours", {"duration": "1 days 2h"}, 26 * 3600),
    ("a moment", {"until": "2023-11-14 22:14 UTC"}, 40),
    ("by an update only", {}, None),
    ("an empty text", {"duration": ""}, None),
]


@pytest.mark.parametrize(("given", "seconds"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_when_a_wait_is_over(given: JsonObject, seconds: float | None) -> None:
    world = started(task("WAIT", "w", given), simple("t"))
    row = world.open("w")
    assert row.status == "IN_PROGRESS"
    assert row.wait_timeout == row.deadline == (0 if seconds is None else BEGINNING + seconds * SECOND)
    if seconds is None:
        world.forward(10**6)
        world.answer("w", output={"by": "hand"})
    else:
        world.forward(seconds - 0.001)
        assert not world.newest("w").status.terminal
        world.forward(0.001)
    assert world.table() == [("w", "COMPLETED"), ("t", "SCHEDULED")]


@pytest.mark.parametrize("given", [{"duration": "0 s"}, {"until": "1999-12-31"}])
def test_a_wait_for_what_has_passed_is_over_at_the_next_look(given: JsonObject) -> None:
    world = started(task("WAIT", "w", given), simple("t"))
    world.expire_due()
    assert world.table() == [("w", "COMPLETED"), ("t", "SCHEDULED")]


BAD: list[tuple[JsonObject, str]] = [
    ({"duration": "${workflow.input.soon}"}, "soon"),
    ({"until": "${workflow.input.soon}"}, "soon"),
    ({"until": "${workflow.input.date}", "duration": "5s"}, "Both 'duration' and 'until' specified"),
]


@pytest.mark.parametrize(("given", "quoted"), BAD)
def test_s1_s3_n7_a_bad_time_fails_the_wait_at_once_and_says_what_it_is(given: JsonObject, quoted: str) -> None:
    world = started(task("WAIT", "w", given), header={"input": {"soon": "soon", "date": "2030-01-01"}})
    assert world.table() == [("w", "FAILED_WITH_TERMINAL_ERROR")]
    assert world.status is WorkflowStatus.FAILED
    assert quoted in str(world.newest("w").reason_for_incompletion)


def test_s1_s3_a_bad_time_of_an_optional_wait_is_passed_over() -> None:
    world = started(
        task("WAIT", "w", {"duration": "${workflow.input.soon}"}, optional=True),
        simple("t"),
        header={"input": {"soon": "soon"}},
    )
    assert world.table() == [("w", "COMPLETED_WITH_ERRORS"), ("t", "SCHEDULED")]


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
