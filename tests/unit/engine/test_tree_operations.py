"""Operations on trees: who is reached (S8, C11, P15, D9, D27, U15), and children that share a key (§2.10, §5.1.4)."""

from __future__ import annotations

import asyncio

import pytest

from engine.definitions import SubWorkflowParams, TaskDef, WorkflowTask
from engine.ending import FAILURE_WORKFLOW
from engine.errors import NotFound
from engine.requests import RerunWorkflowRequest, StartWorkflowRequest, TaskResult
from engine.search import Comparison, Search
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.shell import Shell, on_a_loop, refused, simple

RUNNING, TERMINATED, FAILED = WorkflowStatus.RUNNING, WorkflowStatus.TERMINATED, WorkflowStatus.FAILED


def child(name: str, **fields: object) -> WorkflowTask:
    """A SUB_WORKFLOW task `s`; its parameters and fields of the task may be mixed."""
    of_task = {key: fields.pop(key) for key in ("task_definition", "optional") if key in fields}
    params = SubWorkflowParams(name=name, **fields)  # type: ignore[arg-type]
    return WorkflowTask("child", "s", type="SUB_WORKFLOW", sub_workflow_param=params, **of_task)  # type: ignore[arg-type]


async def status(shell: Shell, workflow_id: str) -> WorkflowStatus:
    await shell.engine.outbox.idle()
    return (await shell.engine.workflow(workflow_id)).header.status


async def kid_of(shell: Shell, workflow_id: str) -> str:
    """The child of the newest row `s`."""
    await shell.engine.outbox.idle()
    rows = [task for task in await shell.tasks(workflow_id) if task.node == "s"]
    assert rows[-1].sub_workflow_id is not None
    return rows[-1].sub_workflow_id


async def finish(shell: Shell, workflow_id: str) -> None:
    """Complete every open task that somebody outside has to."""
    await shell.engine.outbox.idle()
    for task in await shell.tasks(workflow_id):
        if task.task_type in ("work", "HUMAN") and not task.status.terminal:
            await shell.engine.update_task(TaskResult(workflow_id, task.task_id, TaskStatus.COMPLETED))


async def three_levels(shell: Shell) -> tuple[str, str, str]:
    """As `chain`, with a human task beside each child; the leaf's task has failed for good, and so all three have."""
    human = WorkflowTask("human", "h", type="HUMAN")
    await shell.register("leaf", simple("a"))
    for name, below in (("middle", "leaf"), ("root", "middle")):
        fork = WorkflowTask("fork", "f", type="FORK_JOIN", fork_tasks=[[child(below)], [human]])
        await shell.register(name, fork, WorkflowTask("join", "j", type="JOIN", join_on=["s", "h"]))
    root = await shell.begin("root")
    middle = await kid_of(shell, root)
    leaf = await kid_of(shell, middle)
    await shell.report(leaf, "FAILED")
    assert [await status(shell, each) for each in (leaf, middle, root)] == [FAILED] * 3
    return root, middle, leaf


async def chain(shell: Shell) -> tuple[str, str, str]:
    """A root, its child and its grandchild, which has a worker task."""
    await shell.register("leaf", simple("a"))
    await shell.register("middle", child("leaf"))
    await shell.register("root", child("middle"))
    root = await shell.begin("root")
    middle = await kid_of(shell, root)
    return root, middle, await kid_of(shell, middle)


@on_a_loop
async def test_c11_p15_terminating_reaches_every_descendant() -> None:
    async with Shell() as shell:
        root, middle, leaf = await chain(shell)
        await shell.engine.terminate(root, "enough")
        assert [await status(shell, each) for each in (root, middle, leaf)] == [TERMINATED] * 3
        reason = (await shell.engine.workflow(leaf)).header.reason_for_incompletion
        assert reason is not None
        assert reason.endswith("Parent workflow has been terminated with reason: enough")
        assert await shell.engine.queue_sizes(["work"]) == {"work": 0}


