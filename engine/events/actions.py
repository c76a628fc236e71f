"""What handlers can do (§6.4). An action returns what its record shows; what it raises makes the record FAILED."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from engine.commands import SetVariables, Terminate, UpdateTask
from engine.definitions import EventHandler, Json, JsonObject
from engine.errors import InvalidInput, NotFound
from engine.events.message import Message
from engine.events.payload import expanded, substituted
from engine.java_text import java_text
from engine.model import Task
from engine.named_id import named_id
from engine.ports import Store
from engine.requests import TaskResult
from engine.runner import Runner
from engine.start_request import read_start_request
from engine.starting import Starter
from engine.status import TaskStatus
from engine.validation import TaskDefLookup, require_valid
from engine.validation_requests import validate_start_request


class Place(msgspec.Struct, frozen=True):
    """Which action this is: of which handler, on which message."""

    handler: EventHandler
    message: Message
    index: int

    @property
    def facts(self) -> JsonObject:
        """What inputs and outputs say of where they come from."""
        return {"conductor.event.messageId": self.message.message_id, "conductor.event.name": self.message.event}


class Actions:
    """Carries actions out."""

    def __init__(self, store: Store, runner: Runner, starter: Starter, task_defs: TaskDefLookup) -> None:
        self._store, self._runner, self._starter, self._task_defs = store, runner, starter, task_defs
        self._known: dict[str, Callable[[Place, JsonObject, Json], Awaitable[JsonObject]]] = {
            "start_workflow": self._start,
            "complete_task": self._complete,
            "fail_task": self._fail,
            "terminate_workflow": self._terminate,
            "update_workflow_variables": self._set_variables,
        }

    async def do(self, place: Place) -> JsonObject:
        """Do one action of a handler; returns its output."""
        action = place.handler.actions[place.index]
        kind = str(action.get("action"))
        known = self._known.get(kind)
        if known is None:
            raise InvalidInput(f"Action not supported {kind} for event {place.message.event}")
        fields = action.get(kind) or {}
        if not isinstance(fields, dict):
            raise InvalidInput(f"{kind} of event handler {place.handler.name} must be an object.")
        payload = place.message.payload
        return await known(place, fields, expanded(payload) if action.get("expandInlineJSON") is True else payload)

    async def _start(self, place: Place, fields: JsonObject, payload: Json) -> JsonObject:
        own = fields.get("input") or {}
        if not isinstance(own, dict):
            raise InvalidInput(f"start_workflow of event handler {place.handler.name}: input must be an object.")
        domains = fields.get("taskToDomain")
        if domains is None and isinstance(payload, dict):
            domains = payload.get("taskToDomain")
        given: JsonObject = {
            **fields,
            "input": {**substituted(own, payload), **place.facts},
            "correlationId": substituted(fields.get("correlationId"), payload),
            "taskToDomain": domains,
        }
        try:
            request = read_start_request(given)
        except msgspec.ValidationError as error:
            raise InvalidInput(f"start_workflow of event handler {place.handler.name}: {error}") from error
        require_valid(validate_start_request(request, self._task_defs))
        started = named_id(f"event:{place.handler.name}:{place.message.message_id}:{place.index}")
        await self._starter.start_once(request, started, place.message.event)
        return {"workflowId": started}

    async def _complete(self, place: Place, fields: JsonObject, payload: Json) -> JsonObject:
        return await self._end_task(TaskStatus.COMPLETED, place, fields, payload)

    async def _fail(self, place: Place, fields: JsonObject, payload: Json) -> JsonObject:
        return await self._end_task(TaskStatus.FAILED, place, fields, payload)

    async def _end_task(self, status: TaskStatus, place: Place, fields: JsonObject, payload: Json) -> JsonObject:
        names = ("workflowId", "taskId", "taskRefName", "reasonForIncompletion")
        own = fields.get("output") or {}
        if not isinstance(own, dict):
            raise InvalidInput(f"The output of an action of event handler {place.handler.name} must be an object.")
        output: JsonObject = substituted({**{name: fields.get(name) for name in names}, **own}, payload)
        task = await self._task(output)
        if task is None:
            where = ", ".join(f"{name} {output[name]}" for name in names[:3] if output.get(name))
            return {**output, "error": f"No task found with {where or 'neither workflowId and taskRefName nor taskId'}"}
        output |= place.facts
        reason = output["reasonForIncompletion"]
        result = TaskResult(
            task.workflow_instance_id, task.task_id, status, output, None if reason is None else java_text(reason)
        )
        await self._runner.execute(task.workflow_instance_id, UpdateTask(result))
        return output

    async def _task(self, named: JsonObject) -> Task | None:
        """The newest row of a reference name in a workflow, inside loops that of the latest iteration; or by its id."""
        task_id, reference = named.get("taskId"), named.get("taskRefName")
        workflow_id = named.get("workflowId") if reference else await self._store.workflow_of(str(task_id))
        try:
            seen = await self._runner.read(str(workflow_id))
        except NotFound:
            return None
        if reference:
            return next((t for t in reversed(seen.tasks) if reference in (t.reference_task_name, t.node)), None)
        return next((t for t in seen.tasks if t.task_id == task_id), None)

    async def _terminate(self, place: Place, fields: JsonObject, payload: Json) -> JsonObject:  # noqa: ARG002
        given: JsonObject = substituted(fields, payload)
        reason = given.get("terminationReason")
        await self._runner.execute(_workflow_id(given), Terminate(None if reason is None else java_text(reason)))
        return given

    async def _set_variables(self, place: Place, fields: JsonObject, payload: Json) -> JsonObject:  # noqa: ARG002
        given: JsonObject = substituted(fields, payload)
        variables = given.get("variables")
        if not isinstance(variables, dict):
            raise InvalidInput("update_workflow_variables needs variables: an object of names and values.")
        await self._runner.execute(_workflow_id(given), SetVariables(variables, given.get("appendArray") is True))
        return given


def _workflow_id(given: JsonObject) -> str:
    value = given.get("workflowId")
    if not isinstance(value, str) or not value:
        raise InvalidInput("The action needs the workflowId of an execution.")
    return value
