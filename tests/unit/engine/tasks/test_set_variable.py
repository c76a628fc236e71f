"""SET_VARIABLE (§2.19): E65."""

from __future__ import annotations

from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, task

LARGE = "x" * (257 * 1024)


def test_set_variable_adds_to_the_variables_and_later_tasks_read_them() -> None:
    reads = simple("t", input_parameters={"a": "${workflow.variables.a}", "b": "${workflow.variables.b}"})
    world = started(
        task("SET_VARIABLE", "v", {"a": 1}), task("SET_VARIABLE", "w", {"b": "${workflow.variables.a}"}), reads
    )
    assert world.header.variables == {"a": 1, "b": 1}
    assert world.open("t").input_data == {"a": 1, "b": 1}


def test_e65_variables_that_are_too_large_fail_for_good_and_change_nothing() -> None:
    world = started(
        task("SET_VARIABLE", "v", {"a": 1}),
        task("SET_VARIABLE", "w", {"b": "${workflow.input.b}"}),
        header={"input": {"b": LARGE}},
    )
    assert world.table() == [("v", "COMPLETED"), ("w", "FAILED_WITH_TERMINAL_ERROR")]
    assert (world.header.variables, world.status) == ({"a": 1}, WorkflowStatus.FAILED)
    assert "is greater than the permissible limit: 256 kilobytes" in str(world.header.reason_for_incompletion)
