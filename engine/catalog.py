"""Definitions: stored as documents, kept decoded, and frozen into the snapshot that an execution runs on (§2.0.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from engine import graph
from engine.definitions import EventHandler, SubWorkflowParams, TaskDef, WorkflowDef, WorkflowTask
from engine.draft import replace
from engine.errors import AlreadyExists, NotFound, Violation
from engine.graph import NOBODY, Graph, Told
from engine.java_text import java_text
from engine.ports import Clock, Document, Documents
from engine.requests import BulkResponse
from engine.validation import require_valid, validate_workflow_def, validate_workflow_defs
from engine.validation_requests import validate_event_handler
from engine.validation_scripts import script_violation, scripts_of
from engine.validation_task_defs import validate_task_def, validate_task_defs

WORKFLOW_DEF, TASK_DEF, EVENT_HANDLER, SNAPSHOT = "workflowDef", "taskDef", "eventHandler", "snapshot"
REGISTERED = (WORKFLOW_DEF, TASK_DEF, EVENT_HANDLER)
GRAPHS_KEPT = 1000
S = TypeVar("S", WorkflowDef, TaskDef, EventHandler)
SyntaxCheck = Callable[[str], Awaitable[str | None]]
"""Why a text is no JavaScript; None when it is."""


async def _no_check(script: str) -> str | None:  # noqa: ARG001 - nothing is looked at
    return None


class Catalog:
    """All definitions of a server. `open` reads them once; after that reads cost nothing."""

    def __init__(
        self, store: Documents, clock: Clock, syntax_error: SyntaxCheck = _no_check, told: Told = NOBODY
    ) -> None:
        self._store, self._clock, self._syntax_error, self._told = store, clock, syntax_error, told
        self._workflow_defs: dict[str, dict[int, WorkflowDef]] = {}
        self._task_defs: dict[str, TaskDef] = {}
        self._handlers: dict[str, EventHandler] = {}
        self._graphs: dict[str, Graph] = {}
        self._snapshots: dict[tuple[str, int], tuple[Graph, Document]] = {}
        self._version = 0

    async def open(self) -> None:
        """Read everything that is registered."""
        self._version = await self._store.documents_version(REGISTERED)
        await self._read()

    async def refresh(self) -> None:
        """See what other processes have registered by now: one small read in a shared store, none in another."""
        version = await self._store.documents_version(REGISTERED)
        if version != self._version:
            await self._read()
            self._version = version  # read before: what is registered meanwhile is read again

    async def _read(self) -> None:
        workflow_defs: dict[str, dict[int, WorkflowDef]] = {}
        for document in await self._store.list_documents(WORKFLOW_DEF):
            definition = msgspec.json.decode(document.body, type=WorkflowDef)
            workflow_defs.setdefault(definition.name, {})[definition.version] = definition
        task_defs = await self._store.list_documents(TASK_DEF)
        handlers = await self._store.list_documents(EVENT_HANDLER)
        self._workflow_defs = workflow_defs
        self._task_defs = {found.name: msgspec.json.decode(found.body, type=TaskDef) for found in task_defs}
        self._handlers = {found.name: msgspec.json.decode(found.body, type=EventHandler) for found in handlers}
        self._snapshots.clear()

    # ------------------------------------------------------------------ workflow definitions

    async def register_workflow_def(self, definition: WorkflowDef, overwrite: bool) -> None:
        """Store a definition; an existing name and version needs `overwrite`."""
        await self.check(definition, "registerWorkflowDef.arg0")
        known = self._workflow_defs.get(definition.name, {}).get(definition.version)
        if known is not None and not overwrite:
            raise AlreadyExists(f"Workflow with {definition.name}.{definition.version} already exists!")
        await self._store_workflow_def(definition, known, create=known is None and not overwrite)

    async def check(self, definition: WorkflowDef, path: str) -> None:
        """Return when the definition may be registered; `InvalidInput` lists everything that is wrong with it."""
        problems = validate_workflow_def(definition, self._task_defs.get, path)
        require_valid([*problems, *await self.script_violations(definition, path)])

    async def update_workflow_defs(self, definitions: Sequence[WorkflowDef]) -> BulkResponse:
        """Store many; all must be valid, then each stands or fails for itself."""
        problems = validate_workflow_defs(definitions, self._task_defs.get)
        for index, definition in enumerate(definitions):
            problems += await self.script_violations(definition, f"updateWorkflowDef.arg0[{index}]")
        require_valid(problems)
        for definition in definitions:
            known = self._workflow_defs.get(definition.name, {}).get(definition.version)
            await self._store_workflow_def(definition, known)
        return BulkResponse(bulk_successful_results=[definition.name for definition in definitions])

    async def script_violations(self, definition: WorkflowDef, path: str) -> list[Violation]:
        """Those scripts of a definition that must parse and do not."""
        scripts = scripts_of(definition, path)
        return [script_violation(script, e) for script in scripts if (e := await self._syntax_error(script.text))]

    async def _store_workflow_def(
        self, definition: WorkflowDef, known: WorkflowDef | None, create: bool = False
    ) -> None:
        stamped = self._stamped(definition, known)
        await self._store.put_document(_document(WORKFLOW_DEF, stamped, stamped.version), create=create)
        self._workflow_defs.setdefault(stamped.name, {})[stamped.version] = stamped
        self._snapshots.clear()

    def _stamped(self, definition: S, known: S | None) -> S:
        """What clients say about times does not count; an update keeps the time of creation."""
        now = self._clock.now()
        stamped: S = (
            replace(definition, create_time=now, update_time=0)
            if known is None or isinstance(known, EventHandler)
            else replace(definition, create_time=known.create_time, update_time=now)
        )
        return stamped

    def workflow_def(self, name: str, version: int | None = None) -> WorkflowDef | None:
        """The definition of that version; None means the latest."""
        versions = self._workflow_defs.get(name)
        if not versions:
            return None
        return versions[max(versions)] if version is None else versions.get(version)

    async def latest(self, name: str, workflow_id: str) -> WorkflowDef:
        """The latest version, for an execution that is to run by it; `NotFound` when there is none any more."""
        await self.refresh()
        found = self.workflow_def(name)
        if found is None:
            raise NotFound(f"Unable to find latest definition for {workflow_id}")
        return found

    def workflow_defs(self, name: str | None = None) -> list[WorkflowDef]:
        """All versions of one name, or of all, ordered by name and version."""
        names = sorted(self._workflow_defs) if name is None else [name]
        return [
            versions[number]
            for versions in (self._workflow_defs.get(key, {}) for key in names)
            for number in sorted(versions)
        ]

    async def delete_workflow_def(self, name: str, version: int | None) -> None:
        """Remove one version; without a number the latest only, never all."""
        known = self.workflow_def(name, version)
        if known is None:
            raise NotFound(f"No such workflow definition: {name} version: {java_text(version)}")
        await self._store.delete_document(WORKFLOW_DEF, name, known.version)
        versions = self._workflow_defs[name]
        del versions[known.version]
        if not versions:
            del self._workflow_defs[name]
        self._snapshots.clear()

    # ------------------------------------------------------------------ task definitions

    async def register_task_defs(self, definitions: Sequence[TaskDef]) -> None:
        """Insert or replace."""
        require_valid(validate_task_defs(definitions))
        await self._store_task_defs(definitions)

    async def _store_task_defs(self, definitions: Sequence[TaskDef]) -> None:
        for definition in definitions:
            stamped = self._stamped(definition, self._task_defs.get(definition.name))
            await self._store.put_document(_document(TASK_DEF, stamped))
            self._task_defs[stamped.name] = stamped
        self._snapshots.clear()

    async def update_task_def(self, definition: TaskDef) -> None:
        """Replace one that exists: workers rely on the 404 to register it themselves."""
        require_valid(validate_task_def(definition))
        if definition.name not in self._task_defs:
            raise NotFound(f"No such task by name {definition.name}")
        await self._store_task_defs([definition])

    def task_def(self, name: str) -> TaskDef | None:
        """The task definition of that name."""
        return self._task_defs.get(name)

    def task_defs(self) -> list[TaskDef]:
        """All of them, by name."""
        return [self._task_defs[name] for name in sorted(self._task_defs)]

    async def delete_task_def(self, name: str) -> None:
        """Remove one; executions keep their snapshots."""
        if not await self._store.delete_document(TASK_DEF, name):
            raise NotFound(f"No such task definition: {name}")
        self._task_defs.pop(name, None)
        self._snapshots.clear()

    # ------------------------------------------------------------------ event handlers

    async def add_event_handlers(self, handlers: Sequence[EventHandler]) -> None:
        """All or none: every one is checked before the first is stored."""
        require_valid([found for handler in handlers for found in validate_event_handler(handler)])
        for handler in handlers:
            if handler.name in self._handlers:
                raise AlreadyExists(f"EventHandler with name {handler.name} already exists!")
        for handler in handlers:
            await self._put_handler(handler, create=True)

    async def update_event_handler(self, handler: EventHandler) -> None:
        """Replace one that exists."""
        require_valid(validate_event_handler(handler, path="updateEventHandler.arg0"))
        if handler.name not in self._handlers:
            raise NotFound(f"EventHandler with name {handler.name} not found!")
        await self._put_handler(handler)

    async def _put_handler(self, handler: EventHandler, create: bool = False) -> None:
        await self._store.put_document(_document(EVENT_HANDLER, handler), create=create)
        self._handlers[handler.name] = handler

    async def delete_event_handler(self, name: str) -> None:
        """Remove one."""
        if not await self._store.delete_document(EVENT_HANDLER, name):
            raise NotFound(f"EventHandler with name {name} not found!")
        self._handlers.pop(name, None)

    def event_handlers(self, event: str | None = None, active_only: bool = False) -> list[EventHandler]:
        """Handlers by name; those of one event, or of all."""
        found = (self._handlers[name] for name in sorted(self._handlers))
        return [h for h in found if event in (None, h.event) and (h.active or not active_only)]

    # ------------------------------------------------------------------ snapshots

    def snapshot(self, definition: WorkflowDef, registered: bool = True) -> tuple[Graph, Document]:
        """The definition as an execution keeps it: every node with its task definition. Same content, same id."""
        key = (definition.name, definition.version)
        if registered and key in self._snapshots:
            return self._snapshots[key]
        for node in graph.all_nodes(definition.tasks):
            self._require_child(node)
        complete = replace(definition, tasks=self.complete(definition.tasks))
        body = msgspec.json.encode(complete)
        definition_id = hashlib.sha256(body).hexdigest()[:32]
        made = self._keep(definition_id, complete), Document(SNAPSHOT, definition_id, body)
        if registered:
            self._snapshots[key] = made
        return made

    def complete(self, nodes: Sequence[WorkflowTask]) -> list[WorkflowTask]:
        """Nodes with a task definition each: their own, the registered one, or one made up (§2.0.6).

        SUB_WORKFLOW nodes without a version are pinned to the latest, if there is one.
        """
        return [self._complete(node) for node in nodes]

    def _complete(self, node: WorkflowTask) -> WorkflowTask:
        own = node.task_definition or (self._task_defs.get(node.name) if node.name else None) or _ad_hoc(node)
        return replace(
            node,
            task_definition=own,
            sub_workflow_param=self._pinned(node.sub_workflow_param),
            decision_cases={case: self.complete(nodes) for case, nodes in node.decision_cases.items()},
            default_case=self.complete(node.default_case),
            fork_tasks=[self.complete(branch) for branch in node.fork_tasks],
            loop_over=self.complete(node.loop_over),
        )

    def _pinned(self, params: SubWorkflowParams | None) -> SubWorkflowParams | None:
        if params is None or not _pinnable(params) or params.name is None:
            return params
        latest = self.workflow_def(params.name)
        return replace(params, version=latest.version) if latest else params

    def _require_child(self, node: WorkflowTask) -> None:
        """An execution whose child is defined nowhere does not even start (§2.0.6)."""
        params = node.sub_workflow_param
        if params is not None and self._pinned(params) is params and _pinnable(params):
            raise NotFound(f"No such workflow defined. name={params.name}, version=null")

    async def graph(self, definition_id: str) -> Graph:
        """The snapshot of that id, parsed."""
        known = self._graphs.get(definition_id)
        if known is not None:
            return known
        document = await self._store.get_document(SNAPSHOT, definition_id)
        if document is None:
            raise NotFound(f"The definition snapshot {definition_id} is missing from the store.")
        return self._keep(definition_id, msgspec.json.decode(document.body, type=WorkflowDef))

    def _keep(self, definition_id: str, definition: WorkflowDef) -> Graph:
        known = self._graphs.pop(definition_id, None) or graph.parse(definition_id, definition, self._told)
        self._graphs[definition_id] = known
        if len(self._graphs) > GRAPHS_KEPT:
            del self._graphs[next(iter(self._graphs))]
        return known


def _document(kind: str, definition: WorkflowDef | TaskDef | EventHandler, version: int = 0) -> Document:
    return Document(kind, definition.name, msgspec.json.encode(definition), version)


def _pinnable(params: SubWorkflowParams) -> bool:
    return bool(params.name) and "${" not in str(params.name) and not params.version and not params.workflow_definition


def _ad_hoc(node: WorkflowTask) -> TaskDef:
    if node.type == "SIMPLE":
        return TaskDef(name=node.name)
    return TaskDef(name=node.name, retry_count=0, response_timeout_seconds=0)