@on_a_loop
async def test_p15_what_is_terminated_and_removed_at_once_takes_its_descendants_along() -> None:
    async with Shell() as shell:
        root, middle, leaf = await chain(shell)
        await shell.engine.terminate_and_remove(root, archive=False)
        assert isinstance(await refused(shell.engine.workflow(root)), NotFound)
        assert [await status(shell, each) for each in (middle, leaf)] == [TERMINATED] * 2


@on_a_loop
async def test_s8_a_child_that_is_terminated_and_removed_is_told_as_terminated() -> None:
    async with Shell() as shell:
        root, middle, leaf = await chain(shell)
        await shell.engine.terminate_and_remove(leaf, "gone", archive=False)
        assert [await status(shell, each) for each in (middle, root)] == [TERMINATED] * 2


@on_a_loop
async def test_s8_a_child_that_is_removed_by_hand_fails_its_task_and_a_retry_starts_another() -> None:
    async with Shell() as shell:
        root, middle, leaf = await chain(shell)
        await shell.engine.remove(leaf, archive=False)
        assert [await status(shell, each) for each in (middle, root)] == [FAILED] * 2
        await shell.engine.retry(root, resume_subworkflow_tasks=True)
        another = await kid_of(shell, middle)
        assert another != leaf
        await finish(shell, another)
        assert [await status(shell, each) for each in (another, middle, root)] == ["COMPLETED"] * 3


@on_a_loop
async def test_u15_a_sibling_whose_child_was_removed_does_not_fail_the_revived_parent_again() -> None:
    async with Shell() as shell:
        root, middle, leaf = await three_levels(shell)
        await shell.engine.remove(leaf, archive=False)
        await shell.engine.retry(root, resume_subworkflow_tasks=True)
        assert [await status(shell, each) for each in (root, middle)] == [RUNNING] * 2
        for each in (await kid_of(shell, middle), middle, root):
            await finish(shell, each)
        assert await status(shell, root) is WorkflowStatus.COMPLETED


@on_a_loop
async def test_d9_a_child_that_has_ended_stays_as_it_is_when_its_parent_ends() -> None:
    async with Shell() as shell:
        root, middle, leaf = await three_levels(shell)
        ended = (await shell.engine.workflow(leaf)).header
        await shell.engine.terminate(root)
        await shell.engine.terminate(middle)
        assert await status(shell, root) is TERMINATED
        assert (await shell.engine.workflow(leaf)).header == ended


@on_a_loop
async def test_a_child_whose_task_has_timed_out_ends_before_the_next_attempt_starts_another() -> None:
    async with Shell() as shell:
        own = TaskDef("child", retry_count=1, retry_delay_seconds=0, timeout_seconds=5, timeout_policy="RETRY")
        await shell.register("leaf", simple("a"))
        await shell.register("root", child("leaf", task_definition=own))
        root = await shell.begin("root")
        first = await kid_of(shell, root)
        shell.clock.forward(6)
        await shell.engine.timer.run_due()
        await shell.engine.outbox.idle()
        assert await status(shell, first) is TERMINATED
        second = await kid_of(shell, root)
        assert (await status(shell, root), await status(shell, second)) == (RUNNING, RUNNING)
        assert first != second


@on_a_loop
async def test_d10_d27_what_has_ended_is_archived_and_can_be_found_and_read() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"))
        begun = await shell.begin("flow")
        error = await refused(shell.engine.remove(begun))
        assert str(error) == f"Cannot archive workflow: {begun} with status: RUNNING"
        await shell.report(begun)
        await shell.engine.remove(begun)
        page = await shell.engine.search(Search(Comparison("workflowType", "=", "flow")))
        assert [found.workflow_id for found in page.results] == [begun]
        assert (await shell.engine.workflow(begun)).header.status is WorkflowStatus.COMPLETED


