"""What clients do with definitions and event handlers, on a catalog that knows what other servers have written."""

from __future__ import annotations

from collections.abc import Sequence

from engine.catalog import Catalog
from engine.definitions import EventHandler, TaskDef, WorkflowDef
from engine.errors import NotFound
from engine.events.listener import Listener
from engine.java_text import java_text
from engine.requests import BulkResponse


class Metadata:
    """Raises the errors of `engine.errors`; what changes something returns when the change is durable."""

    def __init__(self, catalog: Catalog, events: Listener) -> None:
        self._catalog, self._events = catalog, events

    async def register_workflow_def(self, definition: WorkflowDef, overwrite: bool = False) -> None:
        """Validated; every violation is listed. `AlreadyExists` without `overwrite`."""
        await self._catalog.refresh()
        await self._catalog.register_workflow_def(definition, overwrite)

    async def update_workflow_defs(self, definitions: Sequence[WorkflowDef]) -> BulkResponse:
        """Insert or replace many; all must be valid."""
        await self._catalog.refresh()
        return await self._catalog.update_workflow_defs(definitions)

    async def workflow_def(self, name: str, version: int | None = None) -> WorkflowDef:
        """The definition; None means the latest version."""
        await self._catalog.refresh()
        found = self._catalog.workflow_def(name, version)
        if found is None:
            raise NotFound(f"No such workflow found by name: {name}, version: {java_text(version)}")
        return found

    async def workflow_defs(self, name: str | None = None) -> list[WorkflowDef]:
        """All versions, of one name or of all."""
        await self._catalog.refresh()
        return self._catalog.workflow_defs(name)

    async def delete_workflow_def(self, name: str, version: int | None = None) -> None:
        """One version; without a number the latest."""
        await self._catalog.refresh()
        await self._catalog.delete_workflow_def(name, version)

    async def register_task_defs(self, definitions: Sequence[TaskDef]) -> None:
        """Insert or replace; all must be valid."""
        await self._catalog.refresh()
        await self._catalog.register_task_defs(definitions)

    async def update_task_def(self, definition: TaskDef) -> None:
        """Replace one that exists."""
        await self._catalog.refresh()
        await self._catalog.update_task_def(definition)

    async def task_def(self, name: str) -> TaskDef:
        """The task definition of that name."""
        await self._catalog.refresh()
        found = self._catalog.task_def(name)
        if found is None:
            raise NotFound(f"No such taskType found by name: {name}")
        return found

    async def task_defs(self) -> list[TaskDef]:
        """All task definitions, by name."""
        await self._catalog.refresh()
        return self._catalog.task_defs()

    async def delete_task_def(self, name: str) -> None:
        """Remove one."""
        await self._catalog.refresh()
        await self._catalog.delete_task_def(name)

    async def add_event_handlers(self, handlers: Sequence[EventHandler]) -> None:
        """Insert all or none; what waits for the active ones comes to them now."""
        await self._catalog.refresh()
        await self._catalog.add_event_handlers(handlers)
        await self._events.refresh()

    async def event_handlers(self, event: str | None = None, active_only: bool = False) -> list[EventHandler]:
        """Handlers of one event, or all."""
        await self._catalog.refresh()
        return self._catalog.event_handlers(event, active_only)

    async def update_event_handler(self, handler: EventHandler) -> None:
        """Replace one that exists."""
        await self._catalog.refresh()
        await self._catalog.update_event_handler(handler)
        await self._events.refresh()

    async def delete_event_handler(self, name: str) -> None:
        """Remove one."""
        await self._catalog.refresh()
        await self._catalog.delete_event_handler(name)
