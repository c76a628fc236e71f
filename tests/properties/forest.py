"""Trees of executions on a whole engine, every step of which a test takes itself: time, effects and crashes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

import msgspec

from engine import crash_points
from engine.api import Engine
from engine.definitions import WorkflowDef
from engine.draft import Execution
from engine.errors import ConductorError
from engine.model import Task
from engine.ports import Store
from engine.requests import StartWorkflowRequest, TaskResult
from engine.rows import Rows
from engine.search import Search
from engine.status import TaskStatus, WorkflowStatus
from engine.workers.http import Http
from engine.workers.http_client import HttpAnswer, HttpRequest, NoAnswer
from storage.memory import MemoryStore
from tests.properties.definitions import FAILURE_WORKFLOW
from tests.properties.scripts import LAST
from tests.properties.tardy import Tardy
from tests.properties.trees import LEAF, MIDDLE, ROOT
from tests.properties.watched import Watched
from tests.world import CountingIds, FakeClock, Surroundings, World

T = TypeVar("T")
INPUT = {"soon": "soon", "list": [1, 2]}
AROUND = Surroundings(registered=frozenset({FAILURE_WORKFLOW, LEAF, MIDDLE, ROOT}))
DONE_NOT_CROSSED_OUT = "outbox: effect done, not crossed out"
DAY_S = 86_400


class Killed(RuntimeError):
    """The server ended here."""


class NoHttp:
    """Nobody calls anybody here."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        raise NoAnswer(f"{request.uri} cannot be reached")

    async def close(self) -> None:
        """Nothing is open."""


