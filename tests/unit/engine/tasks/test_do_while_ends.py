"""What a DO_WHILE shows when its workflow ends around it (§2.9 step 3)."""

from __future__ import annotations

from engine.commands import Terminate
from engine.definitions import WorkflowTask
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import simple, started, task
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
