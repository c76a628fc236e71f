"""FORK_JOIN and JOIN: E28 to E31, E38, E40, E66, U18, C4, C13."""

from __future__ import annotations

import pytest

from engine.commands import Terminate
from engine.definitions import WorkflowDef
from engine.joins import joining_nothing
from engine.status import WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, switch, task
from tests.world import World


def two(a: dict[str, object] | None = None, b: dict[str, object] | None = None, *joined: str) -> World:
    """Two branches of one task each, and a task behind their JOIN."""
    branches = [simple("a", **(a or {}))], [simple("b", **(b or {}))]
    return started(fork("f", *branches), join("j", *(joined or ("a", "b"))), simple("u"))


def test_the_join_exists_from_the_start_and_ends_in_the_decision_of_its_last_branch() -> None:
    world = two()
    assert world.table() == [("f", "COMPLETED"), ("a", "SCHEDULED"), ("b", "SCHEDULED"), ("j", "IN_PROGRESS")]
    world.answer("a", output={"x": 1})
    commit = world.answer("b", output={"y": 2}).commit
    assert commit is not None
    assert [task.reference_task_name for task in commit.tasks] == ["b", "j", "u"]
    assert world.newest("j").output_data == {"a": {"x": 1}, "b": {"y": 2}}


def test_e28_a_branch_that_fails_for_good_fails_the_join_and_cancels_the_others() -> None:
    world = two()
    world.answer("a", "FAILED", reason_for_incompletion="no luck")
    assert world.table() == [("f", "COMPLETED"), ("a", "FAILED"), ("b", "CANCELED"), ("j", "FAILED")]
    assert world.newest("j").reason_for_incompletion == "no luck"
    assert (world.status, world.queued()) == (WorkflowStatus.FAILED, [])


def test_e28_a_join_that_is_cancelled_shows_what_it_had_and_one_that_fails_shows_nothing() -> None:
    failed, cancelled = two(), two()
    for world in (failed, cancelled):
        world.answer("a", output={"x": 1})
    failed.answer("b", "FAILED", output={"y": 2})
    cancelled.do(Terminate("enough"))
    assert (failed.newest("j").status, failed.newest("j").output_data) == ("FAILED", {})
    assert (cancelled.newest("j").status, cancelled.newest("j").output_data) == ("CANCELED", {"a": {"x": 1}})


def test_e29_a_join_waits_for_all_before_it_fails_by_a_permissive_branch() -> None:
    world = two({"permissive": True})
    world.answer("a", "FAILED", reason_for_incompletion="no luck")
    assert world.newest("j").status == "IN_PROGRESS"
    world.answer("b")
    assert (world.newest("j").status, world.status) == ("FAILED", WorkflowStatus.FAILED)


def test_e30_a_cancelled_branch_cancels_the_join_and_terminates_the_workflow() -> None:
    world = two()
    world.answer("a", "CANCELED")
    assert (world.newest("j").status, world.status) == ("CANCELED", WorkflowStatus.TERMINATED)


def test_e30_a_cancelled_branch_beside_a_failed_one_fails_the_join() -> None:
    world = two({"permissive": True}, {"permissive": True})
    world.answer("a", "CANCELED")
    world.answer("b", "FAILED")
    assert (world.newest("j").status, world.status) == ("FAILED", WorkflowStatus.FAILED)


def test_e31_c4_a_join_does_not_fail_by_an_attempt_that_is_tried_again() -> None:
    world = two({"retry_count": 1})
    world.answer("b")
    world.answer("a", "FAILED")
    assert world.newest("j").status == "IN_PROGRESS"
    world.answer("a", output={"x": 1})
    assert (world.newest("j").status, world.newest("j").output_data) == ("COMPLETED", {"a": {"x": 1}})


def test_an_optional_branch_leaves_its_mark_on_the_join() -> None:
    world = two({"optional": True})
    world.answer("a", "FAILED")
    world.answer("b")
    join_row = world.newest("j")
    assert join_row.status == "COMPLETED_WITH_ERRORS"
    assert join_row.reason_for_incompletion == f"work/{world.newest('a').task_id} completed with errors"
    world.answer("u")
    assert world.status is WorkflowStatus.COMPLETED


