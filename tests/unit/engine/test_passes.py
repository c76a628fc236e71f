"""What happens in one pass of a decision sees what stood before it, and what ends the workflow comes first (§1.6)."""

from __future__ import annotations

from engine.commands import Terminate
from engine.definitions import WorkflowTask
from engine.status import WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, switch, task

FAILING = {"evaluatorType": "javascript", "expression": "nobody"}
"""In these worlds no script can be evaluated."""
END = {"terminationStatus": "COMPLETED"}


def reads(reference: str, text: str) -> WorkflowTask:
    return simple(reference, input_parameters={"x": text})


def test_the_first_task_of_a_case_does_not_see_its_switch_but_the_second_one_does() -> None:
    text = "${s.output.selectedCase}"
    world = started(switch("s", "a", {"a": [reads("t", text), reads("u", text)]}))
    assert world.open("t").input_data == {"x": None}
    world.answer("t")
    assert world.open("u").input_data == {"x": "a"}


def test_branches_that_begin_together_do_not_see_each_other() -> None:
    branches = [task("NOOP", "n")], [reads("b", "${n.status}")], [reads("c", "${f.status}")]
    world = started(fork("f", *branches), join("j", "n", "b", "c"), reads("u", "${n.status}"))
    assert (world.open("b").input_data, world.open("c").input_data) == ({"x": None}, {"x": None})
    world.answer("b")
    world.answer("c")
    assert world.open("u").input_data == {"x": "COMPLETED"}


def test_a_variable_is_seen_by_what_comes_behind_it_and_not_by_what_begins_with_it() -> None:
    text = "${workflow.variables.v}"
    setting = [task("SET_VARIABLE", "set", {"v": 1}), reads("behind", text)]
    world = started(fork("f", setting, [reads("beside", text)]), join("j", "behind", "beside"))
    assert world.open("beside").input_data == {"x": None}
    assert world.open("behind").input_data == {"x": 1}


def test_a_loop_stands_before_its_body_begins() -> None:
    text = "${l.output.iteration} ${workflow.input.nobody}"
    world = started(task("DO_WHILE", "l", loop_condition="true", loop_over=[reads("a", text)]))
    assert world.open("a__1").input_data == {"x": "1 null"}


def test_what_begins_beside_a_loop_sees_neither_the_loop_nor_its_body() -> None:
    looped = task("DO_WHILE", "l", loop_condition="true", loop_over=[task("NOOP", "n"), simple("a")])
    world = started(fork("f", [looped], [reads("b", "${l.output.iteration} ${n.status}")]), join("j", "l", "b"))
    assert world.open("b").input_data == {"x": "null null"}


def test_a_failure_ends_the_workflow_before_anything_is_scheduled_beside_it() -> None:
    branches = [task("NOOP", "n"), simple("u")], [task("INLINE", "i", FAILING)]
    world = started(fork("f", *branches), join("j", "u", "i"))
    assert world.status is WorkflowStatus.FAILED
    assert world.references() == ["f", "n", "i", "j"]


def test_a_terminate_ends_the_workflow_before_anything_is_scheduled_beside_it() -> None:
    branches = [task("NOOP", "n"), simple("u")], [task("TERMINATE", "end", END)]
    world = started(fork("f", *branches), join("j", "u", "end"))
    assert world.status is WorkflowStatus.COMPLETED
    assert world.references() == ["f", "n", "end", "j"]


def test_a_failure_counts_more_than_a_terminate_that_ended_with_it() -> None:
    branches = [task("TERMINATE", "end", END)], [task("INLINE", "i", FAILING)]
    world = started(fork("f", *branches), join("j", "end", "i"))
    assert world.status is WorkflowStatus.FAILED


def test_of_two_terminates_the_last_one_says_why_and_the_first_one_what_came_out() -> None:
    first = END | {"terminationReason": "first", "workflowOutput": {"by": "first"}}
    last = {"terminationStatus": "FAILED", "terminationReason": "last", "workflowOutput": {"by": "last"}}
    branches = [task("TERMINATE", "one", first)], [task("TERMINATE", "two", last)]
    header = started(fork("f", *branches), join("j", "one", "two")).header
    assert (header.status, header.reason_for_incompletion) == ("FAILED", "last")
    assert header.output == {"by": "first"}


def test_what_a_failure_leaves_open_is_settled_all_the_same_when_it_is_optional() -> None:
    branches = [task("INLINE", "i", FAILING, optional=True)], [task("NOOP", "n")]
    world = started(fork("f", *branches), join("j", "i", "n"), simple("u"))
    assert world.table()[-2:] == [("j", "COMPLETED_WITH_ERRORS"), ("u", "SCHEDULED")]


def test_d9_what_a_terminate_has_put_out_stays_when_the_failed_workflow_is_terminated() -> None:
    end = {"terminationStatus": "FAILED", "workflowOutput": {"by": "end"}}
    world = started(task("TERMINATE", "end", end), output_parameters={"x": "${end.output.nobody}"})
    world.do(Terminate("put away"))
    assert (world.status, world.header.output) == (WorkflowStatus.TERMINATED, {"by": "end"})
