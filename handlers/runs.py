"""Operations that answer when an execution settles: execute, signal and test."""

from __future__ import annotations

from engine.api import Engine
from engine.definitions import Json, JsonObject
from engine.requests import StartWorkflowRequest, WorkflowTestRequest
from engine.status import TaskStatus
from handlers import run_shapes
from handlers.codec import parse
from handlers.execution_shapes import ExecutionShapes

Answer = bytes | tuple[None, int]
NOTHING = (None, 200)
"""Nothing blocks, so there is no blocking task to show."""


class Runs:
    """The waiting operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine, shapes: ExecutionShapes) -> None:
        self._engine = engine
        self._shapes = shapes

    async def execute_workflow(
        self,
        name: str,
        version: int,
        body: Json,
        request_id: str | None = None,
        wait_until_task_ref: list[str] | None = None,
        wait_for_seconds: int = 10,
        return_strategy: str = "TARGET_WORKFLOW",
    ) -> Answer:
        """Start an execution, and answer when it settles or the time is over; name and version are the path's."""
        asked = {**body, "name": name, "version": version or None}
        request = parse(asked, StartWorkflowRequest, "executeWorkflow.arg0")
        references = [reference.strip() for reference in wait_until_task_ref or ()]
        settled = await self._engine.synchronous.execute(request, references, wait_for_seconds)
        return run_shapes.run(self._shapes, settled, return_strategy, request_id) or NOTHING

    async def test_workflow(self, body: Json) -> bytes:
        """Run a definition with mocked outcomes, and show what became of it."""
        request = parse(body, WorkflowTestRequest, "testWorkflow.arg0")
        return self._shapes.workflow(await self._engine.test_workflow(request))

    async def signal_workflow(self, workflow_id: str, status: str, body: Json) -> None:
        """Report on what the execution waits for, if it waits."""
        await self._engine.synchronous.signal(workflow_id, _status(status), _output(body))

    async def signal_workflow_sync(
        self,
        workflow_id: str,
        status: str,
        body: Json,
        return_strategy: str = "TARGET_WORKFLOW",
        timeout_millis: int = 5000,
    ) -> Answer:
        """Report on what the execution waits for, and answer when it settles again or the time is over."""
        settled = await self._engine.synchronous.signal_and_wait(
            workflow_id, _status(status), _output(body), timeout_millis / 1000
        )
        return run_shapes.run(self._shapes, settled, return_strategy, None) or NOTHING


def _status(status: str) -> TaskStatus:
    return parse(status, TaskStatus, "signal.arg1")


def _output(body: Json) -> JsonObject:
    return parse(body, JsonObject, "signal.arg2")
