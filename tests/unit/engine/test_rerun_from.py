"""A rerun from every kind of task: what came before stays, the rest runs again, to the same end (§5.6, S20 to S22)."""

from __future__ import annotations

import pytest

from engine.commands import Rerun, Terminate, UpdateTask
from engine.definitions import SubWorkflowParams
from engine.model import Task
from engine.requests import RerunWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from tests.properties import invariants
from tests.unit.engine.flows import fork, join, simple, started, switch, task
from tests.world import Surroundings, World

LIST = [1, 2]
BRANCHES = {"forkTaskName": "work", "forkTaskInputs": [{"n": 1}, {"n": 2}]}
TARGETS = (
    "a", "s", "in_s", "d", "in_d", "l", "in_l__1", "in_l__2", "f", "in_f1", "in_f2", "j",
    "y", "_work_0", "_work_1", "yj", "sub", "w", "v", "z",
)  # fmt: skip
"""The reference names of all rows, in the order in which they are scheduled when each task is answered at once."""


def world_of_everything() -> World:
    return started(
        simple("a"),
        switch("s", "x", {"x": [simple("in_s")]}),
        task("DECISION", "d", {"which": "x"}, case_value_param="which", decision_cases={"x": [simple("in_d")]}),
        task("DO_WHILE", "l", items="${workflow.input.list}", loop_condition="", loop_over=[simple("in_l")]),
        fork("f", [simple("in_f1")], [simple("in_f2")]),
        join("j", "in_f1", "in_f2"),
        task("FORK_JOIN_DYNAMIC", "y", BRANCHES),
        task("JOIN", "yj"),
        task("SUB_WORKFLOW", "sub", sub_workflow_param=SubWorkflowParams("child", 1)),
        task("WAIT", "w"),
        task("SET_VARIABLE", "v", {"n": 1}),
        simple("z"),
        around=Surroundings(registered=frozenset({"child"})),
        header={"input": {"list": LIST}},
    )


def answer_all(world: World) -> None:
    """Complete whatever is open, the newest last, until it has ended."""
    while world.status is WorkflowStatus.RUNNING:
        row = next(row for row in world.rows.open() if row.task_type not in ("JOIN", "DO_WHILE"))
        world.do(UpdateTask(world.result(row.task_id)))


def ended() -> World:
    world = world_of_everything()
    answer_all(world)
    assert world.status is WorkflowStatus.COMPLETED
    return world


def rerun(world: World, row: Task, **request: object) -> None:
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=row.task_id, **request)))  # type: ignore[arg-type]


def test_the_targets_are_all_there_is() -> None:
    assert sorted(ended().references()) == sorted(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_s20_s21_s22_a_rerun_from_any_task_goes_to_the_same_end(target: str) -> None:
    world = ended()
    before = world.newest(target)
    earlier = {row.task_id for row in world.rows if row.seq < before.seq and row.task_type != "JOIN"}
    rerun(world, before)
    assert world.status is WorkflowStatus.RUNNING
    invariants.check(world)
    kept = {row.task_id for row in world.rows if row.status is TaskStatus.COMPLETED}
    loop = world.rows.newest("l")
    open_loop = {loop.task_id} if loop is not None and not loop.status.terminal else set()
    assert earlier - open_loop <= kept
    answer_all(world)
    assert world.header.status is WorkflowStatus.COMPLETED
    assert sorted(world.references()) == sorted(TARGETS)
    invariants.check(world)


@pytest.mark.parametrize("target", TARGETS)
def test_a_rerun_from_any_task_of_what_was_terminated_there_goes_to_its_end(target: str) -> None:
    world = world_of_everything()
    while world.status is WorkflowStatus.RUNNING and world.rows.newest(target) is None:
        row = next(row for row in world.rows.open() if row.task_type not in ("JOIN", "DO_WHILE"))
        world.do(UpdateTask(world.result(row.task_id)))
    world.do(Terminate("enough"))
    rerun(world, world.newest(target))
    invariants.check(world)
    answer_all(world)
    assert world.status is WorkflowStatus.COMPLETED
    assert sorted(world.references()) == sorted(TARGETS)


@pytest.mark.parametrize("target", ["a", "in_s", "in_l__2", "in_f2", "_work_1", "z"])
def test_a_rerun_may_bring_another_input(target: str) -> None:
    world = ended()
    rerun(world, world.newest(target), task_input={"new": 1}, workflow_input={"list": LIST, "x": 2}, correlation_id="c")
    assert world.open(target).input_data == {"new": 1}
    assert (world.header.input, world.header.correlation_id) == ({"list": LIST, "x": 2}, "c")


def test_a_rerun_from_a_sub_workflow_starts_a_fresh_child() -> None:
    world = ended()
    before = world.newest("sub").sub_workflow_id
    rerun(world, world.newest("sub"))
    row = world.open("sub")
    assert row.status is TaskStatus.IN_PROGRESS
    assert row.sub_workflow_id not in (None, before)
    assert [effect.key for effect in world.header.outbox][-1] == f"child:{row.sub_workflow_id}"


def test_s22_a_rerun_from_a_loop_shows_it_in_progress_and_begins_with_its_first_iteration() -> None:
    world = ended()
    rerun(world, world.newest("l"))
    row = world.open("l")
    assert (row.status, row.iteration) == (TaskStatus.IN_PROGRESS, 1)
    assert [task.reference_task_name for task in world.rows.open()] == ["l", "in_l__1"]


def test_rerun_from_a_second_attempt_leaves_the_first_one_as_it_is() -> None:
    world = started(simple("t", retry_count=1), simple("u"))
    world.answer("t", "FAILED")
    world.answer("t", "FAILED")
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=world.newest("t").task_id)))
    assert world.table() == [("t", "FAILED"), ("t", "SCHEDULED")]
    world.answer("t")
    assert world.table() == [("t", "FAILED"), ("t", "COMPLETED"), ("u", "SCHEDULED")]


def test_a_rerun_from_beside_a_task_that_is_tried_again_later_runs_that_again() -> None:
    world = started(fork("f", [simple("a", retry_count=1)], [simple("b"), simple("c")]), join("j", "a", "c"))
    world.answer("a", "FAILED")
    for reference in ("a", "b", "c"):
        world.answer(reference)
    assert world.status is WorkflowStatus.COMPLETED
    rerun(world, world.newest("b"))
    assert {row.reference_task_name for row in world.rows.open()} == {"a", "b", "j"}
    invariants.check(world)
    answer_all(world)
    assert world.header.status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("kind", ["HUMAN", "SIMPLE"])
def test_a_task_runs_again_with_its_input_as_it_was(kind: str) -> None:
    late = {"x": "${workflow.variables.v}"}
    world = started(task(kind, "a", late), task("SET_VARIABLE", "v", {"v": 1}))
    answer_all(world)
    rerun(world, world.newest("a"))
    assert world.header.variables == {"v": 1}
    assert world.newest("a").input_data == {"x": None}
