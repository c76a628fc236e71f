"""Test runs (§5.14): a definition with mocked outcomes, on a clock of its own. Nothing is stored, called or published.

A trial drives `decide` as the runner does, but keeps the execution to itself. What happens next is the earliest of what
can happen: a mocked task is taken or reported, a timer strikes, a child that was tried the same way has ended. When
only tasks without a mock are left, the trial is over and the execution is shown as it stands then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from engine.commands import ChildEnded, Command, EffectDone, Expire, HandOut, Start, UpdateTask
from engine.draft import Execution
from engine.effects import StartWorkflow
from engine.errors import NotFound
from engine.model import Millis, Task, Workflow
from engine.ports import Clock, Document, Ids
from engine.requests import TaskMock, TaskResult, WorkflowTestRequest
from engine.runner import Answer, absorb, decided, seen
from engine.starting import Starter
from engine.tasks import task_type
from engine.timeouts import IN_SERVER
from engine.views import WorkflowView, view

MOST_STEPS = 20_000
"""How much may happen in one test run, its children included."""
MOST_DEPTH = 20
"""How deep children are tried; a workflow may contain itself."""


class Step(NamedTuple):
    """Something that can happen, and when."""

    at: Millis
    command: Command


class Trials:
    """Runs tests."""

    def __init__(self, starter: Starter, answer: Answer, clock: Clock, ids: Ids) -> None:
        self._starter, self._answer, self._clock, self._ids = starter, answer, clock, ids

    async def run(self, request: WorkflowTestRequest) -> WorkflowView:
        """The execution as it is when it has ended, or when nothing more can happen without a mock."""
        now = self._clock.now()
        header = Workflow(
            workflow_id=self._ids.new(),
            workflow_name=request.name,
            workflow_version=request.version or 0,
            definition_id="",
            input=request.input or {},
            correlation_id=request.correlation_id,
            priority=request.priority,
            # a domain in which no worker polls, as in the reference
            task_to_domain={"*": self._ids.new()},
        )
        ground = Ground(self._starter, self._answer, self._ids)
        trial = Trial(ground, *self._starter.prepared(header, request.workflow_def, request.version, now), request, now)
        await trial.run()
        state = seen(trial.execution)
        return WorkflowView(
            state.header, state.graph.definition, tuple(view(task, state.graph) for task in state.tasks)
        )


class Ground:
    """What the trials of one tree share."""

    def __init__(self, starter: Starter, answer: Answer, ids: Ids) -> None:
        self.starter, self.answer, self.ids = starter, answer, ids
        self.steps_left = MOST_STEPS


class Trial:
    """One execution of a test run."""

    def __init__(
        self, ground: Ground, execution: Execution, snapshot: Document, request: WorkflowTestRequest, now: Millis,
        depth: int = 0,
    ) -> None:  # fmt: skip
        self._ground, self.execution, self._snapshot = ground, execution, snapshot
        self._request, self._now, self._depth = request, now, depth
        self._mocks = {name: iter(mocks) for name, mocks in request.task_ref_to_mock_output.items()}
        self._drawn: dict[str, TaskMock | None] = {}
        """By task, what it shall report next."""
        self._taken: dict[str, Millis] = {}
        self._children: dict[str, Workflow | None] = {}
        """By task, its child's header once that has ended."""
        self._struck: set[tuple[str, Millis]] = set()

    async def run(self) -> None:
        """Until it ends, nothing more can happen, or too much has happened."""
        await self._do(Start(self._snapshot))
        while not self.execution.header.status.terminal and self._ground.steps_left > 0:
            await self._try_children()
            step = self._next()
            if step is None:
                return
            self._now = max(self._now, step.at)
            await self._do(step.command)
            await asyncio.sleep(0)  # others want the loop too

    async def _do(self, command: Command) -> None:
        self._ground.steps_left -= 1
        ground = self._ground
        absorb(self.execution, await decided(self.execution, command, self._now, ground.ids, ground.answer))
        if isinstance(command, HandOut):
            self._taken[command.task_id] = self._now
        elif isinstance(command, UpdateTask):
            # what is handed back draws its next mock
            self._taken.pop(command.result.task_id, None)
            self._drawn.pop(command.result.task_id, None)

    def _next(self) -> Step | None:
        """The earliest of what can happen; a deadline only when it comes before that."""
        step = min(self._moves(), key=lambda step: step.at, default=None)
        if step is None:
            return None
        for task_id, at in self._deadlines():
            if at < step.at and (task_id, at) not in self._struck:
                self._struck.add((task_id, at))
                return Step(at, Expire(task_id))
        return step

    def _deadlines(self) -> list[tuple[str, Millis]]:
        known = [(task.task_id, task.deadline) for task in self.execution.rows.open() if task.deadline]
        if self.execution.header.deadline:
            known.append(("", self.execution.header.deadline))
        return sorted(known, key=lambda pair: pair[1])

    def _moves(self) -> Iterator[Step]:
        for task in self.execution.rows.open():
            mock, child = self._mock(task), self._children.get(task.task_id)
            if mock is not None:
                yield self._reported(task, mock)
            elif child is not None:
                yield Step(child.end_time, ChildEnded(task.task_id, child))
            elif task.wait_timeout:
                yield Step(task.wait_timeout, Expire(task.task_id))

    def _mock(self, task: Task) -> TaskMock | None:
        if task.task_id not in self._drawn:
            mocks = self._mocks.get(task.reference_task_name) or self._mocks.get(task.node)
            self._drawn[task.task_id] = next(mocks, None) if mocks is not None else None
        return self._drawn[task.task_id]

    def _reported(self, task: Task, mock: TaskMock) -> Step:
        """A worker's task is taken from its queue and then reported, any other only reported."""
        queued = max(task.available_at, task.scheduled_time + mock.queue_wait_time)
        in_server = task.task_type in IN_SERVER
        polled = in_server or task_type(task.task_type).worker
        if polled and task.task_id not in self._taken:
            return Step(queued, HandOut(task.task_id, None, in_server))
        begun = self._taken.get(task.task_id, queued)
        result = TaskResult(task.workflow_instance_id, task.task_id, mock.status, mock.output)
        return Step(begun + mock.execution_time, UpdateTask(result))

    # ------------------------------------------------------------------ children

    async def _try_children(self) -> None:
        """Run the children that have been asked for since the last step."""
        for effect in self.execution.header.outbox:
            if not isinstance(effect, StartWorkflow) or effect.parent_task_id is None:
                continue
            task = self.execution.rows.get(effect.parent_task_id)
            wanted = task is not None and task.sub_workflow_id == effect.workflow_id and not task.status.terminal
            if task is None or not wanted or self._mock(task) is not None or task.task_id in self._children:
                continue
            self._children[task.task_id] = None
            if self._depth < MOST_DEPTH:
                await self._try_child(task, effect)

    async def _try_child(self, task: Task, effect: StartWorkflow) -> None:
        requests, header = self._request.sub_workflow_test_request, self.execution.header
        request = requests.get(task.reference_task_name) or requests.get(task.node) or WorkflowTestRequest(effect.name)
        child = Workflow(
            workflow_id=effect.workflow_id,
            workflow_name=effect.name,
            workflow_version=effect.version or 0,
            definition_id="",
            input=effect.input,
            correlation_id=effect.correlation_id,
            task_to_domain=header.task_to_domain,
            priority=effect.priority,
            parent_workflow_id=header.workflow_id,
            parent_workflow_task_id=task.task_id,
        )
        try:
            prepared = self._ground.starter.prepared(child, effect.definition, effect.version or None, self._now)
        except NotFound as error:
            await self._do(EffectDone(effect.key, error.message))
            return
        trial = Trial(self._ground, *prepared, request, self._now, self._depth + 1)
        await trial.run()
        ended = trial.execution.header
        self._children[task.task_id] = ended if ended.status.terminal else None
