"""JOIN (§2.6): how it waits, E32, P6, S6, D24; what it makes of its branches stands in test_fork_join.py."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Decide
from engine.definitions import WorkflowTask
from engine.status import WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, switch, task


@pytest.mark.parametrize("mode", [None, "SYNC", "ASYNC"])
def test_e32_p6_a_join_is_never_polled_and_loses_no_time_however_long_it_has_waited(mode: Any) -> None:
    world = started(fork("f", [simple("a")], [simple("b")]), join("j", "a", "b", join_mode=mode), simple("u"))
    world.answer("a")
    for _ in range(300):
        world.clock.forward(10)
        assert world.do(Decide()).commit is None
    row = world.newest("j")
    assert (row.poll_count, row.deadline, row.callback_after_seconds) == (0, 0, 0)
    commit = world.answer("b").commit
    assert commit is not None
    assert [changed.reference_task_name for changed in commit.tasks] == ["b", "j", "u"]
    assert world.newest("j").end_time == world.open("u").scheduled_time == world.clock.now()


def test_d24_behind_a_static_fork_its_own_inputs_do_not_show() -> None:
    world = started(fork("f", [simple("a")]), task("JOIN", "j", {"x": 1}, join_on=["a"]))
    assert world.newest("j").input_data == {"joinOn": ["a"]}


WAIT_FOR_EACH_OTHER = [
    [fork("f", [simple("a")], [simple("b")]), join("j", "a", "b", "j")],
    [
        fork(
            "f",
            [fork("f1", [simple("a")]), join("j1", "a", "j2")],
            [fork("f2", [simple("b")]), join("j2", "b", "j1")],
        ),
        join("j", "j1", "j2"),
    ],
]


@pytest.mark.parametrize("tasks", WAIT_FOR_EACH_OTHER, ids=["for itself", "for each other"])
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a loop"])
def test_s6_joins_that_wait_for_each_other_end_with_what_there_is(tasks: list[WorkflowTask], inside: bool) -> None:
    loop = task("DO_WHILE", "l", items="${workflow.input.l}", loop_condition="", loop_over=tasks)
    world = started(*([loop] if inside else tasks), simple("u"), header={"input": {"l": [1]}})
    suffix = "__1" if inside else ""
    world.answer("a" + suffix, output={"x": 1})
    world.answer("b" + suffix)
    assert world.newest("j" + suffix).status == "COMPLETED"
    world.answer("u")
    assert world.status is WorkflowStatus.COMPLETED
    assert all(row.status == "COMPLETED" for row in world.rows)


def test_an_output_that_is_empty_is_left_out() -> None:
    world = started(fork("f", [simple("a")], [simple("b")]), join("j", "a", "b"))
    world.answer("a")
    world.answer("b", output={"x": None})
    assert world.newest("j").output_data == {"b": {"x": None}}


def test_a_join_without_a_fork_waits_for_what_it_names() -> None:
    world = started(switch("s", "x", {"x": [simple("a")]}), join("j", "a"), simple("u"))
    world.answer("a", output={"x": 1})
    assert world.newest("j").output_data == {"a": {"x": 1}}
    assert world.references()[-1] == "u"


def test_a_join_that_names_nothing_and_has_no_fork_ends_at_once() -> None:
    world = started(task("NOOP", "n"), join("j"), simple("u"))
    assert world.table() == [("n", "COMPLETED"), ("j", "COMPLETED"), ("u", "SCHEDULED")]
