"""What a DO_WHILE shows when its workflow ends around it (§2.9 step 3)."""

from __future__ import annotations

import pytest

from engine.commands import Retry, Terminate
from engine.definitions import TaskDef, WorkflowTask
from engine.questions import Evaluated
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import Surroundings, World


def loop_of(*body: WorkflowTask) -> World:
    return started(task("DO_WHILE", "loop", loop_condition="true", loop_over=list(body)))


def shown(world: World) -> tuple[TaskStatus, object]:
    loop = world.newest("loop")
    return loop.status, loop.output_data


def test_an_end_from_within_shows_the_iteration_that_was_broken_off() -> None:
    world = loop_of(simple("a"), task("TERMINATE", "end", {"terminationStatus": "COMPLETED"}))
    world.answer("a__1", output={"x": 1})
    assert world.status is WorkflowStatus.COMPLETED
    assert shown(world) == (TaskStatus.CANCELED, {"iteration": 1, "1": {"a": {"x": 1}, "end": {}}})


def test_a_terminate_that_ends_its_loop_has_put_nothing_out_yet() -> None:
    end = {"terminationStatus": "COMPLETED", "workflowOutput": {"y": 2}}
    world = loop_of(simple("a"), task("TERMINATE", "end", end))
    world.answer("a__1")
    assert world.header.output == {"y": 2}
    assert shown(world)[1] == {"iteration": 1, "1": {"a": {}, "end": {}}}


def test_an_end_by_a_workers_report_shows_the_iterations_before() -> None:
    world = loop_of(simple("a"), simple("b"))
    world.answer("a__1", output={"x": 1})
    world.answer("b__1", "FAILED")
    assert world.status is WorkflowStatus.FAILED
    assert shown(world) == (TaskStatus.CANCELED, {"iteration": 1})


def test_an_end_by_an_operator_shows_the_iterations_before() -> None:
    world = loop_of(simple("a"), simple("b"))
    world.answer("a__1", output={"x": 1})
    world.do(Terminate("enough"))
    assert shown(world) == (TaskStatus.CANCELED, {"iteration": 1})


def test_e45_keep_last_n_counts_iterations_that_are_over() -> None:
    """The oldest one goes when one more is over, not when one more begins."""
    world = started(task("DO_WHILE", "loop", {"keepLastN": 1}, items="${workflow.input.list}", loop_over=[simple("a")]),
                    header={"input": {"list": [1, 2, 3]}})  # fmt: skip
    world.answer("a__1", output={"x": 1})
    assert world.references() == ["loop", "a__1", "a__2"]
    world.answer("a__2", output={"x": 2})
    assert world.references() == ["loop", "a__2", "a__3"]
    world.answer("a__3", output={"x": 3})
    assert world.references() == ["loop", "a__3"]
    assert shown(world)[1] == {"iteration": 3, "loopIndex": 2, "loopItem": 3, "3": {"a": {"x": 3}}}


def test_a_loop_fails_by_a_permissive_task_without_waiting_for_other_branches() -> None:
    branches = fork("f", [simple("a", permissive=True)], [simple("b")])
    world = loop_of(branches, join("j", "a", "b"))
    world.answer("a__1", "FAILED", reason_for_incompletion="a broke")
    assert (world.newest("loop").status, world.newest("b__1").status) == ("FAILED", "CANCELED")
    assert (world.status, world.newest("loop").reason_for_incompletion) == (WorkflowStatus.FAILED, "a broke ")


def test_a_loop_shows_the_reasons_of_all_that_failed_each_with_a_blank_behind_it() -> None:
    """Two that the server does fail in one pass."""
    broken = {"evaluatorType": "javascript", "expression": "nobody"}
    inline = (task("INLINE", name, broken, permissive=True) for name in "ab")
    world = loop_of(fork("f", *([node] for node in inline)), join("j", "a", "b"))
    assert world.newest("loop").reason_for_incompletion == "no javascript here no javascript here "


