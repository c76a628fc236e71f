"""Does START_WORKFLOW tasks: an execution of its own, without a way back (§2.11).

The execution's id follows from the task, so a task that is done again after a crash finds what it has started (C5).
"""

from __future__ import annotations

import msgspec

from engine.errors import ConductorError, Unavailable
from engine.model import Task, Workflow
from engine.named_id import named_id
from engine.requests import StartWorkflowRequest
from engine.start_request import read_start_request
from engine.starting import Starter
from engine.status import TaskStatus
from engine.validation import TaskDefLookup
from engine.validation_requests import validate_start_request
from engine.workers.work import Outcome, failed


class StartWork:
    """`Work` for START_WORKFLOW tasks."""

    def __init__(self, starter: Starter, task_defs: TaskDefLookup) -> None:
        self._starter, self._task_defs = starter, task_defs

    async def __call__(self, task: Task, workflow: Workflow) -> Outcome:
        """COMPLETED with the id of what was started, FAILED with the reason why nothing was."""
        given = task.input_data.get("startWorkflow")
        if given is None:
            return failed("Missing 'startWorkflow' in input data.")
        try:
            request = read_start_request(given)
        except msgspec.ValidationError as error:
            return failed(f"Error reading StartWorkflowRequest. {error}")
        if problems := validate_start_request(request, self._task_defs, path=""):
            listed = "".join(f"'{each.path.lstrip('.')}' -> {each.message}. " for each in problems)
            return failed(f"startWorkflow validation failed. {listed}")
        return await self._start(task, workflow, request)

    async def _start(self, task: Task, workflow: Workflow, request: StartWorkflowRequest) -> Outcome:
        request = msgspec.structs.replace(
            request,
            correlation_id=request.correlation_id or workflow.correlation_id,
            task_to_domain=request.task_to_domain or workflow.task_to_domain,
        )
        # a rerun keeps the task's id but not its time, and starts another execution
        child = named_id(f"startworkflow:{task.task_id}:{task.scheduled_time}")
        try:
            await self._starter.start_once(request, child)
        except Unavailable:
            raise
        except ConductorError as error:
            return failed(error.message)
        return Outcome(TaskStatus.COMPLETED, {"workflowId": child})
