"""Inputs and outputs have a limit (§4.12, E73); the sentences are the reference's."""

from __future__ import annotations

import pytest

from engine.errors import PayloadTooLarge
from engine.payload_limits import KB, LIMIT_KB, size, task_outside, too_large, workflow_outside
from engine.requests import StartWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from tests.contract.executions import header, task
from tests.unit.engine.flows import flow, fork, join, simple, started
from tests.unit.engine.shell import Shell, on_a_loop

HALF = "y" * (LIMIT_KB * KB // 2)
MUCH = HALF + HALF


def test_the_limit_itself_is_allowed() -> None:
    frame = size({"x": ""})
    assert too_large({"x": MUCH[frame:]}, "workflow: w") is None
    problem = too_large({"x": MUCH[frame - 1 :]}, "workflow: w")
    assert problem == "The payload size: 10485761 of workflow: w is greater than the permissible limit: 10485760 bytes"


def test_e73_an_output_above_the_limit_fails_the_task_for_good_and_the_workflow() -> None:
    world = started(fork("f", [simple("a", retry_count=3)], [simple("b")]), join("j", "a", "b"))
    world.answer("a", output={"x": MUCH})
    row = world.newest("a")
    assert (row.status, row.output_data, row.retried) == (TaskStatus.FAILED_WITH_TERMINAL_ERROR, {}, False)
    assert row.reason_for_incompletion == (
        f"The payload size: 10485768 of task: {row.task_id} in workflow: workflow  "
        "is greater than the permissible limit: 10485760 bytes"
    )
    assert world.status is WorkflowStatus.FAILED
    assert world.newest("b").status is TaskStatus.CANCELED


def test_e73_an_input_above_the_limit_fails_the_task_before_anybody_gets_it() -> None:
    reads = simple("b", input_parameters={"first": "${a.output.x}", "again": "${a.output.x}"})
    world = started(simple("a"), reads)
    world.answer("a", output={"x": HALF})
    row = world.newest("b")
    assert (row.status, row.input_data) == (TaskStatus.FAILED_WITH_TERMINAL_ERROR, {})
    assert world.status is WorkflowStatus.FAILED
    assert world.queued() == []


def test_e73_an_output_of_a_workflow_above_the_limit_fails_it() -> None:
    world = started(simple("a"), output_parameters={"first": "${a.output.x}", "again": "${a.output.x}"})
    world.answer("a", output={"x": HALF})
    assert (world.status, world.header.output) == (WorkflowStatus.FAILED, {})
    assert "of workflow: workflow is greater than the permissible limit" in str(world.header.reason_for_incompletion)


@on_a_loop
async def test_e73_an_input_of_a_workflow_above_the_limit_is_refused() -> None:
    request = StartWorkflowRequest(name="flow", input={"x": MUCH}, workflow_def=flow(simple("a")))
    async with Shell() as shell:
        with pytest.raises(PayloadTooLarge, match="The payload size: 10485768 of workflow: "):
            await shell.engine.start_workflow(request)


def test_what_is_large_is_shown_by_a_path_that_names_its_content() -> None:
    shown = task_outside(task("t1", rev=7, input_data={"x": HALF}, output_data={"a": 1}))
    assert shown.external_input_payload_storage_path == "task/input/t1.7.json"
    assert shown.external_output_payload_storage_path is None
    assert workflow_outside(header("w1", version=3)) == header("w1", version=3)
    outside = workflow_outside(header("w1", version=3, output={"x": HALF}))
    assert outside.external_output_payload_storage_path == "workflow/output/w1.3.json"
