"""START_WORKFLOW: what it starts, once, and how it fails (§2.11; texts recorded on 3.32.1)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import WorkflowTask
from engine.model import Task
from engine.requests import RerunWorkflowRequest, StartWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from engine.workers import system_worker
from tests.unit.engine.shell import Shell, Unreliable, on_a_loop, until


async def run(shell: Shell, given: Any, **request: Any) -> Task:
    """The START_WORKFLOW task with this `startWorkflow`, once it has ended."""
    await shell.register("other", WorkflowTask("wait", "wait", type="WAIT"))
    inputs = {"startWorkflow": given} if given is not ... else {"x": 1}
    await shell.register("w", WorkflowTask("s", "s", type="START_WORKFLOW", input_parameters=inputs))
    workflow_id = await shell.engine.start_workflow(StartWorkflowRequest("w", **request))

    async def ended() -> bool:
        return (await shell.engine.workflow(workflow_id)).header.status.terminal

    await until(ended)
    (task,) = await shell.tasks(workflow_id)
    return task


@on_a_loop
async def test_it_starts_another_execution_and_is_done() -> None:
    async with Shell() as shell:
        task = await run(
            shell, {"name": "other", "version": "1", "input": {"a": 1}, "correlationId": 5, "priority": "7"}
        )
        assert task.status is TaskStatus.COMPLETED
        started = (await shell.engine.workflow(task.output_data["workflowId"])).header
        assert (started.workflow_name, started.input, started.correlation_id, started.priority) == (
            "other", {"a": 1}, "5", 7,
        )  # fmt: skip
        assert (started.status, started.parent_workflow_id) == (WorkflowStatus.RUNNING, None)


@on_a_loop
async def test_correlation_id_and_domains_are_the_starters_unless_given() -> None:
    async with Shell() as shell:
        task = await run(shell, {"name": "other"}, correlation_id="mine", task_to_domain={"*": "d"})
        started = (await shell.engine.workflow(task.output_data["workflowId"])).header
        assert (started.correlation_id, started.task_to_domain) == ("mine", {"*": "d"})


@on_a_loop
async def test_a_definition_of_its_own() -> None:
    async with Shell() as shell:
        inline = {"name": "inline", "version": 1, "tasks": [{"name": "h", "taskReferenceName": "h", "type": "HUMAN"}]}
        task = await run(shell, {"name": "inline", "workflowDef": inline, "foo": 1, "version": None})
        assert (await shell.engine.workflow(task.output_data["workflowId"])).header.workflow_name == "inline"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (..., "Missing 'startWorkflow' in input data."),
        (None, "Missing 'startWorkflow' in input data."),
        ({"version": 1}, "startWorkflow validation failed. 'name' -> Workflow name cannot be null or empty. "),
        (
            {"name": "x", "priority": 500},
            "startWorkflow validation failed. 'priority' -> priority: 500 should be maximum 99. ",
        ),
        (
            {"name": "x", "workflowDef": {"name": "x", "tasks": []}},
            "startWorkflow validation failed. 'workflowDef.tasks' -> WorkflowTask list cannot be empty. ",
        ),
        ({"name": "nobody"}, "No such workflow defined. name=nobody, version=null"),
        ({"name": "other", "version": 7}, "No such workflow defined. name=other, version=7"),
        ("x", "Error reading StartWorkflowRequest. Expected `object`, got `str`"),
        ([1], "Error reading StartWorkflowRequest. Expected `object`, got `array`"),
        ({"name": "x", "version": "one"}, "Error reading StartWorkflowRequest. Expected `int | null`, got `str`"),
    ],
)
def test_s1_what_cannot_be_started_fails_the_task_with_a_sentence(given: Any, reason: str) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            task = await run(shell, given)
            assert task.status is TaskStatus.FAILED
            assert str(task.reason_for_incompletion).startswith(reason)

    scenario()


def test_c5_a_start_whose_report_was_lost_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_worker, "PAUSE_S", 0.001)

    @on_a_loop
    async def scenario() -> None:
        store = Unreliable()
        async with Shell(store) as shell:
            lost: list[str] = []

            def loses(commit: Any) -> bool:
                """The first report of the task, after what it starts is durable."""
                reports = [task for task in commit.tasks if task.task_type == "START_WORKFLOW" and task.status.terminal]
                if reports and not lost:
                    lost.append(reports[0].output_data["workflowId"])
                    return True
                return False

            store.fails = loses
            task = await run(shell, {"name": "other", "correlationId": "c"})
            assert [task.output_data["workflowId"]] == lost == await store.correlated("other", "c")

    scenario()


@on_a_loop
async def test_a_rerun_starts_another_one() -> None:
    async with Shell() as shell:
        task = await run(shell, {"name": "other"})
        shell.clock.forward(1)
        await shell.engine.rerun(task.workflow_instance_id, RerunWorkflowRequest(re_run_from_task_id=task.task_id))

        async def ended() -> bool:
            return (await shell.engine.workflow(task.workflow_instance_id)).header.status.terminal

        await until(ended)
        (again,) = await shell.tasks(task.workflow_instance_id)
        assert again.task_id == task.task_id
        assert again.output_data["workflowId"] != task.output_data["workflowId"]
