"""What a completed task costs: requests to the database, one after the other."""

from __future__ import annotations

import asyncio

from engine.requests import StartWorkflowRequest
from engine.status import WorkflowStatus
from tests.mongo.engines import Commands, completed, define_chain, engine_on, told

LENGTH = 12


async def steps(uri: str) -> list[list[tuple[str, str]]]:
    """The commands of each step of a chain: poll, update."""
    heard, found = Commands(), []
    async with engine_on(uri, heard) as engine:
        await define_chain(engine, LENGTH)
        workflow_id = await engine.start_workflow(StartWorkflowRequest(name="chain"))
        for _ in range(LENGTH):
            heard.sent.clear()
            [view] = await engine.poll("step", "w", None, 1, 0)
            await engine.update_task(completed(workflow_id, view.task.task_id))
            found.append(heard.names)
        assert (await engine.workflow(workflow_id)).header.status is WorkflowStatus.COMPLETED
    return found


def test_a_completed_task_costs_four_round_trips(uri: str) -> None:
    claim, touch = ("findAndModify", "tasks"), ("update", "workflows")
    commit, apply = ("update", "workflows"), ("update", "tasks")
    *middle, last = told(steps(uri))
    assert [trips for trips in middle if trips != [claim, touch, commit, apply]] == []
    assert sorted(last) == sorted([claim, touch, commit, apply, ("update", "summaries")])


def test_a_slow_task_costs_one_more_and_shares_the_clearing(uri: str) -> None:
    async def story() -> list[tuple[str, str]]:
        heard = Commands()
        async with engine_on(uri, heard) as engine:
            await define_chain(engine, 2)
            workflow_id = await engine.start_workflow(StartWorkflowRequest(name="chain"))
            [view] = await engine.poll("step", "w", None, 1, 0)
            heard.sent.clear()
            async with asyncio.timeout(10):
                while len(heard.sent) < 2:
                    await asyncio.sleep(0.02)
            await engine.update_task(completed(workflow_id, view.task.task_id))
            return heard.names

    apply, clear, commit = ("update", "tasks"), ("update", "workflows"), ("update", "workflows")
    assert told(story()) == [apply, clear, commit, apply]


def test_a_poll_that_another_process_feeds_costs_four_as_well(uri: str) -> None:
    """Claim, header, tasks, and the touch, which carries on what the other process has left pending."""

    async def story() -> list[tuple[str, str]]:
        heard = Commands()
        async with engine_on(uri) as feeds, engine_on(uri, heard) as polls:
            await define_chain(feeds, 2)
            for _ in range(2):  # the first time the definition is read as well
                workflow_id = await feeds.start_workflow(StartWorkflowRequest(name="chain"))
                heard.sent.clear()
                [view] = await polls.poll("step", "w", None, 1, 5_000)
                names = heard.names
                await feeds.update_task(completed(workflow_id, view.task.task_id))
                [view] = await feeds.poll("step", "w", None, 1, 5_000)
                await polls.update_task(completed(workflow_id, view.task.task_id))
                assert (await feeds.workflow(workflow_id)).header.status is WorkflowStatus.COMPLETED
            return names

    assert told(story()) == [
        ("findAndModify", "tasks"),
        ("find", "workflows"),
        ("find", "tasks"),
        ("update", "workflows"),
    ]
