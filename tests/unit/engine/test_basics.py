"""Beginning, going on, ending: E1, E3, E4, E6, N12, N13, P16 and the outputs of workflows."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Decide, Pause, Restart, Resume, Terminate, UpdateTask
from engine.definitions import JsonObject, WorkflowTask
from engine.errors import ConductorError, InvalidInput, NotFound
from engine.status import REPORTABLE, TaskStatus, WorkflowStatus
from tests.unit.engine.flows import simple, started, task


def test_e1_a_workflow_without_tasks_is_completed_at_once() -> None:
    world = started()
    assert (world.status, world.references()) == (WorkflowStatus.COMPLETED, [])
    assert world.header.end_time == world.clock.now()


END = task("TERMINATE", "end", {"terminationStatus": "COMPLETED", "workflowOutput": {"said": "${t.output.x}"}})
OUTPUTS: list[tuple[str, list[WorkflowTask], dict[str, Any], JsonObject]] = [
    ("the last task's", [simple("first"), simple("t")], {}, {"x": 1}),
    ("what outputParameters say", [simple("t")], {"output_parameters": {"y": "${t.output.x}"}}, {"y": 1}),
    ("a TERMINATE's workflowOutput", [simple("t"), END], {"output_parameters": {"y": 2}}, {"said": 1}),
]


@pytest.mark.parametrize(("tasks", "fields", "expected"), [row[1:] for row in OUTPUTS], ids=[row[0] for row in OUTPUTS])
def test_e3_the_output_of_a_workflow(tasks: list[WorkflowTask], fields: dict[str, Any], expected: JsonObject) -> None:
    world = started(*tasks, **fields)
    if tasks[0].task_reference_name == "first":
        world.answer("first", output={"x": "not this"})
    world.answer("t", output={"x": 1})
    assert (world.status, world.header.output) == (WorkflowStatus.COMPLETED, expected)


def test_e4_looking_again_changes_nothing() -> None:
    world = started(simple("t"))
    assert world.do(Decide()).commit is None
    assert world.references() == ["t"]


@pytest.mark.parametrize("status", sorted(REPORTABLE))
def test_e6_a_task_that_has_ended_takes_no_report(status: TaskStatus) -> None:
    world = started(simple("t"), simple("u"))
    ended = world.newest("t").task_id
    world.answer("t", output={"x": 1})
    before = world.table(), world.newest("t")
    assert world.do(UpdateTask(world.result(ended, status, {"x": 2}))).commit is None
    assert (world.table(), world.newest("t")) == before


def test_e6_a_workflow_that_has_ended_takes_no_report() -> None:
    world = started(simple("t"))
    world.do(Terminate())
    assert world.do(UpdateTask(world.result(world.newest("t").task_id))).commit is None
    assert world.table() == [("t", "CANCELED")]


@pytest.mark.parametrize("status", sorted(set(TaskStatus) - REPORTABLE))
def test_a_status_that_workers_may_not_report_is_refused(status: TaskStatus) -> None:
    world = started(simple("t"))
    with pytest.raises(InvalidInput, match=f"cannot be reported as {status}; use one of CANCELED, COMPLETED"):
        world.answer("t", status)
    assert world.table() == [("t", "SCHEDULED")]


def test_a_report_on_an_unknown_task_is_not_found() -> None:
    world = started(simple("t"))
    with pytest.raises(NotFound, match="No such task found by id: nobody"):
        world.do(UpdateTask(world.result("nobody")))


def test_p16_the_commit_of_a_report_contains_what_follows() -> None:
    world = started(simple("t"), simple("u"))
    commit = world.answer("t").commit
    assert commit is not None
    assert [(row.reference_task_name, row.status) for row in commit.tasks] == [
        ("t", TaskStatus.COMPLETED), ("u", TaskStatus.SCHEDULED),
    ]  # fmt: skip
    assert [entry.task_id for entry in commit.enqueue] == [world.newest("u").task_id]


def test_d6_a_report_replaces_the_output_and_cuts_a_long_reason() -> None:
    world = started(simple("t", retry_count=0, optional=True), simple("u"))
    world.answer("t", "IN_PROGRESS", {"old": 1})
    world.answer("t", "FAILED", {"new": 2}, reason_for_incompletion="x" * 600)
    row = world.newest("t")
    assert row.output_data == {"new": 2}
    assert row.reason_for_incompletion == "x" * 500


def test_d6_with_merge_a_report_adds_to_the_output() -> None:
    world = started(task("HUMAN", "h"), simple("u"))
    world.answer("h", "IN_PROGRESS", {"a": 1, "b": 1})
    world.do(UpdateTask(world.result(world.open("h").task_id, "COMPLETED", {"b": 2}), merge=True))
    assert world.newest("h").output_data == {"a": 1, "b": 2}


def test_n12_d4_a_restart_keeps_the_variables() -> None:
    world = started(
        task("SET_VARIABLE", "set", {"v": "kept"}), simple("t", input_parameters={"v": "${workflow.variables.v}"})
    )
    world.do(Terminate())
    world.do(Restart())
    assert world.header.variables == {"v": "kept"}
    assert world.references() == ["set", "t"]


def test_n13_what_a_worker_reports_during_a_pause_moves_on_with_the_resume() -> None:
    world = started(simple("t"), simple("u"))
    world.do(Pause())
    world.poll("t")
    world.answer("t", output={"x": 1})
    assert world.table() == [("t", "COMPLETED")]
    world.do(Resume())
    assert world.table() == [("t", "COMPLETED"), ("u", "SCHEDULED")]


def test_n13_a_failure_during_a_pause_counts_at_the_resume() -> None:
    world = started(simple("t", retry_count=1))
    world.do(Pause())
    world.answer("t", "FAILED")
    assert world.table() == [("t", "FAILED")]
    world.do(Resume())
    assert world.table() == [("t", "FAILED"), ("t", "SCHEDULED")]


def test_nothing_strikes_during_a_pause_and_all_of_it_at_the_resume() -> None:
    world = started(simple("t", response_timeout_seconds=5), timeout_seconds=60, timeout_policy="TIME_OUT_WF")
    world.poll("t")
    world.do(Pause())
    world.forward(3600)
    assert world.table() == [("t", "IN_PROGRESS")]
    world.do(Resume())
    world.expire_due()
    assert world.table() == [("t", "TIMED_OUT")]


ILLEGAL = [
    ("resume a running one", [], Resume()),
    ("restart a running one", [], Restart()),
    ("pause an ended one", [Terminate()], Pause()),
    ("resume an ended one", [Terminate()], Resume()),
]


@pytest.mark.parametrize(("before", "command"), [row[1:] for row in ILLEGAL], ids=[row[0] for row in ILLEGAL])
def test_an_illegal_command_raises_and_changes_nothing(before: list[Any], command: Any) -> None:
    world = started(simple("t"))
    for earlier in before:
        world.do(earlier)
    header, table, commits = world.header, world.table(), len(world.commits)
    with pytest.raises(ConductorError):
        world.do(command)
    assert (world.header, world.table(), len(world.commits)) == (header, table, commits)
