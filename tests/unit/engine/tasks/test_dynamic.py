"""DYNAMIC (§2.3): what the name stands for, D2, and the story golden/defects/dynamic/dynamic-retries."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import TaskDef, WorkflowTask
from engine.questions import Evaluated
from engine.requests import TaskResult
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import simple, started, task
from tests.unit.engine.shell import Shell, on_a_loop
from tests.world import Surroundings


def dynamic(name: Any = "work", **fields: Any) -> WorkflowTask:
    return task("DYNAMIC", "d", {"which": name, "x": 1}, dynamic_task_name_param="which", **fields)


def test_a_worker_of_that_name_gets_it() -> None:
    world = started(dynamic("${workflow.input.n}"), simple("u"), header={"input": {"n": "chosen"}})
    row = world.open("d")
    assert (row.task_type, row.task_def_name, row.input_data) == ("chosen", "chosen", {"which": "chosen", "x": 1})
    assert [entry.queue for entry in world.durable.entries.values()] == ["chosen"]
    world.answer("d")
    assert world.references() == ["d", "u"]


def test_the_name_may_be_that_of_a_system_type() -> None:
    world = started(dynamic("INLINE"), simple("u"), around=Surroundings(evaluate=lambda _: Evaluated(1)))
    assert world.newest("d").task_type == "INLINE"


@pytest.mark.parametrize("name", [None, "", "${workflow.input.nothing}"])
def test_without_a_name_the_workflow_fails(name: Any) -> None:
    world = started(dynamic(name))
    assert (world.status, world.references()) == (WorkflowStatus.FAILED, [])
    assert str(world.header.reason_for_incompletion).startswith("Cannot map a dynamic task based on the parameter")


@on_a_loop
async def test_d2_defect_dynamic_retries_the_definition_of_the_name_counts() -> None:
    async with Shell() as shell:
        chosen = TaskDef(name="chosen", retry_count=2, retry_delay_seconds=0, owner_email="owner@example.com")
        await shell.engine.metadata.register_task_defs([chosen])
        await shell.register("flow", dynamic("chosen"))
        workflow_id = await shell.begin("flow")
        (polled,) = await shell.engine.poll("chosen", "me", None, 1, 0)
        assert polled.task.response_timeout_seconds == 3600
        result = TaskResult(workflow_id, polled.task.task_id, TaskStatus.FAILED, {}, "it broke")
        await shell.engine.update_task(result)
        failed, again = await shell.tasks(workflow_id)
        assert (failed.status, failed.retried) == (TaskStatus.FAILED, True)
        assert (again.status, again.retry_count) == (TaskStatus.SCHEDULED, 1)
        view = await shell.engine.workflow(workflow_id)
        assert view.header.status is WorkflowStatus.RUNNING
        (node,) = view.definition.tasks
        assert (node.name, node.type) == ("dynamic", "DYNAMIC"), "the definition is left as it is"
