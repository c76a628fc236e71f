"""Operations on executions: /workflow."""

from __future__ import annotations

from engine.api import Engine
from engine.definitions import Json, JsonObject
from engine.errors import NotFound
from engine.requests import RerunWorkflowRequest, SkipTaskRequest, StartWorkflowRequest
from engine.status import TaskStatus
from handlers.codec import parse
from handlers.execution_shapes import ExecutionShapes


class Workflows:
    """The execution operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine, shapes: ExecutionShapes) -> None:
        self._engine = engine
        self._shapes = shapes

    async def start_workflow(self, body: Json) -> str:
        """Start an execution; the answer is its id."""
        return await self._engine.start_workflow(parse(body, StartWorkflowRequest, "startWorkflow.arg0"))

    async def start_workflow_by_name(
        self,
        workflow_id: str,
        body: Json,
        version: int | None = None,
        correlation_id: str | None = None,
        priority: int = 0,
    ) -> str:
        """Start an execution with the body as input; `workflow_id` is the definition's name here (one path item). That
        there is no such definition is said as where definitions are read."""
        request = StartWorkflowRequest(
            name=workflow_id,
            version=version,
            correlation_id=correlation_id,
            priority=priority,
            input=parse(body, JsonObject, "startWorkflow.arg4"),
        )
        try:
            return await self._engine.start_workflow(request)
        except NotFound:
            await self._engine.metadata.workflow_def(workflow_id, version)
            raise

    async def get_workflow(self, workflow_id: str, include_tasks: bool = True) -> bytes:
        """One execution."""
        return self._shapes.workflow(await self._engine.workflow(workflow_id, include_tasks))

    async def get_workflow_tasks(
        self, workflow_id: str, start: int = 0, count: int = 15, status: list[str] | None = None
    ) -> bytes:
        """One page of the tasks of an execution, of certain statuses if any are named."""
        statuses = [TaskStatus(name) for name in status or ()]
        return self._shapes.task_page(await self._engine.lookups.tasks(workflow_id, start, count, statuses))

    async def get_workflow_status(
        self, workflow_id: str, include_output: bool = False, include_variables: bool = False
    ) -> JsonObject:
        """Where an execution stands, with its output and variables when asked for."""
        header = (await self._engine.workflow(workflow_id, include_tasks=False)).header
        shown = {
            "workflowId": header.workflow_id,
            "correlationId": header.correlation_id,
            "status": header.status,
            "output": header.output if include_output else None,
            "variables": header.variables if include_variables else None,
        }
        return {name: value for name, value in shown.items() if value is not None}

    async def get_workflows_by_correlation_ids(
        self, workflow_id: str, body: Json, include_closed: bool = False, include_tasks: bool = False
    ) -> bytes:
        """Executions of one definition by correlation id. `workflow_id` is the definition's name."""
        correlation_ids = parse(body, list[str], "getWorkflows.arg1")
        found = await self._engine.lookups.correlated(workflow_id, correlation_ids, include_closed, include_tasks)
        return self._shapes.correlated(found)

    async def get_workflows_by_correlation_id(
        self, workflow_id: str, correlation_id: str, include_closed: bool = False, include_tasks: bool = False
    ) -> bytes:
        """Executions of one definition with one correlation id. `workflow_id` is the definition's name."""
        found = await self._engine.lookups.correlated(workflow_id, [correlation_id], include_closed, include_tasks)
        return self._shapes.workflows(found[correlation_id])

    async def get_running_workflows(
        self, name: str, version: int | None = None, start_time: int = 0, end_time: int = 0
    ) -> list[str]:
        """Ids of the executions that run; with both times of those that were started between them, whatever became of
        them."""
        if start_time and end_time:
            return await self._engine.lookups.started_between(name, version, start_time, end_time)
        return await self._engine.lookups.running(name, version)

    async def pause_workflow(self, workflow_id: str) -> None:
        """Schedule nothing more until it is resumed."""
        await self._engine.pause(workflow_id)

    async def resume_workflow(self, workflow_id: str) -> None:
        """Go on after a pause."""
        await self._engine.resume(workflow_id)

    async def restart_workflow(self, workflow_id: str, use_latest_definitions: bool = False) -> None:
        """Begin an ended execution again from its start."""
        await self._engine.restart(workflow_id, use_latest_definitions)

    async def retry_workflow(self, workflow_id: str, resume_subworkflow_tasks: bool = False) -> None:
        """Go on from the last failed task."""
        await self._engine.retry(workflow_id, resume_subworkflow_tasks)

    async def rerun_workflow(self, workflow_id: str, body: Json) -> str:
        """Run again from a task, or from the start; the answer is the id of the execution."""
        return await self._engine.rerun(workflow_id, parse(body, RerunWorkflowRequest, "rerun.arg1"))

    async def skip_task(
        self,
        workflow_id: str,
        task_reference_name: str,
        body: Json = None,
        task_input: JsonObject | None = None,
        task_output: JsonObject | None = None,
    ) -> None:
        """Pass over a task that has not run; input and output come in the body or as `taskInput[key]=value`."""
        request = parse(body or {}, SkipTaskRequest, "skipTaskFromWorkflow.arg2")
        merged = SkipTaskRequest(
            task_input={**(task_input or {}), **request.task_input},
            task_output={**(task_output or {}), **request.task_output},
        )
        await self._engine.skip_task(workflow_id, task_reference_name, merged)

    async def terminate_workflow(
        self, workflow_id: str, reason: str | None = None, trigger_failure_workflow: bool = False
    ) -> None:
        """End an execution now, with its failure workflow if asked for."""
        await self._engine.terminate(workflow_id, reason, trigger_failure_workflow)

    async def remove_workflow(self, workflow_id: str, archive_workflow: bool = True) -> None:
        """Remove an execution; by default only one that has ended."""
        await self._engine.remove(workflow_id, archive_workflow)

    async def decide_workflow(self, workflow_id: str) -> None:
        """Look at an execution once more."""
        await self._engine.decide(workflow_id)

    async def reset_workflow_callbacks(self, workflow_id: str) -> None:
        """Let workers poll at once what was put off."""
        await self._engine.reset_callbacks(workflow_id)

    async def push_workflow_message(self, workflow_id: str, body: Json) -> str:
        """Send a message to the tasks of an execution that wait for one, or will; the answer is its id."""
        return await self._engine.push_message(workflow_id, parse(body, JsonObject, "pushMessage.arg1"))

    async def terminate_and_remove_workflow(
        self, workflow_id: str, reason: str | None = None, archive_workflow: bool = True
    ) -> None:
        """End an execution and remove it."""
        await self._engine.terminate_and_remove(workflow_id, reason, archive_workflow)