@on_a_loop
async def test_c8_what_was_queued_before_a_pause_can_be_polled_and_its_result_waits_for_the_resume() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"), simple("b"))
        begun = await shell.begin("flow")
        await shell.engine.pause(begun)
        assert len(await shell.engine.poll("work", None, None, 5, 0)) == 1
        await shell.report(begun)
        assert await shell.engine.poll("work", None, None, 5, 0) == []
        await shell.engine.resume(begun)
        assert len(await shell.engine.poll("work", None, None, 5, 0)) == 1


@on_a_loop
async def test_a_termination_starts_the_failure_workflow_when_asked_to() -> None:
    async with Shell() as shell:
        await shell.register("after", simple("z"))
        await shell.register("flow", simple("a"), failure_workflow="after")
        quiet, asked = await shell.begin("flow"), await shell.begin("flow")
        await shell.engine.terminate(quiet, "enough")
        await shell.engine.terminate(asked, "enough", failure_workflow=True)
        await shell.engine.outbox.idle()
        (started,) = await shell.engine.lookups.running("after")
        header = (await shell.engine.workflow(started)).header
        assert (header.input["workflowId"], header.input["failureStatus"], header.input["reason"]) == (
            asked, "TERMINATED", "enough",
        )  # fmt: skip
        assert (await shell.engine.workflow(asked)).header.output[FAILURE_WORKFLOW] == started


# ---------------------------------------------------------------------- children with an idempotency key


async def sharing(shell: Shell, strategy: str) -> tuple[str, str]:
    """Two parents whose children have the same key."""
    await shell.register("leaf", simple("a"))
    await shell.register("root", child("leaf", idempotency_key="${workflow.input.k}", idempotency_strategy=strategy))
    request = StartWorkflowRequest("root", input={"k": "once"})
    first = await shell.engine.start_workflow(request)
    await shell.engine.outbox.idle()
    second = await shell.engine.start_workflow(request)
    await shell.engine.outbox.idle()
    return first, second


@on_a_loop
async def test_two_tasks_with_one_key_share_a_child_and_both_learn_of_its_end() -> None:
    async with Shell() as shell:
        first, second = await sharing(shell, "RETURN_EXISTING")
        shared = await kid_of(shell, first)
        assert await kid_of(shell, second) == shared
        assert await shell.engine.lookups.running("leaf") == [shared]
        await finish(shell, shared)
        assert [await status(shell, each) for each in (first, second)] == ["COMPLETED"] * 2
        third = await shell.engine.start_workflow(StartWorkflowRequest("root", input={"k": "once"}))
        assert await status(shell, third) is WorkflowStatus.COMPLETED


@on_a_loop
async def test_who_only_shares_a_child_does_not_end_it() -> None:
    async with Shell() as shell:
        first, second = await sharing(shell, "RETURN_EXISTING")
        shared = await kid_of(shell, first)
        await shell.engine.terminate(second)
        assert [await status(shell, each) for each in (first, shared)] == [RUNNING] * 2
        await shell.engine.terminate(first)
        assert await status(shell, shared) is TERMINATED


@on_a_loop
async def test_removing_a_shared_child_tells_everybody() -> None:
    async with Shell() as shell:
        first, second = await sharing(shell, "RETURN_EXISTING")
        await shell.engine.remove(await kid_of(shell, first), archive=False)
        assert [await status(shell, each) for each in (first, second)] == [FAILED] * 2


@pytest.mark.parametrize("strategy", ["FAIL", "FAIL_ON_RUNNING"])
def test_a_key_that_is_in_use_fails_the_task(strategy: str) -> None:
    @on_a_loop
    async def run() -> None:
        async with Shell() as shell:
            first, second = await sharing(shell, strategy)
            assert [await status(shell, each) for each in (first, second)] == [RUNNING, FAILED]
            (row,) = await shell.tasks(second)
            assert row.status is TaskStatus.FAILED
            assert row.reason_for_incompletion is not None
            assert await kid_of(shell, first) in row.reason_for_incompletion
            await finish(shell, await kid_of(shell, first))
            await shell.engine.retry(second)
            assert await status(shell, second) is (RUNNING if strategy == "FAIL_ON_RUNNING" else FAILED)

    run()


