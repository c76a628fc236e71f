"""EXCLUSIVE_JOIN (§2.7): E39."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import SkipTask
from engine.definitions import WorkflowTask
from engine.requests import SkipTaskRequest
from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, switch, task
from tests.world import World


def exclusive(*joined: str, default: tuple[str, ...] = (), **fields: Any) -> WorkflowTask:
    return task("EXCLUSIVE_JOIN", "x", join_on=list(joined), default_exclusive_join_task=list(default), **fields)


def chosen(case: str, **fields: Any) -> World:
    """A switch with the cases a and b and a default d, the join of a and b, and a task behind it."""
    cases = {"a": [simple("a", **fields)], "b": [simple("b")]}
    picked = switch("s", case, cases, default_case=[simple("d")])
    return started(picked, exclusive("a", "b", default=("d",)), simple("u"))


@pytest.mark.parametrize("case", ["a", "b"])
def test_the_output_of_the_branch_that_ran_is_taken(case: str) -> None:
    world = chosen(case)
    world.answer(case, output={"by": case})
    assert (world.newest("x").status, world.newest("x").output_data) == ("COMPLETED", {"by": case})
    assert world.newest("x").input_data == {"joinOn": ["a", "b"], "defaultExclusiveJoinTask": ["d"]}
    assert world.open("u").status == "SCHEDULED"


def test_e39_when_no_branch_was_taken_the_default_counts() -> None:
    world = chosen("nowhere")
    world.answer("d", output={"by": "default"})
    assert world.newest("x").output_data == {"by": "default"}
    assert world.open("u").status == "SCHEDULED"


def test_e39_when_nothing_ran_at_all_it_ends_with_nothing() -> None:
    world = started(switch("s", "nowhere", {"a": [simple("a")]}), exclusive("a"), simple("u"))
    assert world.table() == [("s", "COMPLETED"), ("x", "COMPLETED"), ("u", "SCHEDULED")]
    assert world.newest("x").output_data == {}


def test_a_branch_that_failed_and_may_fails_it() -> None:
    world = chosen("a", permissive=True)
    world.answer("a", "FAILED", reason_for_incompletion="no luck")
    assert (world.newest("x").status, world.newest("x").reason_for_incompletion) == ("FAILED", "no luck")
    assert world.status is WorkflowStatus.FAILED


def test_a_skipped_branch_does_not_count() -> None:
    world = started(simple("t"), simple("a"), simple("b"), exclusive("a", "b"), simple("u"))
    world.do(SkipTask("a", SkipTaskRequest(task_output={"by": "skip"})))
    world.answer("t")
    world.answer("b", output={"by": "b"})
    assert world.newest("x").output_data == {"by": "b"}
