"""What may fail and what may be left out: E22 to E24, E27, N1, S5, and the end of a workflow by a task (§4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import SkipTask, Terminate
from engine.errors import Conflict, InvalidInput
from engine.requests import SkipTaskRequest
from engine.status import WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, switch, task
from tests.world import World


def skip(world: World, reference: str, output: dict[str, Any] | None = None) -> None:
    world.do(SkipTask(reference, SkipTaskRequest(task_output=output or {})))


@pytest.mark.parametrize("flags", [{"optional": True}, {"optional": True, "permissive": True}], ids=["E22", "E24"])
def test_e22_e24_an_optional_task_may_fail(flags: dict[str, bool]) -> None:
    world = started(simple("t", retry_count=1, **flags), simple("u"))
    world.answer("t", "FAILED")
    world.answer("t", "FAILED", reason_for_incompletion="no luck")
    assert world.table() == [("t", "FAILED"), ("t", "COMPLETED_WITH_ERRORS"), ("u", "SCHEDULED")]
    assert world.newest("t").reason_for_incompletion == "no luck"
    world.answer("u")
    assert world.status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("status", ["FAILED", "FAILED_WITH_TERMINAL_ERROR", "CANCELED"])
def test_e22_an_optional_task_may_fail_in_every_way(status: str) -> None:
    world = started(simple("t", optional=True), simple("u"))
    world.answer("t", status)
    assert world.table() == [("t", "COMPLETED_WITH_ERRORS"), ("u", "SCHEDULED")]


def test_e23_after_a_permissive_task_the_flow_goes_on_and_the_workflow_fails_at_its_end() -> None:
    world = started(simple("t", retry_count=1, permissive=True), simple("u"))
    world.answer("t", "FAILED")
    world.answer("t", "FAILED", reason_for_incompletion="no luck")
    assert (world.status, world.references()) == (WorkflowStatus.RUNNING, ["t", "t", "u"])
    world.answer("u")
    assert world.status is WorkflowStatus.FAILED
    assert f"Task {world.newest('t').task_id} failed with status: FAILED and reason: 'no luck'" == (
        world.header.reason_for_incompletion
    )


ENDS = [("FAILED", "FAILED"), ("FAILED_WITH_TERMINAL_ERROR", "FAILED"), ("CANCELED", "TERMINATED")]


@pytest.mark.parametrize(("status", "ends"), ENDS)
def test_d12_what_a_task_makes_of_its_workflow(status: str, ends: str) -> None:
    world = started(simple("t"), simple("u"))
    world.answer("t", status)
    task_id = world.newest("t").task_id
    assert world.status.value == ends
    assert world.header.reason_for_incompletion == f"Task {task_id} failed with status: {ends} and reason: 'null'"


def test_e27_a_skipped_task_is_jumped_over_and_its_output_is_there() -> None:
    world = started(simple("t"), simple("skipped"), simple("u", input_parameters={"x": "${skipped.output.x}"}))
    skip(world, "skipped", {"x": "instead"})
    assert ("skipped", "SKIPPED") in world.table()
    world.answer("t")
    assert world.open("u").input_data == {"x": "instead"}
    world.answer("u")
    assert world.status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("container", ["f", "s"])
def test_e27_a_skipped_container_is_jumped_over_whole(container: str) -> None:
    inside = [simple("inside")]
    tasks = [fork("f", inside), join("j", "inside")] if container == "f" else [switch("s", "a", {"a": inside})]
    world = started(simple("t"), *tasks, simple("u"))
    skip(world, container)
    if container == "f":
        skip(world, "j")
    world.answer("t")
    assert "inside" not in world.references()
    assert world.open("u").status == "SCHEDULED"


def test_e27_the_last_task_may_be_skipped() -> None:
    world = started(simple("t"), simple("u"))
    skip(world, "u")
    world.answer("t")
    assert world.status is WorkflowStatus.COMPLETED


def test_n1_s5_a_join_does_not_wait_for_a_skipped_branch() -> None:
    world = started(simple("t"), fork("f", [simple("a")], [simple("b")]), join("j", "a", "b"), simple("u"))
    skip(world, "a")
    world.answer("t")
    world.answer("b")
    assert world.newest("j").status == "COMPLETED"
    world.answer("u")
    assert world.status is WorkflowStatus.COMPLETED


def test_n1_s5_with_all_branches_skipped_the_join_ends_at_once() -> None:
    world = started(simple("t"), fork("f", [simple("a")]), join("j", "a"), simple("u"))
    skip(world, "a")
    world.answer("t")
    assert world.table()[-2:] == [("j", "COMPLETED"), ("u", "SCHEDULED")]


def test_e27_refused_skips_change_nothing() -> None:
    world = started(simple("t"), simple("u"))
    refusals = [
        ("t", Conflict, "The task referenced t has already been processed, cannot be skipped"),
        ("nowhere", InvalidInput, "The task referenced by nowhere does not exist in the WorkflowDefinition flow"),
    ]
    for reference, kind, text in refusals:
        with pytest.raises(kind, match=text):
            skip(world, reference)
    world.do(Terminate())
    with pytest.raises(Conflict, match="is not running so the task referenced by u cannot be skipped"):
        skip(world, "u")
    assert world.table() == [("t", "CANCELED")]


def test_a_wait_and_a_human_may_be_tolerated_too() -> None:
    world = started(task("HUMAN", "h", optional=True), task("WAIT", "w", {}, permissive=True), simple("u"))
    world.answer("h", "FAILED_WITH_TERMINAL_ERROR")
    world.answer("w", "FAILED_WITH_TERMINAL_ERROR")
    world.answer("u")
    assert world.table() == [("h", "COMPLETED_WITH_ERRORS"), ("w", "FAILED_WITH_TERMINAL_ERROR"), ("u", "COMPLETED")]
    assert world.status is WorkflowStatus.FAILED
