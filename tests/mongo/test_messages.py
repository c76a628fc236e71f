"""Messages to one execution by way of several servers: what was accepted is taken, and once."""

from __future__ import annotations

import asyncio
from collections import Counter

from engine.api import Engine
from engine.definitions import WorkflowDef, WorkflowTask
from engine.errors import VersionConflict
from engine.requests import StartWorkflowRequest, TaskResult
from engine.status import TaskStatus, WorkflowStatus
from tests.mongo.engines import engine_on, told

TURNS = 4
"""Of each server, which sends a message with each."""
PULL = WorkflowTask("pull", "p", type="PULL_WORKFLOW_MESSAGES", input_parameters={"batchSize": 100})
MAILBOX = WorkflowDef("mailbox", owner_email="a@b.c", tasks=[WorkflowTask("human", "h", type="HUMAN"), PULL])


async def sent(engine: Engine, workflow_id: str) -> list[str]:
    """The ids of the messages that were accepted."""
    ids = []
    for turn in range(TURNS):
        try:
            ids.append(await engine.push_message(workflow_id, {"turn": turn}))
        except VersionConflict:
            continue  # the others were faster too often: its sender knows that it is not there
    return ids


def test_c5_what_several_servers_have_accepted_is_taken_once(uri: str) -> None:
    async def story() -> None:
        async with engine_on(uri) as first, engine_on(uri) as second, engine_on(uri) as third:
            await first.metadata.register_workflow_def(MAILBOX, overwrite=True)
            workflow_id = await first.start_workflow(StartWorkflowRequest("mailbox"))
            accepted = await asyncio.gather(*(sent(engine, workflow_id) for engine in (first, second, third)))
            human = (await third.workflow(workflow_id)).tasks[0].task
            await third.update_task(TaskResult(workflow_id, human.task_id, TaskStatus.COMPLETED))
            execution = (await second.workflow(workflow_id)).header
            assert execution.status is WorkflowStatus.COMPLETED
            taken = Counter(message["id"] for message in execution.output["messages"])
            assert taken == Counter(message for ids in accepted for message in ids)
            assert len(taken) >= TURNS, "somebody always comes first"

    told(story())
