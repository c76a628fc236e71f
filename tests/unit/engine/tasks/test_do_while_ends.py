"""What a DO_WHILE shows when its workflow ends around it (§2.9 step 3)."""

from __future__ import annotations

from engine.commands import Terminate
from engine.definitions import WorkflowTask
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import World


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
