"""Test runs (§5.14): mocked outcomes on a clock of their own, and nothing left behind."""

from __future__ import annotations

import pytest

from engine.definitions import SubWorkflowParams, WorkflowDef, WorkflowTask
from engine.errors import InvalidInput, NotFound
from engine.requests import TaskMock, WorkflowTestRequest
from engine.search import Search
from engine.status import TaskStatus
from engine.views import WorkflowView
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple

FAILED = TaskMock(TaskStatus.FAILED, {"why": "no"})


def done(*, after: int = 0, waited: int = 0, **output: object) -> TaskMock:
    return TaskMock(output=output, execution_time=after, queue_wait_time=waited)


def request(*tasks: WorkflowTask, **fields: object) -> WorkflowTestRequest:
    definition = WorkflowDef(name="tried", tasks=list(tasks), owner_email="owner@example.com")
    return WorkflowTestRequest("tried", input={}, workflow_def=definition, **fields)  # type: ignore[arg-type]


def rows(tried: WorkflowView) -> list[tuple[str, str]]:
    return [(view.task.reference_task_name, view.task.status.value) for view in tried.tasks]


@on_a_loop
async def test_mocks_answer_in_order_and_nothing_is_stored() -> None:
    async with Shell() as shell:
        node = simple("a", retry_count=1, retry_delay_seconds=30)
        asked = request(node, simple("b"), task_ref_to_mock_output={"a": [FAILED, done(x=1)], "b": [done(y=2)]})
        tried = await shell.engine.test_workflow(asked)
        assert rows(tried) == [("a", "FAILED"), ("a", "COMPLETED"), ("b", "COMPLETED")]
        assert (tried.header.status.value, tried.header.output) == ("COMPLETED", {"y": 2})
        assert tried.header.end_time - tried.header.create_time == 30_000, (
            "the retry delay has passed, on its own clock"
        )
        assert (await shell.engine.search(Search())).total_hits == 0
        assert await shell.engine.queues.all() == {}


@on_a_loop
async def test_times_are_those_of_the_mocks_and_branches_run_beside_each_other() -> None:
    branches = WorkflowTask("f", "f", type="FORK_JOIN", fork_tasks=[[simple("a")], [simple("b")]])
    joined = WorkflowTask("j", "j", type="JOIN", join_on=["a", "b"])
    mocks = {"a": [done(waited=500, after=1000)], "b": [done(after=4000)]}
    async with Shell() as shell:
        tried = await shell.engine.test_workflow(request(branches, joined, task_ref_to_mock_output=mocks))
    first = next(view.task for view in tried.tasks if view.task.reference_task_name == "a")
    assert (first.start_time - first.scheduled_time, first.end_time - first.start_time) == (500, 1000)
    assert tried.header.end_time - tried.header.create_time == 4000


@on_a_loop
async def test_a_mock_that_takes_too_long_times_out() -> None:
    async with Shell() as shell:
        asked = request(simple("a", response_timeout_seconds=2), task_ref_to_mock_output={"a": [done(after=3000)]})
        assert rows(await shell.engine.test_workflow(asked)) == [("a", "TIMED_OUT")]


@on_a_loop
async def test_what_has_no_mock_is_shown_as_it_waits_and_timers_strike_at_once() -> None:
    wait = WorkflowTask("w", "w", type="WAIT", input_parameters={"duration": "1 hours"})
    http = WorkflowTask("h", "h", type="HTTP", input_parameters={"uri": "http://localhost:1/"})
    async with Shell() as shell:
        tried = await shell.engine.test_workflow(request(wait, http))
    assert rows(tried) == [("w", "COMPLETED"), ("h", "SCHEDULED")]
    assert tried.header.status.value == "RUNNING"


@on_a_loop
async def test_iterations_draw_their_own_mocks_by_full_name_or_in_order() -> None:
    body = simple("a")
    loop = WorkflowTask("l", "l", type="DO_WHILE", loop_over=[body], items="${workflow.input.n}", loop_condition="")
    asked = request(loop, task_ref_to_mock_output={"a": [done(n=1)], "a__2": [done(n=2)]})
    asked = WorkflowTestRequest(
        "tried", input={"n": [7, 8]}, workflow_def=asked.workflow_def,
        task_ref_to_mock_output=asked.task_ref_to_mock_output,
    )  # fmt: skip
    async with Shell() as shell:
        tried = await shell.engine.test_workflow(asked)
    outputs = {view.task.reference_task_name: view.task.output_data for view in tried.tasks}
    assert (outputs["a__1"], outputs["a__2"]) == ({"n": 1}, {"n": 2})
    assert tried.header.status.value == "COMPLETED"


@pytest.mark.parametrize("mocked", ["child", "task"])
def test_sub_workflows_are_mocked_or_run_the_same_way(mocked: str) -> None:
    @on_a_loop
    async def run() -> None:
        async with Shell() as shell:
            await shell.register("child", simple("c"))
            params = SubWorkflowParams(name="child", version=1)
            node = WorkflowTask("s", "s", type="SUB_WORKFLOW", sub_workflow_param=params)
            inner = WorkflowTestRequest("child", task_ref_to_mock_output={"c": [done(after=700, x=1)]})
            asked = (
                request(node, sub_workflow_test_request={"s": inner})
                if mocked == "child"
                else request(node, task_ref_to_mock_output={"s": [done(x=1)]})
            )
            tried = await shell.engine.test_workflow(asked)
            assert tried.header.status.value == "COMPLETED"
            assert tried.header.output["x"] == 1
            assert tried.header.end_time - tried.header.create_time == (700 if mocked == "child" else 0)
            assert (await shell.engine.search(Search())).total_hits == 0

    run()


@on_a_loop
async def test_a_workflow_that_contains_itself_comes_to_an_end() -> None:
    async with Shell() as shell:
        params = SubWorkflowParams(name="snake", version=1)
        await shell.register("snake", WorkflowTask("s", "s", type="SUB_WORKFLOW", sub_workflow_param=params))
        tried = await shell.engine.test_workflow(WorkflowTestRequest("snake", input={}))
        assert rows(tried) == [("s", "IN_PROGRESS")]


@on_a_loop
async def test_refused_requests() -> None:
    async with Shell() as shell:
        assert isinstance(await refused(shell.engine.test_workflow(WorkflowTestRequest("no", input={}))), NotFound)
        bad = request(simple("a"), task_ref_to_mock_output={"a": [TaskMock(TaskStatus.TIMED_OUT)]})
        assert isinstance(await refused(shell.engine.test_workflow(bad)), InvalidInput)
