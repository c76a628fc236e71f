"""Bringing what has ended to life: E19, E54, E55, E56, S20, S21, D4, D9."""

from __future__ import annotations

from typing import Any

import pytest

from engine import graph
from engine.commands import Rerun, Restart, Retry, SkipTask, Terminate
from engine.errors import Conflict, InvalidInput, NotFound
from engine.ports import Document
from engine.requests import RerunWorkflowRequest, SkipTaskRequest
from engine.status import WorkflowStatus
from tests.unit.engine.flows import flow, fork, join, simple, started, switch, task
from tests.world import World


def rerun(world: World, reference: str, **request: Any) -> None:
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=world.newest(reference).task_id, **request)))


def finish(world: World, *references: str) -> None:
    for reference in references:
        world.answer(reference, output={"by": reference})


# ---------------------------------------------------------------------- terminate


def test_e56_a_completed_workflow_cannot_be_terminated() -> None:
    world = started(simple("t"))
    world.answer("t")
    with pytest.raises(Conflict, match="Cannot terminate a COMPLETED workflow"):
        world.do(Terminate())


def test_e56_terminating_again_changes_nothing() -> None:
    world = started(simple("t"))
    world.do(Terminate("enough"))
    assert (world.status, world.header.reason_for_incompletion) == (WorkflowStatus.TERMINATED, "enough")
    assert world.do(Terminate("again")).commit is None


def test_d9_a_failed_workflow_may_be_terminated() -> None:
    world = started(simple("t"))
    world.answer("t", "FAILED")
    world.do(Terminate("put away"))
    assert (world.status, world.table()) == (WorkflowStatus.TERMINATED, [("t", "FAILED")])


def test_an_operators_word_starts_no_failure_workflow() -> None:
    world = started(simple("t"), failure_workflow="after")
    world.do(Terminate())
    assert world.header.outbox == ()


# ---------------------------------------------------------------------- restart


def test_restart_begins_anew_under_the_same_id_and_keeps_what_is_kept() -> None:
    world = started(simple("t"), header={"input": {"x": 1}, "correlation_id": "c", "priority": 3})
    world.answer("t", "FAILED")
    former = world.newest("t").task_id
    world.clock.forward(10)
    world.do(Restart())
    header = world.header
    assert (header.status, header.input, header.correlation_id, header.priority) == ("RUNNING", {"x": 1}, "c", 3)
    assert (header.output, header.reason_for_incompletion, header.failed_task_id, header.end_time) == (
        {},
        None,
        None,
        0,
    )
    assert (header.create_time, header.last_retried_time) == (world.clock.now(), 0)
    assert header.failed_reference_task_names == ["t"]
    assert world.newest("t").task_id != former
    assert former not in world.durable.tasks
    assert world.queued() == ["t"]


def test_e55_restart_with_another_definition_switches_the_version() -> None:
    world = started(simple("t"))
    world.do(Terminate())
    newer = graph.parse("newer", flow(simple("other"), version=2))
    world.do(Restart(newer, Document("snapshot", "newer", b"{}")))
    assert (world.header.workflow_version, world.header.definition_id) == (2, "newer")
    assert world.references() == ["other"]


def test_e55_restartable_false_counts_for_completed_workflows_only() -> None:
    world = started(simple("t"), restartable=False)
    world.answer("t", "FAILED")
    world.do(Restart())
    world.answer("t")
    with pytest.raises(NotFound, match="is non-restartable"):
        world.do(Restart())


# ---------------------------------------------------------------------- retry


def test_e54_what_succeeded_later_is_not_tried_again() -> None:
    world = started(simple("t", retry_count=1), simple("u"))
    world.answer("t", "FAILED")
    world.answer("t")
    world.answer("u", "FAILED")
    world.do(Retry())
    assert world.table() == [("t", "FAILED"), ("t", "COMPLETED"), ("u", "FAILED"), ("u", "SCHEDULED")]
    assert world.open("u").retry_count == 1


def test_e54_repeated_retries_touch_the_newest_rows_only() -> None:
    world = started(simple("t"), simple("u"))
    world.answer("t")
    for attempt in range(1, 4):
        world.answer("u", "FAILED")
        world.do(Retry())
        assert world.open("u").retry_count == attempt
        assert [row.retried for row in world.rows] == [False, *[True] * attempt, False]
    finish(world, "u")
    assert world.status is WorkflowStatus.COMPLETED


def test_retry_opens_the_join_and_what_was_cancelled_beside_the_failure() -> None:
    world = started(fork("f", [simple("a")], [simple("b")]), join("j", "a", "b"), simple("u"))
    world.answer("a", "FAILED")
    world.do(Retry())
    assert {task.reference_task_name for task in world.rows.open()} == {"a", "b", "j"}
    finish(world, "a", "b", "u")
    assert world.status is WorkflowStatus.COMPLETED
    assert world.newest("j").output_data == {"a": {"by": "a"}, "b": {"by": "b"}}