def test_a_join_of_some_branches_goes_on_and_the_workflow_waits_for_the_others() -> None:
    world = two(None, None, "a")
    world.answer("a")
    world.answer("u")
    assert world.status is WorkflowStatus.RUNNING
    world.answer("b")
    assert world.table()[-1] == ("u", "COMPLETED")
    assert world.header.status is WorkflowStatus.COMPLETED


def test_e40_a_task_inside_a_branch_that_is_joined_is_seen_at_once() -> None:
    world = started(fork("f", [simple("a"), simple("b")]), join("j", "a"), simple("u"))
    world.answer("a")
    assert world.table()[-3:] == [("j", "COMPLETED"), ("b", "SCHEDULED"), ("u", "SCHEDULED")]


def test_u18_a_join_that_names_nothing_ends_at_once() -> None:
    world = started(fork("f", [simple("a")], [simple("b")]), join("j"), simple("u"))
    assert world.newest("j").input_data == {"joinOn": []}
    assert world.newest("j").status == "COMPLETED"
    assert world.newest("u").status == "SCHEDULED"
    for reference in ("u", "a"):
        world.answer(reference)
    assert world.status == "RUNNING"
    world.answer("b")
    assert world.status == "COMPLETED"


def test_u18_joins_behind_a_fork_that_name_nothing_are_found() -> None:
    inner = [fork("f2", [simple("a")]), join("j2")]
    tasks = [fork("f", inner, [simple("b")]), join("j", "j2", "b"), fork("f3", [simple("c")]), join("j3"), join("j4")]
    assert joining_nothing(WorkflowDef("x", tasks=tasks)) == ["j2", "j3"]


def test_a_join_of_what_is_never_reached_ends_when_nothing_else_can_come() -> None:
    not_taken = switch("s", "nowhere", {"a": [simple("never")]})
    world = started(fork("f", [not_taken], [simple("b")]), join("j", "never", "b"), simple("u"))
    assert world.newest("j").status == "IN_PROGRESS"
    world.answer("b")
    assert world.newest("j").status == "COMPLETED"
    assert world.newest("u").status == "SCHEDULED"


def test_forks_may_stand_in_forks() -> None:
    inner = [fork("f2", [simple("a")], [simple("b")]), join("j2", "a", "b")]
    world = started(fork("f", inner, [simple("c")]), join("j", "j2", "c"), simple("u"))
    for reference in ("c", "a", "b"):
        world.answer(reference)
    assert world.newest("u").status == "SCHEDULED"
    assert world.newest("j").output_data == {}


def test_e38_a_switch_leads_straight_to_a_fork_in_one_decision() -> None:
    inside = [fork("f", [simple("a")], [simple("b")]), join("j", "a", "b")]
    world = started(switch("s", "x", {"x": inside}), simple("u"))
    assert len(world.commits) == 1
    assert world.references() == ["s", "f", "a", "b", "j"]
    world.answer("a")
    world.answer("b")
    assert world.references()[-1] == "u"


@pytest.mark.parametrize(
    ("status", "ends"), [("COMPLETED", "COMPLETED"), ("FAILED", "FAILED"), ("TERMINATED", "TERMINATED")]
)
def test_e66_c13_a_terminate_in_a_branch_cancels_what_is_open(status: str, ends: str) -> None:
    stop = task("TERMINATE", "end", {"terminationStatus": status, "terminationReason": "so it is"})
    world = started(fork("f", [simple("a"), stop], [simple("b")]), join("j", "end", "b"), simple("u"))
    world.answer("a")
    assert world.table()[1:] == [("a", "COMPLETED"), ("b", "CANCELED"), ("j", "CANCELED"), ("end", "COMPLETED")]
    assert (world.status.value, world.header.reason_for_incompletion) == (ends, "so it is")
    assert world.queued() == []


def test_c13_no_row_is_open_in_a_workflow_that_has_ended() -> None:
    world = two()
    world.poll("a")
    world.do(Terminate("enough"))
    assert world.table()[1:] == [("a", "CANCELED"), ("b", "CANCELED"), ("j", "CANCELED")]
    assert world.durable.deadlines == {}


def test_a_fork_without_a_join_fails_the_workflow() -> None:
    world = started(fork("f", [simple("a")]), simple("u"))
    assert world.status is WorkflowStatus.FAILED
    assert (
        world.header.reason_for_incompletion
        == "Fork task definition is not followed by a join task.  Check the blueprint"
    )
