"""The outbox: effects follow their commit at once, are done once, and never wait for the sweep in normal operation."""

from __future__ import annotations

import asyncio
import json

import pytest

from engine.definitions import WorkflowTask
from engine.effects import StartWorkflow
from engine.ending import FAILURE_WORKFLOW
from engine.errors import NotFound
from engine.runner import Runner, Seen
from tests.unit.engine.shell import Shell, on_a_loop, simple


async def failing(shell: Shell, name: str = "w") -> str:
    """A workflow that has failed, with the failure workflow `after`."""
    await shell.register("after", WorkflowTask("human", "human", type="HUMAN"))
    branches = [[simple("t")], [WorkflowTask("human", "h", type="HUMAN")]]
    fork = WorkflowTask("fork", "f", type="FORK_JOIN", fork_tasks=branches)
    await shell.register(name, fork, WorkflowTask("join", "j", type="JOIN", join_on=["t"]), failure_workflow="after")
    workflow_id = await shell.begin(name)
    await shell.report(workflow_id, "FAILED")
    return workflow_id


@on_a_loop
async def test_an_effect_follows_its_commit_without_a_sweep() -> None:
    async with Shell() as shell:
        workflow_id = await failing(shell)
        await shell.engine.outbox.idle()
        header = (await shell.engine.workflow(workflow_id)).header
        assert header.outbox == ()
        started = (await shell.engine.workflow(header.output[FAILURE_WORKFLOW])).header
        assert started.workflow_name == "after"
        assert started.input["workflowId"] == workflow_id
        assert json.loads(json.dumps(started.input)) == started.input, "what memory holds is what a store gives back"
        assert await shell.engine.outbox.sweep() == 0


@on_a_loop
async def test_a_sweep_finishes_what_failed_and_starts_nothing_twice() -> None:
    async with Shell() as shell:
        shell.store.fails = lambda commit: commit.header is not None and commit.header.version > 2
        workflow_id = await failing(shell)  # its effect is done, but cannot be crossed out
        await shell.engine.outbox.idle()
        assert len((await shell.engine.workflow(workflow_id)).header.outbox) == 1
        shell.store.fails = lambda _: False
        assert await shell.engine.outbox.sweep() == 1
        await shell.engine.outbox.idle()
        assert (await shell.engine.workflow(workflow_id)).header.outbox == ()
        assert list(await shell.store.with_outbox(10)) == []


def test_an_effect_posted_at_the_last_moment_does_not_wait_for_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    async def scenario() -> None:
        outbox = Shell().engine.outbox

        async def read(runner: Runner, workflow_id: str) -> Seen:
            """The first look sees nothing, because the effect is posted while it looks."""
            looks.append(workflow_id)
            if len(looks) == 1:
                outbox.posted(workflow_id)
            raise NotFound

        monkeypatch.setattr(Runner, "read", read)
        outbox.posted("w")
        async with asyncio.timeout(5):
            await outbox.idle()

    asyncio.run(scenario())
    assert looks == ["w", "w"]


def test_an_effect_has_a_key_that_makes_it_idempotent() -> None:
    effect = StartWorkflow(key="failure-workflow:x", workflow_id="x", name="after")
    assert effect.workflow_id in effect.key