@on_a_loop
async def test_a_task_without_a_key_has_a_child_of_its_own() -> None:
    async with Shell() as shell:
        await shell.register("leaf", simple("a"))
        await shell.register("root", child("leaf", idempotency_key="${workflow.input.none}"))
        roots = [await shell.begin("root") for _ in range(2)]
        assert len({await kid_of(shell, each) for each in roots}) == 2


# ---------------------------------------------------------------------- found by random trees and races


@on_a_loop
async def test_s10_nobody_responds_for_a_child_however_long_it_runs() -> None:
    async with Shell() as shell:
        own = TaskDef("child", retry_count=1, response_timeout_seconds=1, poll_timeout_seconds=1)
        await shell.register("leaf", WorkflowTask("human", "h", type="HUMAN"))
        await shell.register("root", child("leaf", task_definition=own))
        root = await shell.begin("root")
        shell.clock.forward(3600)
        await shell.engine.timer.run_due()
        assert [row.status for row in await shell.tasks(root)] == [TaskStatus.IN_PROGRESS]


@on_a_loop
async def test_s14_a_task_whose_child_goes_on_has_its_whole_time_again() -> None:
    async with Shell() as shell:
        own = TaskDef("child", retry_count=0, timeout_seconds=10, total_timeout_seconds=10, timeout_policy="RETRY")
        await shell.register("leaf", simple("a"))
        await shell.register("root", child("leaf", task_definition=own))
        root = await shell.begin("root")
        leaf = await kid_of(shell, root)
        await shell.report(leaf, "FAILED")
        assert await status(shell, root) is FAILED
        shell.clock.forward(60)
        await shell.engine.retry(leaf)
        assert await status(shell, root) is RUNNING
        (row,) = await shell.tasks(root)
        assert row.deadline == shell.clock.now() + 10_000
        await shell.engine.timer.run_due()
        assert await status(shell, root) is RUNNING


@on_a_loop
async def test_s14_an_attempt_by_hand_has_the_whole_total_time() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a", total_timeout_seconds=10))
        begun = await shell.begin("flow")
        await shell.report(begun, "FAILED")
        shell.clock.forward(60)
        await shell.engine.retry(begun)
        await shell.engine.timer.run_due()
        assert [row.status for row in await shell.tasks(begun)] == [TaskStatus.FAILED, TaskStatus.SCHEDULED]


@on_a_loop
async def test_s8_a_child_that_is_removed_while_it_is_revived_is_not_waited_for() -> None:
    async with Shell() as shell:
        for turns in range(8):
            root, middle, leaf = await chain(shell)
            await finish(shell, leaf)
            assert await status(shell, root) is WorkflowStatus.COMPLETED

            async def later(turns: int = turns, leaf: str = leaf) -> None:
                for _ in range(turns):
                    await asyncio.sleep(0)
                await shell.engine.remove(leaf, archive=False)

            await asyncio.gather(shell.engine.rerun(leaf, RerunWorkflowRequest()), later())
            for row in await shell.tasks(middle):
                assert row.status.terminal, turns


@on_a_loop
async def test_a_row_that_is_resumed_and_cancelled_and_resumed_goes_on() -> None:
    """The news of each order has a key of its own: crossing one out leaves the others."""
    async with Shell() as shell:
        root, middle, _ = await chain(shell)
        for _ in range(3):
            await shell.engine.terminate(root)
            await shell.engine.retry(root, resume_subworkflow_tasks=True)
        assert [await status(shell, each) for each in (root, middle)] == [RUNNING] * 2
        await finish(shell, await kid_of(shell, middle))
        assert await status(shell, root) is WorkflowStatus.COMPLETED
