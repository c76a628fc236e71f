"""Operations on tasks: poll, update, logs and queue sizes under /tasks."""

from __future__ import annotations

import msgspec

from engine.api import Engine
from engine.definitions import Json, JsonObject
from engine.errors import NotFound
from engine.ports import Clock
from engine.requests import TaskExecLog, TaskResult
from engine.status import TaskStatus
from handlers import shapes
from handlers.codec import parse
from handlers.execution_shapes import ExecutionShapes

SINGLE_POLL_WAITS = 100
"""Milliseconds, as in the reference."""
LARGEST_BATCH = 1000
NO_CONTENT = (None, 204)


class Tasks:
    """The task operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine, shapes: ExecutionShapes, clock: Clock) -> None:
        self._engine = engine
        self._shapes = shapes
        self._clock = clock

    async def poll_task(
        self, task_type: str, workerid: str | None = None, domain: str | None = None
    ) -> bytes | tuple[None, int]:
        """Hand out one task, or 204 when there is none after a short wait."""
        found = await self._engine.poll(task_type, workerid, domain, 1, SINGLE_POLL_WAITS)
        return self._shapes.task(found[0]) if found else NO_CONTENT

    async def batch_poll_tasks(
        self, task_type: str, workerid: str | None = None, domain: str | None = None, count: int = 1, timeout: int = 100
    ) -> bytes:
        """Hand out up to `count` tasks; waits up to `timeout` milliseconds for the first one."""
        if count < 1:
            return b"[]"
        found = await self._engine.poll(task_type, workerid, domain, min(count, LARGEST_BATCH), max(timeout, 0))
        return self._shapes.tasks(found)

    async def update_task(self, body: Json) -> str:
        """Take a worker's report; the answer is the task's id."""
        return await self._engine.update_task(parse(body, TaskResult, "updateTask.arg0"))

    async def update_task_v2(self, body: Json) -> bytes | tuple[None, int]:
        """Take a worker's report and hand out the next task of the same queue, or 204."""
        following = await self._engine.update_task_and_poll(parse(body, TaskResult, "updateTask.arg0"))
        return NO_CONTENT if following is None else self._shapes.task(following)

    async def update_task_by_reference(
        self, task_id: str, task_ref_name: str, status: str, body: Json, workerid: str | None = None
    ) -> str | None:
        """Report on an open task by its reference name; nothing to answer when there is none. `task_id` is the
        workflow's id (one path item with the operations on a task)."""
        return await self._update_by_reference(task_id, task_ref_name, status, body, workerid)

    async def update_task_by_reference_sync(
        self, task_id: str, task_ref_name: str, status: str, body: Json, workerid: str | None = None
    ) -> bytes:
        """The same, answered with the workflow as it stands after the report."""
        if await self._update_by_reference(task_id, task_ref_name, status, body, workerid) is None:
            raise NotFound(f"Found no running task {task_ref_name} of workflow {task_id} to update")
        return self._shapes.workflow(await self._engine.workflow(task_id))

    async def get_task(self, task_id: str) -> bytes:
        """One task."""
        return self._shapes.task(await self._engine.task(task_id))

    async def add_task_log(self, task_id: str, body: str | bytes | None = None) -> None:
        """Keep a line of text that a worker wrote about its task."""
        text = log_text(body or "")
        await self._engine.add_log(TaskExecLog(log=text, task_id=task_id, created_time=self._clock.now()))

    async def get_task_logs(self, task_id: str) -> list[JsonObject] | tuple[None, int]:
        """The lines kept for a task by their times, or 204 when there are none."""
        logs = sorted(await self._engine.logs(task_id), key=lambda line: line.created_time)
        return [shapes.task_log(log) for log in logs] if logs else NO_CONTENT

    async def _update_by_reference(
        self, workflow_id: str, reference: str, status: str, body: Json, worker_id: str | None
    ) -> str | None:
        return await self._engine.update_task_by_reference(
            workflow_id,
            reference,
            parse(status, TaskStatus, "updateTask.arg2"),
            parse(body, JsonObject, "updateTask.arg3"),
            worker_id,
        )


def log_text(body: str | bytes) -> str:
    """The line as the worker meant it: Python sends bare text, JavaScript a JSON string (Q4, Q5)."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    try:
        return msgspec.json.decode(text, type=str)
    except msgspec.DecodeError:
        return text  # a text that only looks like JSON is a text
