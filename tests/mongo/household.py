"""Everything that can stand in a store and has to move with it: an engine at work, and what a client sees of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from engine.api import Engine
from engine.definitions import EventHandler, TaskDef, WorkflowDef
from engine.ports import Store
from engine.requests import StartWorkflowRequest, TaskExecLog, TaskResult
from engine.search import Search
from engine.status import TaskStatus
from engine.views import TaskView
from tests.world import CountingIds, FakeClock

QUEUES = ("plain", "gpu:plain", "limited", "delayed", "inner")


def _simple(name: str, reference: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"name": name, "taskReferenceName": reference or name, "type": "SIMPLE", **fields}


_CHILD = {"name": "child", "version": 1, "tasks": [_simple("inner")]}
_EVENT = {"name": "tell", "taskReferenceName": "tell", "type": "EVENT", "sink": "conductor"}
_SUB = {
    "name": "sub", "taskReferenceName": "sub", "type": "SUB_WORKFLOW",
    "subWorkflowParam": {"name": "child", "workflowDefinition": _CHILD},
}  # fmt: skip
_HUMAN = {"name": "h", "taskReferenceName": "h", "type": "HUMAN"}
_WAIT = {"name": "w", "taskReferenceName": "w", "type": "WAIT", "inputParameters": {"duration": "1 hour"}}
FLOWS: dict[str, list[dict[str, Any]]] = {
    "chain": [_simple("plain", "first"), _simple("plain", "second")],
    "limited": [_simple("limited")],
    "delayed": [_simple("delayed", startDelay=600)],
    "waits": [_WAIT, _simple("plain")],
    "parent": [_SUB, _simple("plain")],
    "tells": [_EVENT, _HUMAN],
    "mailbox": [_HUMAN, {"name": "p", "taskReferenceName": "p", "type": "PULL_WORKFLOW_MESSAGES"}],
    "in_turn": [_simple("plain")],
}


@contextlib.asynccontextmanager
async def engine_over(store: Store, clock: FakeClock, first_id: int = 1) -> AsyncIterator[Engine]:
    """An engine on a store, which it closes at the end."""
    engine = Engine(store, clock, CountingIds(first_id))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


async def register(engine: Engine) -> None:
    """All definitions."""
    limits = TaskDef(name="limited", concurrent_exec_limit=1, rate_limit_per_frequency=5)
    await engine.metadata.register_task_defs([TaskDef(name="plain", response_timeout_seconds=3600), limits])
    for name, tasks in FLOWS.items():
        flow: dict[str, Any] = {"name": name, "version": 1, "schemaVersion": 2, "tasks": tasks}
        if name == "in_turn":
            flow["rateLimitConfig"] = {"rateLimitKey": "k", "concurrentExecLimit": 1}
        await engine.metadata.register_workflow_def(msgspec.convert(flow, WorkflowDef), overwrite=True)
    action = {"action": "start_workflow", "start_workflow": {"name": "chain"}}
    await engine.metadata.add_event_handlers([EventHandler("nobody", "conductor:tells:other", actions=[action])])


async def live(engine: Engine, clock: FakeClock) -> list[str]:
    """Executions in every state that there is; their ids."""

    async def start(name: str, **fields: Any) -> str:
        request = StartWorkflowRequest(name, input={"of": name, "ü": [1, 2.5, None]}, **fields)
        return await engine.start_workflow(request)

    ids = [await start("chain", correlation_id=f"c{n}", priority=n) for n in range(4)]
    [view, other] = await engine.poll("plain", "me", None, 2, 0)
    await engine.update_task(_done(view, logs=[TaskExecLog("one"), TaskExecLog("two")]))
    await engine.update_task(_done(other, TaskStatus.FAILED, reason_for_incompletion="broke"))
    await engine.pause(ids[2])
    await engine.terminate(ids[3], "enough")
    ids += [await start("chain", idempotency_key="once", task_to_domain={"*": "gpu"})]
    for name in ("limited", "limited", "delayed", "waits", "parent", "tells", "in_turn", "in_turn"):
        ids.append(await start(name))
    ids.append(await start("mailbox"))
    await engine.push_message(ids[-1], {"ü": [1, None]})
    [held] = await engine.poll("limited", "me", None, 5, 0)
    await engine.add_log(TaskExecLog("begun", held.task.task_id, 5))
    await engine.outbox.idle()
    for _ in range(40):
        ids.append(await start("chain"))
        await engine.terminate(ids[-1], "never mind")
    clock.forward(1)
    return ids


def _done(view: TaskView, status: TaskStatus = TaskStatus.COMPLETED, **fields: Any) -> TaskResult:
    return TaskResult(view.task.workflow_instance_id, view.task.task_id, status, {"by": "me"}, **fields)


async def seen(engine: Engine, ids: list[str]) -> dict[str, Any]:
    """What clients can ask for."""
    views = [await engine.workflow(workflow_id) for workflow_id in ids]
    return {
        "workflows": [(_unversioned(each.header), [_unversioned(row.task) for row in each.tasks]) for each in views],
        "logs": [await engine.logs(row.task.task_id) for each in views for row in each.tasks],
        "search": await engine.search(Search(size=1000)),
        "open": await engine.search(Search(size=1000, free_text="running")),
        "definitions": (
            await engine.metadata.workflow_defs(),
            await engine.metadata.task_defs(),
            await engine.metadata.event_handlers(),
        ),
        "sizes": await engine.queue_sizes(QUEUES),
    }


def _unversioned(value: Any) -> Any:
    """Versions count the writes of one store."""
    return msgspec.structs.replace(value, **{"version" if hasattr(value, "version") else "rev": 0})


async def worked_off(engine: Engine, clock: FakeClock) -> None:
    """Poll and complete what is open, through all limits and timers, until nothing runs but what waits for people."""
    for _ in range(10):
        clock.forward(700)
        await engine.timer.run_due()
        await engine.outbox.idle()
        for domain in (None, "gpu"):
            for name in ("plain", "limited", "delayed", "inner"):
                for view in await engine.poll(name, "me", domain, 20, 0):
                    await engine.update_task(_done(view))
        await engine.outbox.idle()
