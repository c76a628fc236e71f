"""How executions come to life: from a request, or from an effect of another execution (§5.1)."""

from __future__ import annotations

import random

from engine.catalog import Catalog
from engine.commands import Start
from engine.definitions import JsonObject, WorkflowDef
from engine.draft import Execution, replace
from engine.effects import StartWorkflow
from engine.errors import AlreadyExists, Conflict, InvalidInput, NotFound, PayloadTooLarge, VersionConflict
from engine.gate import Gate, rate_limit_key
from engine.java_text import java_text
from engine.model import Millis, Workflow
from engine.parameters import workflow_input
from engine.payload_limits import too_large
from engine.ports import Clock, Document, Ids
from engine.requests import StartWorkflowRequest, TaskExecLog
from engine.rows import Rows
from engine.runner import Runner


class Starter:
    """Makes headers and hands them to the runner."""

    def __init__(self, catalog: Catalog, runner: Runner, clock: Clock, ids: Ids, gate: Gate) -> None:
        self._catalog, self._runner, self._clock, self._ids, self._gate = catalog, runner, clock, ids, gate

    async def start(
        self, request: StartWorkflowRequest, workflow_id: str | None = None, event: str | None = None
    ) -> str:
        """Start what was asked for; returns its id when the first decision is durable."""
        header = Workflow(
            workflow_id=workflow_id or self._ids.new(),
            workflow_name=request.name,
            workflow_version=request.version or 0,
            definition_id="",
            input=request.input or {},
            correlation_id=request.correlation_id,
            priority=request.priority,
            task_to_domain=request.task_to_domain,
            external_input_payload_storage_path=request.external_input_payload_storage_path,
            idempotency_key=request.idempotency_key or None,
            event=event,
        )
        self._require_room(header)
        await self._begin(header, request.workflow_def, request.version)
        return header.workflow_id

    async def start_once(self, request: StartWorkflowRequest, workflow_id: str, event: str | None = None) -> None:
        """Start under an id that follows from its cause; nothing happens when that was done before."""
        try:
            await self._runner.read(workflow_id)
        except NotFound:
            await self.start(request, workflow_id, event)

    async def start_effect(
        self, effect: StartWorkflow, facts: JsonObject, parent: str | None, started_for: str | None = None
    ) -> None:
        """Start what a decision asked for, under the id of the effect; `AlreadyExists` when that was done before."""
        header = Workflow(
            workflow_id=effect.workflow_id,
            workflow_name=effect.name,
            workflow_version=effect.version or 0,
            definition_id="",
            input={**effect.input, **facts},
            correlation_id=effect.correlation_id,
            task_to_domain=effect.task_to_domain,
            priority=effect.priority,
            parent_workflow_id=parent,
            parent_workflow_task_id=effect.parent_task_id,
            idempotency_key=effect.idempotency_key,
            started_for=started_for,
        )
        self._require_room(header)
        try:
            await self._begin(header, effect.definition, effect.version or None)
        except VersionConflict:
            raise AlreadyExists(f"Workflow {effect.workflow_id} exists already.") from None

    @staticmethod
    def _require_room(header: Workflow) -> None:
        problem = too_large(header.input, f"workflow: {header.workflow_id}")
        if problem is not None:
            raise PayloadTooLarge(problem)

    async def _begin(self, header: Workflow, inline: WorkflowDef | None, version: int | None) -> None:
        await self._catalog.refresh()
        new, snapshot = self.prepared(header, inline, version, self._clock.now())
        if new.graph.definition.rate_limit_config is not None:
            new.header = await self._placed(new)
        try:
            _, flushed = await self._runner.hand_over(header.workflow_id, Start(snapshot), new)
            if flushed is not None:
                await flushed
        except VersionConflict:
            raise  # its place belongs to the one that exists
        except BaseException:
            if new.header.rate_limit_key is not None:
                await self._gate.leave(new.header)
            raise

    async def _placed(self, new: Execution) -> Workflow:
        """The header with its rate limit key, and waiting if all places are taken."""
        header, definition = new.header, new.graph.definition
        key, config = rate_limit_key(header, definition), definition.rate_limit_config
        if key is None or config is None:
            return header
        if await self._gate.enter(header.workflow_id, key, config.concurrent_exec_limit):
            return replace(header, rate_limit_key=key)
        if config.policy == "REJECT":
            limit = config.concurrent_exec_limit
            raise Conflict(
                f"{limit} executions of {definition.name} run already, as many as its rateLimitConfig allows."
            )
        return replace(header, rate_limit_key=key, rate_limited=True)

    def prepared(
        self, header: Workflow, inline: WorkflowDef | None, version: int | None, now: Millis
    ) -> tuple[Execution, Document]:
        """The execution as it is before its first decision, and its definition as it keeps it; without a version the
        latest one."""
        definition = inline or self._definition(header.workflow_name, version)
        graph, snapshot = self._catalog.snapshot(definition, registered=inline is None)
        header = replace(
            header,
            workflow_name=name_of(header.workflow_name, inline),
            workflow_version=definition.version,
            definition_id=graph.definition_id,
            create_time=now,
            input=workflow_input(header.input, definition.input_template),
            variables=definition.variables,
        )
        return Execution(header, graph, Rows()), snapshot

    def _definition(self, name: str, version: int | None) -> WorkflowDef:
        if not name:
            raise InvalidInput("Workflow name must be specified when searching for a definition")
        found = self._catalog.workflow_def(name, version)
        if found is None:
            raise NotFound(_missing(name, version))
        return found


def name_of(name: str, inline: WorkflowDef | None) -> str:
    """What an execution is called: as the definition that came along, if that has a name, else as was asked for."""
    return (inline.name if inline else "") or name


def missing(catalog: Catalog, name: str, version: int | None) -> str | None:
    """Why this workflow cannot be started; None when it can."""
    return None if catalog.workflow_def(name, version) else _missing(name, version)


def _missing(name: str, version: int | None) -> str:
    return f"No such workflow defined. name={name}, version={java_text(version)}"


def random_up_to(limit: int) -> int:
    """A whole number from 0 to `limit`, for jitter."""
    return random.randint(0, limit)  # noqa: S311 - nothing secret about a delay


def stamped(line: TaskExecLog, task_id: str, now: Millis) -> TaskExecLog:
    """A log line with its task and, where the worker sent none, a time (Q13: a time that was sent is kept)."""
    return replace(line, task_id=task_id, created_time=line.created_time or now)