class Forest:
    """An engine over a watched store. Effects stay in their outboxes until `carry_out`, and nothing happens by itself,
    unless `by_itself` lets effects be carried out as they come."""

    def __init__(self, definitions: Sequence[WorkflowDef], store: Store | None = None, by_itself: bool = False) -> None:
        self._runner, self._by_itself = asyncio.Runner(), by_itself
        self.store = Watched(store or MemoryStore())
        self.tardy = Tardy(cast(Store, self.store))
        self.clock, self.ids = FakeClock(), CountingIds()
        self.pending: dict[str, None] = {}
        """Executions whose outbox somebody should look into."""
        self.by_hand: set[str] = set()
        """SUB_WORKFLOW tasks on which somebody has reported instead of their child."""
        self._open()
        for definition in (LAST, *definitions):
            self.run(self.engine.metadata.register_workflow_def(definition, overwrite=True))

    def _open(self) -> None:
        self.engine = Engine(cast(Store, self.tardy), self.clock, self.ids, Http(NoHttp()))
        self.engine.timer.run = asyncio.Event().wait  # type: ignore[assignment]
        self.engine._evaluators.start = lambda: None  # type: ignore[method-assign]
        self.run(self.engine.start())
        self.run(self.engine.outbox.idle())
        if not self._by_itself:
            self.engine._runner.posted = self._posted

    def _posted(self, workflow_id: str) -> None:
        self.pending[workflow_id] = None

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        """The result of one step."""
        return self._runner.run(steps)

    def tried(self, steps: Awaitable[object]) -> ConductorError | None:
        """The refusal of a step that may be refused."""

        async def attempt() -> ConductorError | None:
            try:
                await steps
            except ConductorError as error:
                return error
            return None

        return self.run(attempt())

    def close(self) -> None:
        """Forget everything."""
        self.run(self.engine.stop())
        self._runner.close()

    # ------------------------------------------------------------------ what happens

    def start(self, name: str = ROOT) -> str:
        return self.run(self.engine.start_workflow(StartWorkflowRequest(name, input=INPUT)))

    def carry_out(self, workflow_id: str) -> None:
        """Do all effects of one execution; those that they lead to elsewhere wait."""

        async def all_of_it() -> None:
            self.engine.outbox.posted(workflow_id)
            await self.engine.outbox.idle()

        self.pending.pop(workflow_id, None)
        self.run(all_of_it())

    def settle(self) -> None:
        """Do all effects everywhere, and what is due."""
        while True:
            while self.pending:
                self.carry_out(next(iter(self.pending)))
            self.run(self.engine.outbox.idle())
            self.run(self.engine.check())  # a poll does not wait for its flush, but this writes behind it
            if not self.run(self.engine.timer.run_due()):
                return

    def crash(self, within: str | None = None) -> None:
        """The process ends; with `within` while it carries out the effects of that execution, between the first one
        and crossing it out. Another one starts, which finishes what it finds."""
        if within is not None:
            crash_points.arm(DONE_NOT_CROSSED_OUT, 1, _killed)
            try:
                self.carry_out(within)
            finally:
                crash_points.disarm()
        self.pending.clear()
        self.run(self.engine.stop())
        self._open()

    # ------------------------------------------------------------------ what there is

    def ids_of_all(self) -> list[str]:
        return list(self.store.known)

    def world(self, workflow_id: str) -> World:
        """One execution as it is stored, for the invariants."""
        durable = self.store.known[workflow_id]
        stored = self.run(self.store.load(workflow_id))
        world = World.__new__(World)
        world.durable, world.clock, world.ids, world.around = durable, self.clock, CountingIds(900_000), AROUND
        graph = self.run(self.engine.catalog.graph(stored.header.definition_id))
        world.execution = Execution(stored.header, graph, Rows(stored.tasks))
        return world

    def tasks(self, wanted: Callable[[Task], bool]) -> list[Task]:
        """Of all executions, in an order that does not change by itself."""
        found = (task for known in self.store.known.values() for task in known.tasks.values())
        return sorted(filter(wanted, found), key=lambda task: (task.workflow_instance_id, task.seq))

    def open_work(self) -> list[Task]:
        """What can be answered from outside: not JOINs and loops, and of children only what is in them."""
        return self.tasks(lambda task: not task.status.terminal and task.task_type not in _OF_THE_ENGINE)

    def with_status(self, *statuses: WorkflowStatus) -> list[str]:
        headers = (known.header for known in self.store.known.values())
        return [header.workflow_id for header in headers if header is not None and header.status in statuses]

    # ------------------------------------------------------------------ the way to the end

    def everything_ends(self) -> None:
        """Answer what is open until nothing is; with nothing to answer, time must help."""
        answers = 0
        self.settle()
        while unfinished := self.with_status(WorkflowStatus.RUNNING, WorkflowStatus.PAUSED):
            for workflow_id in self.with_status(WorkflowStatus.PAUSED):
                self.tried(self.engine.resume(workflow_id))  # resuming one may end another
            work = self.open_work()
            if work:
                result = TaskResult(work[0].workflow_instance_id, work[0].task_id, TaskStatus.COMPLETED)
                self.run(self.engine.update_task(result))
            else:
                self.clock.forward(DAY_S)
            self.settle()
            answers += 1
            assert answers <= MOST_ANSWERS, [self.story(workflow_id) for workflow_id in unfinished]

    def story(self, workflow_id: str) -> object:
        """An execution in a few words, for messages."""
        world = self.world(workflow_id)
        header = world.header
        return header.workflow_name, workflow_id, header.status.value, header.parent_workflow_id, world.table()

    def searched(self) -> dict[str, WorkflowStatus]:
        """What search shows."""
        page = self.run(self.engine.search(Search(size=1000)))
        return {summary.workflow_id: summary.status for summary in page.results}

    def queue_sizes(self) -> dict[str, int]:
        return {queue: size for queue, size in self.run(self.store.queue_sizes()).items() if size}


_OF_THE_ENGINE = frozenset({"JOIN", "DO_WHILE", "SUB_WORKFLOW", "FORK"})
MOST_ANSWERS = 300


def _killed() -> None:
    raise Killed(DONE_NOT_CROSSED_OUT)


def plain(task: Task) -> Task:
    """A row without what counts commits."""
    return msgspec.structs.replace(task, rev=0, update_time=0)
