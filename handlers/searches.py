"""Operations that search: executions by their own columns or by their tasks, and tasks."""

from __future__ import annotations

from engine.api import Engine
from engine.definitions import Json
from engine.errors import NotFound
from engine.search_parser import parse_search, parse_search_by_tasks, parse_task_search
from engine.views import WorkflowView
from handlers import summary_shape, task_summary_shape
from handlers.codec import parse
from handlers.execution_shapes import ExecutionShapes


class Searches:
    """The searches of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine, shapes: ExecutionShapes) -> None:
        self._engine = engine
        self._shapes = shapes

    async def search_workflows(
        self,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
        classifier: str | None = None,
        top_level_only: bool = False,
    ) -> bytes:
        """One page of executions that match a query, as summaries."""
        search = parse_search(query, free_text, start, size, sort, classifier=classifier, top_level_only=top_level_only)
        return summary_shape.page(await self._engine.search(search))

    async def search_workflows_v2(
        self,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
        classifier: str | None = None,
        top_level_only: bool = False,
    ) -> bytes:
        """One page of executions that match a query, whole but for their tasks."""
        search = parse_search(query, free_text, start, size, sort, classifier=classifier, top_level_only=top_level_only)
        return self._shapes.workflow_page(await self._engine.lookups.workflows_found(search))

    async def search_workflows_by_tasks(
        self,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
    ) -> bytes:
        """One page of executions with a task that matches a query, as summaries."""
        search = parse_search_by_tasks(query, free_text, start, size, sort)
        return summary_shape.page(await self._engine.search(search))

    async def search_workflows_by_tasks_v2(
        self,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
    ) -> bytes:
        """One page of executions with a task that matches a query, whole but for their tasks."""
        search = parse_search_by_tasks(query, free_text, start, size, sort)
        return self._shapes.workflow_page(await self._engine.lookups.workflows_found(search))

    async def search_workflows_by_id(self, body: Json, include_tasks: bool = True) -> bytes:
        """Many executions at once; the answer says which could not be read. The contract sees to it that there are 1 to
        1,000 ids."""
        errors: dict[str, str] = {}
        found: list[WorkflowView] = []
        for workflow_id in parse(body, list[str], "workflowIds"):
            try:
                found.append(await self._engine.workflow(workflow_id, include_tasks))
            except NotFound as error:
                errors[workflow_id] = error.message
        return self._shapes.found(found, errors)

    async def search_tasks(
        self,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
    ) -> bytes:
        """One page of tasks that match a query, as summaries."""
        search = parse_task_search(query, free_text, start, size, sort)
        return task_summary_shape.page(await self._engine.search_tasks(search))

    async def search_tasks_v2(
        self,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
        free_text: str | None = None,
        query: str | None = None,
    ) -> bytes:
        """One page of tasks that match a query, as a read of each shows them."""
        search = parse_task_search(query, free_text, start, size, sort)
        return self._shapes.task_page(await self._engine.lookups.tasks_found(search))
