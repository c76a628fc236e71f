"""Parents and children on a whole engine: E26, E48, E50, E52, E53, E57, D22, C5 (§2.10, §5.9, §5.10)."""

from __future__ import annotations

from engine.definitions import SubWorkflowParams, WorkflowTask
from engine.ending import FAILURE_WORKFLOW
from engine.requests import TaskResult
from engine.status import TaskStatus, WorkflowStatus
from engine.views import WorkflowView
from tests.unit.engine.shell import Shell, on_a_loop, simple

HUMAN = WorkflowTask("human", "h", type="HUMAN")


def child(name: str, **fields: object) -> WorkflowTask:
    params = SubWorkflowParams(name=name, version=1)
    return WorkflowTask("child", "s", type="SUB_WORKFLOW", sub_workflow_param=params, **fields)  # type: ignore[arg-type]


def beside(name: str) -> list[WorkflowTask]:
    """A child and a human in two branches, and their join."""
    fork = WorkflowTask("fork", "f", type="FORK_JOIN", fork_tasks=[[child(name)], [HUMAN]])
    return [fork, WorkflowTask("join", "j", type="JOIN", join_on=["s", "h"])]


async def seen(shell: Shell, workflow_id: str) -> WorkflowView:
    await shell.engine.outbox.idle()
    return await shell.engine.workflow(workflow_id)


async def status(shell: Shell, workflow_id: str) -> WorkflowStatus:
    return (await seen(shell, workflow_id)).header.status


async def kid_of(shell: Shell, workflow_id: str) -> str:
    """The id of the child of the newest row `s`."""
    rows = [task.task for task in (await seen(shell, workflow_id)).tasks if task.task.node == "s"]
    assert rows[-1].sub_workflow_id is not None
    return rows[-1].sub_workflow_id


async def three_levels(shell: Shell) -> tuple[str, str, str]:
    """A root, a middle and a leaf whose worker task has failed for good; all three are FAILED."""
    await shell.register("leaf", simple("a"))
    await shell.register("middle", *beside("leaf"))
    await shell.register("root", *beside("middle"))
    root = await shell.begin("root")
    middle = await kid_of(shell, root)
    leaf = await kid_of(shell, middle)
    await shell.report(leaf, "FAILED")
    assert [await status(shell, each) for each in (leaf, middle, root)] == ["FAILED"] * 3
    return root, middle, leaf


async def finish(shell: Shell, workflow_id: str) -> None:
    """Complete every open task that somebody outside has to."""
    await shell.engine.outbox.idle()
    for task in await shell.tasks(workflow_id):
        if task.task_type in ("work", "HUMAN") and not task.status.terminal:
            await shell.engine.update_task(TaskResult(workflow_id, task.task_id, TaskStatus.COMPLETED))


@on_a_loop
async def test_e48_c5_a_start_that_a_crash_interrupted_is_finished_with_the_same_child() -> None:
    async with Shell() as shell:
        await shell.register("kid", HUMAN)
        await shell.register("parent", child("kid"))
        shell.store.fails = lambda commit: commit.header is not None and commit.header.version > 1
        parent = await shell.begin("parent")
        await shell.engine.outbox.idle()
        known = await kid_of(shell, parent)
        assert len((await shell.engine.workflow(parent)).header.outbox) == 1, "done, and not crossed out"
        shell.store.fails = lambda _: False
        assert await shell.engine.outbox.sweep() == 1
        assert (await seen(shell, parent)).header.outbox == ()
        assert await kid_of(shell, parent) == known
        assert await shell.engine.lookups.running("kid") == [known]


@on_a_loop
async def test_e50_a_child_that_is_terminated_terminates_its_parent() -> None:
    async with Shell() as shell:
        await shell.register("kid", HUMAN)
        await shell.register("parent", child("kid"))
        parent = await shell.begin("parent")
        await shell.engine.terminate(await kid_of(shell, parent), "enough")
        view = await seen(shell, parent)
        assert (view.header.status, view.tasks[0].task.status) == (WorkflowStatus.TERMINATED, TaskStatus.CANCELED)


@on_a_loop
async def test_e53_a_retry_of_the_leaf_revives_all_above_it_and_opens_their_joins() -> None:
    async with Shell() as shell:
        root, middle, leaf = await three_levels(shell)
        await shell.engine.retry(leaf)
        for each in (root, middle):
            view = await seen(shell, each)
            assert view.header.status is WorkflowStatus.RUNNING
            open_rows = {task.task.node for task in view.tasks if not task.task.status.terminal}
            assert open_rows == {"s", "h", "j"}
        assert (await kid_of(shell, root), await kid_of(shell, middle)) == (middle, leaf)
        for each in (leaf, middle, root):
            await finish(shell, each)
        assert [await status(shell, each) for each in (leaf, middle, root)] == ["COMPLETED"] * 3


@on_a_loop
async def test_e52_a_retry_of_the_root_resumes_the_grandchild_or_starts_fresh_ones() -> None:
    async with Shell() as shell:
        for resume in (True, False):
            root, middle, leaf = await three_levels(shell)
            await shell.engine.retry(root, resume)
            kid = await kid_of(shell, root)
            grandchild = await kid_of(shell, kid)
            assert ((kid, grandchild) == (middle, leaf)) is resume
            for each in (grandchild, kid, root):
                await finish(shell, each)
            assert await status(shell, root) is WorkflowStatus.COMPLETED
            assert (await status(shell, middle) is WorkflowStatus.COMPLETED) is resume


@on_a_loop
async def test_e26_d22_an_optional_child_changes_nothing_in_a_parent_that_has_ended() -> None:
    async with Shell() as shell:
        await shell.register("kid", simple("a"))
        await shell.register("parent", child("kid", optional=True))
        parent = await shell.begin("parent")
        kid = await kid_of(shell, parent)
        await shell.report(kid, "FAILED")
        before = await seen(shell, parent)
        assert before.header.status is WorkflowStatus.COMPLETED
        assert before.tasks[0].task.status is TaskStatus.COMPLETED_WITH_ERRORS
        for revive in (shell.engine.retry, shell.engine.restart):
            await revive(kid)
            assert await seen(shell, parent) == before
            await shell.report(kid, "COMPLETED" if revive == shell.engine.restart else "FAILED")
            assert await seen(shell, parent) == before
        assert await status(shell, kid) is WorkflowStatus.COMPLETED


@on_a_loop
async def test_e57_the_failure_workflow_is_told_everything() -> None:
    async with Shell() as shell:
        await shell.register("after", HUMAN)
        await shell.register("flow", simple("a"), failure_workflow="after", input_template={"x": 1})
        failed = await shell.begin("flow")
        await shell.report(failed, "FAILED")
        header = (await seen(shell, failed)).header
        given = (await shell.engine.workflow(header.output[FAILURE_WORKFLOW])).header.input
        (task,) = await shell.tasks(failed)
        assert {key: given[key] for key in ("x", "workflowId", "reason", "failureStatus", "failureTaskId")} == {
            "x": 1,
            "workflowId": failed,
            "reason": header.reason_for_incompletion,
            "failureStatus": "FAILED",
            "failureTaskId": task.task_id,
        }
        whole = given["failedWorkflow"]
        assert (whole["workflowId"], whole["status"]) == (failed, "FAILED")
        assert [row["taskId"] for row in whole["tasks"]] == [task.task_id]