JQ = {"queryExpression": "error(1)"}
"""In these worlds no program can be run."""
MADE_FAILED = [
    task("JSON_JQ_TRANSFORM", "q", JQ),
    task("SWITCH", "q", evaluator_type="javascript", expression="nobody"),
]


@pytest.mark.parametrize("node", MADE_FAILED, ids=lambda node: node.type)
@pytest.mark.parametrize("before", [simple("a"), task("NOOP", "a")], ids=lambda node: node.type)
def test_what_has_failed_as_soon_as_it_was_made_fails_the_loop_that_stands_open(
    before: WorkflowTask, node: WorkflowTask
) -> None:
    world = loop_of(before, node)
    if before.type == "SIMPLE":
        world.answer("a__1")
    loop, row = world.newest("loop"), world.newest("q__1")
    assert (loop.status, loop.reason_for_incompletion) == ("FAILED", f"{row.reason_for_incompletion} ")
    assert loop.output_data == {"iteration": 1, "1": {"a": {}, "q": row.output_data}}
    assert world.header.reason_for_incompletion == (
        f"Task {loop.task_id} failed with status: FAILED and reason: '{loop.reason_for_incompletion}'"
    )
    assert sorted(world.header.failed_reference_task_names) == ["loop", "q__1"]


@pytest.mark.parametrize("node", MADE_FAILED, ids=lambda node: node.type)
def test_a_loop_does_not_look_at_what_it_has_only_just_made_itself(node: WorkflowTask) -> None:
    world = loop_of(node)
    assert (world.status, world.newest("loop").status) == (WorkflowStatus.FAILED, "CANCELED")
    assert world.header.failed_reference_task_names == ["q__1"]


def test_what_fails_when_it_is_run_cancels_its_loop() -> None:
    world = loop_of(task("NOOP", "a"), task("INLINE", "q", {"expression": "nobody"}))
    assert (world.status, world.newest("loop").status) == (WorkflowStatus.FAILED, "CANCELED")


def test_what_is_made_with_it_but_behind_it_does_not_show() -> None:
    branches = fork("f", [task("JSON_JQ_TRANSFORM", "q", JQ)], [simple("b")])
    world = loop_of(task("NOOP", "a"), branches, join("j", "q", "b"))
    assert list(shown(world)[1]["1"]) == ["a", "f", "q"]  # type: ignore[index]
    assert world.newest("loop").reason_for_incompletion == f"{world.newest('q__1').reason_for_incompletion} "


@pytest.mark.parametrize(("retries", "attempts"), [(0, 1), (2, 3)])
def test_a_loop_fails_only_when_no_attempt_is_left(retries: int, attempts: int) -> None:
    definition = TaskDef(name="q", retry_count=retries)
    world = loop_of(task("NOOP", "a"), task("JSON_JQ_TRANSFORM", "q", JQ, task_definition=definition))
    assert world.references() == ["loop", "a__1", *["q__1"] * attempts]
    assert world.newest("loop").status == "FAILED"


def test_a_loop_goes_on_behind_what_may_fail() -> None:
    world = loop_of(task("NOOP", "a"), task("JSON_JQ_TRANSFORM", "q", JQ, optional=True), simple("b"))
    assert (world.newest("loop").status, world.open("b__1").status) == ("IN_PROGRESS", "SCHEDULED")


def test_a_retry_opens_the_loop_that_failed_so_in_its_own_row() -> None:
    world = loop_of(simple("a"), task("JSON_JQ_TRANSFORM", "q", JQ))
    world.answer("a__1")
    world.around = Surroundings(evaluate=lambda _: Evaluated([1]))
    world.do(Retry())
    assert world.references() == ["loop", "a__1", "q__1", "q__1"]
    assert (world.status, shown(world)[0]) == (WorkflowStatus.COMPLETED, TaskStatus.COMPLETED)
