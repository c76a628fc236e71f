"""Questions about executions that are answered from what is stored, a page or a list at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence

import msgspec

from engine.errors import Conflict, NotFound
from engine.model import Task
from engine.ports import Store
from engine.runner import Runner
from engine.search import And, Comparison, OneOf, Query, Search, Sort
from engine.status import TaskStatus, WorkflowStatus
from engine.views import TaskView, WorkflowView, view

PAGE = 1000
OPEN = tuple(status.value for status in WorkflowStatus if not status.terminal)


class TaskPage(msgspec.Struct, frozen=True):
    """Some of the tasks that were asked for, and how many there are in all."""

    total_hits: int
    results: tuple[TaskView, ...]


class WorkflowPage(msgspec.Struct, frozen=True):
    """Some of the executions that were asked for, and how many there are in all."""

    total_hits: int
    results: tuple[WorkflowView, ...]


class Lookups:
    """Reads; nothing here changes anything."""

    def __init__(self, store: Store, runner: Runner) -> None:
        self._store, self._runner = store, runner

    async def workflow(self, workflow_id: str, include_tasks: bool = True) -> WorkflowView:
        """The durable state of an execution."""
        seen = await self._runner.read(workflow_id)
        tasks = tuple(view(task, seen.graph) for task in seen.tasks) if include_tasks else ()
        return WorkflowView(seen.header, seen.graph.definition, tasks)

    async def tasks(self, workflow_id: str, start: int, count: int, statuses: Collection[TaskStatus] = ()) -> TaskPage:
        """Tasks in the order of their `seq`, those of certain statuses only if any are given."""
        seen = await self._runner.read(workflow_id)
        found = [task for task in seen.tasks if not statuses or task.status in statuses]
        page = found[max(start, 0) : max(start, 0) + max(count, 0)]
        return TaskPage(len(found), tuple(view(task, seen.graph) for task in page))

    async def task(self, task_id: str) -> TaskView:
        """The durable state of a task."""
        workflow_id = await self._store.workflow_of(task_id)
        if workflow_id is not None:
            seen = await self._runner.read(workflow_id)
            for task in seen.tasks:
                if task.task_id == task_id:
                    return view(task, seen.graph)
        raise NotFound(f"Task not found for taskId: {task_id}")

    async def tasks_found(self, search: Search) -> TaskPage:
        """One page of tasks of all executions; one whose execution has just been removed is left out."""
        found = await self._store.search_tasks(search)
        views = [await self._view_of(task) for task in found.results]
        return TaskPage(found.total_hits, tuple(each for each in views if each is not None))

    async def _view_of(self, task: Task) -> TaskView | None:
        with contextlib.suppress(NotFound):
            return view(task, (await self._runner.read(task.workflow_instance_id)).graph)
        return None

    async def workflows_found(self, search: Search) -> WorkflowPage:
        """One page of executions without their tasks; one that has just been removed is left out."""
        page = await self._store.search(search)
        found: list[WorkflowView] = []
        for summary in page.results:
            with contextlib.suppress(NotFound):
                found.append(await self.workflow(summary.workflow_id, include_tasks=False))
        return WorkflowPage(page.total_hits, tuple(found))

    async def owner(self, workflow_id: str, task_id: str | None) -> str:
        """The execution in this tree that holds a task: this one, or a descendant of it that has ended like it."""
        owner = await self._store.workflow_of(task_id) if task_id else None
        if owner is None or owner == workflow_id:
            return workflow_id
        above: str | None = owner
        while above is not None and above != workflow_id:
            above = (await self._runner.read(above)).header.parent_workflow_id
        if above is None:
            return workflow_id  # of another tree: the rules say that it is not found
        status = (await self._runner.read(workflow_id)).header.status
        if not status.terminal:
            raise Conflict(f"Workflow: {workflow_id} is not in terminal state, unable to rerun.")
        return owner

    async def running(self, name: str, version: int | None = None) -> list[str]:
        """Ids of the executions of that name (and version, D28) that have not ended, oldest first: those that are
        paused count as running here."""
        return await self._ids(name, version, OneOf("status", OPEN))

    async def started_between(self, name: str, version: int | None, start: int, end: int) -> list[str]:
        """Ids of the executions of that name that were started in this time, closed ones too, oldest first."""
        return await self._ids(name, version, Comparison("startTime", ">=", start), Comparison("startTime", "<=", end))

    async def _ids(self, name: str, version: int | None, *conditions: Query) -> list[str]:
        parts: list[Query] = [Comparison("workflowType", "=", name), *conditions]
        if version:
            parts.append(Comparison("version", "=", version))
        found: list[str] = []
        while True:
            page = Search(And(tuple(parts)), start=len(found), size=PAGE, sort=(Sort("startTime"),))
            results = (await self._store.search(page)).results
            found += [summary.workflow_id for summary in results]
            if len(results) < PAGE:
                return found

    async def correlated(
        self, name: str, correlation_ids: Sequence[str], include_closed: bool, include_tasks: bool
    ) -> dict[str, list[WorkflowView]]:
        """Executions of a name by correlation id; only those that are RUNNING, unless asked."""
        found: dict[str, list[WorkflowView]] = {}
        for correlation_id in correlation_ids:
            ids = await self._store.correlated(name, correlation_id)
            views = [await self.workflow(workflow_id, include_tasks) for workflow_id in ids]
            found[correlation_id] = [
                each for each in views if include_closed or each.header.status is WorkflowStatus.RUNNING
            ]
        return found