def test_s12_after_a_retry_by_hand_the_attempts_count_on_as_in_the_reference() -> None:
    world = started(simple("t", retry_count=1))
    world.answer("t", "FAILED")
    world.answer("t", "FAILED")
    world.do(Retry())
    assert world.open("t").retry_count == 2
    world.answer("t", "FAILED")
    assert (world.status, len(world.rows)) == (WorkflowStatus.FAILED, 3)


REFUSED = [
    ("still running", [], NotFound, "Workflow is still running.  status=RUNNING"),
    ("nothing to retry", ["COMPLETED"], Conflict, "There are no retryable tasks"),
]


@pytest.mark.parametrize(("answers", "kind", "text"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_retries(answers: list[str], kind: type[Exception], text: str) -> None:
    world = started(simple("t"))
    for status in answers:
        world.answer("t", status)
    with pytest.raises(kind, match=text):
        world.do(Retry())


def test_a_workflow_that_never_had_a_task_cannot_be_retried() -> None:
    with pytest.raises(Conflict, match="Workflow has not started yet"):
        started().do(Retry())


# ---------------------------------------------------------------------- rerun


def test_rerun_of_all_takes_new_input() -> None:
    world = started(simple("t", input_parameters={"x": "${workflow.input.x}"}), header={"input": {"x": 1}})
    world.answer("t", "FAILED")
    world.do(Rerun(RerunWorkflowRequest(workflow_input={"x": 2}, correlation_id="new")))
    assert (world.header.correlation_id, world.header.failed_reference_task_names) == ("new", [])
    assert world.open("t").input_data == {"x": 2}


def test_rerun_from_a_task_keeps_its_id_and_what_came_before() -> None:
    world = started(simple("t"), simple("u"), simple("v"))
    finish(world, "t", "u", "v")
    target = world.newest("u")
    rerun(world, "u", task_input={"new": "input"})
    row = world.open("u")
    assert (row.task_id, row.status, row.input_data, row.output_data) == (
        target.task_id,
        "SCHEDULED",
        {"new": "input"},
        {},
    )
    assert world.table() == [("t", "COMPLETED"), ("u", "SCHEDULED")]
    finish(world, "u", "v")
    assert world.status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("target", ["a", "b", "f", "j"])
def test_s20_rerun_from_anywhere_in_a_fork_goes_to_its_end(target: str) -> None:
    world = started(fork("f", [simple("a")], [simple("b")]), join("j", "a", "b"), simple("u"))
    finish(world, "a", "b", "u")
    rerun(world, target)
    open_tasks = {task.reference_task_name for task in world.rows.open()}
    assert open_tasks == {"a": {"a", "b", "j"}, "b": {"b", "j"}, "f": {"a", "b", "j"}, "j": {"u"}}[target]
    finish(world, *sorted(open_tasks - {"j", "u"}), "u")
    assert world.status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("skipped", ["u", "j", "f", "s"])
def test_rerun_from_a_skipped_task_runs_it(skipped: str) -> None:
    """A skipped row has the type, the input and the status of none."""
    forked = [fork("f", [simple("a")], [simple("b")]), join("j", "a", "b")]
    world = started(simple("t"), *forked, switch("s", "x", {"x": [simple("in_s")]}), simple("u"))
    world.do(SkipTask(skipped, SkipTaskRequest()))
    world.do(Terminate())
    rerun(world, skipped)
    assert world.newest(skipped).status != "SKIPPED"
    while world.status is WorkflowStatus.RUNNING:
        finish(world, next(row.reference_task_name for row in world.rows.open() if not row.waits_for))
    assert world.header.status is WorkflowStatus.COMPLETED


def test_s21_rerun_from_a_last_switch_runs_its_case_again() -> None:
    world = started(simple("t"), switch("s", "${t.output.by}", {"t": [simple("in_t")]}))
    finish(world, "t", "in_t")
    rerun(world, "s")
    assert world.table() == [("t", "COMPLETED"), ("s", "COMPLETED"), ("in_t", "SCHEDULED")]


def test_s21_rerun_from_a_switch_evaluates_it_anew() -> None:
    world = started(
        task("SET_VARIABLE", "v", {"x": "a"}),
        switch("s", "${workflow.input.x}", {"a": [simple("a")]}, default_case=[simple("d")]),
        simple("u"),
    )
    finish(world, "d", "u")
    rerun(world, "s", workflow_input={"x": "a"})
    assert world.references() == ["v", "s", "a"]


def test_rerun_from_an_unknown_task_is_refused() -> None:
    world = started(simple("t"))
    world.answer("t")
    with pytest.raises(InvalidInput, match="Task nobody not found"):
        world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id="nobody")))
    assert world.status is WorkflowStatus.COMPLETED


def test_rerun_of_a_running_workflow_is_refused() -> None:
    with pytest.raises(Conflict, match="is not in terminal state, unable to rerun"):
        started(simple("t")).do(Rerun(RerunWorkflowRequest()))
