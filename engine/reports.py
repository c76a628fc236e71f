"""What workers and clients report on tasks (§5.11)."""

from __future__ import annotations

from engine.commands import Command, ExtendLease, UpdateTask
from engine.definitions import JsonObject
from engine.errors import NotFound
from engine.lookups import Lookups
from engine.model import Task
from engine.payloads import Payloads
from engine.ports import Clock, Store
from engine.requests import TaskResult
from engine.runner import Runner
from engine.starting import stamped
from engine.status import TaskStatus
from engine.validation import require_valid
from engine.validation_requests import validate_task_result


class Reports:
    """Takes reports; each is durable when its call returns."""

    def __init__(self, store: Store, runner: Runner, lookups: Lookups, payloads: Payloads, clock: Clock) -> None:
        self._store, self._runner, self._lookups, self._payloads, self._clock = store, runner, lookups, payloads, clock

    async def take(self, result: TaskResult, path: str = "updateTask.arg0", merge: bool = False) -> Task | None:
        """A report, with its log lines; the task as it is then, None when the report changed nothing (E6).

        `path` is what error messages call the report. With `merge` the output is added to the one that is there.
        """
        require_valid(validate_task_result(result, path))
        result = await self._payloads.with_output(result)
        command: Command = ExtendLease(result.task_id) if result.extend_lease else UpdateTask(result, merge)
        decision = await self._runner.execute(result.workflow_instance_id, command)
        if result.logs and not result.extend_lease:
            now = self._clock.now()
            await self._store.add_logs(
                [stamped(line, result.task_id, now) for line in result.logs if line.log is not None]
            )
        return next((task for task in decision.changed if task.task_id == result.task_id), None)

    async def take_and_free(self, result: TaskResult) -> Task | None:
        """A report; the task if it says that the worker is free for the next one of its queue."""
        task = await self.take(result, "updateTaskV2.arg0")
        if result.extend_lease or result.status is TaskStatus.IN_PROGRESS:
            return None
        return task or (await self._lookups.task(result.task_id)).task

    async def take_by_reference(
        self, workflow_id: str, reference: str, status: TaskStatus, output: JsonObject, worker_id: str | None
    ) -> str | None:
        """A report on the open task of that name, inside loops with or without its `__N`; its id, None if there is
        no such task or workflow. The output is merged (D6).
        """
        try:
            seen = await self._runner.read(workflow_id)
        except NotFound:
            return None
        names = (task for task in seen.tasks if reference in (task.reference_task_name, task.node))
        task = next((task for task in names if not task.status.terminal), None)
        if task is None:
            return None
        await self.take(TaskResult(workflow_id, task.task_id, status, output, worker_id=worker_id), merge=True)
        return task.task_id
