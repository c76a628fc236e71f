"""A world for the pure engine: a clock that stands still, ids that count, and one execution driven by `decide` alone.

`World.do` applies decisions as the runner does, and keeps beside the execution what a store would hold after the same
commits: header, tasks, queue entries, deadlines. So a test can compare the two, and can see what a commit says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from engine.catalog import Catalog
from engine.commands import Command, Expire, HandOut, Start, UpdateTask
from engine.decide import decide
from engine.definitions import JsonObject, WorkflowDef, WorkflowTask
from engine.draft import Decision, Draft, Execution
from engine.flow import reconcile
from engine.model import Millis, Task, Workflow
from engine.ports import Commit, QueueEntry
from engine.questions import Complete, Evaluate, Evaluated, Jitter, MissingDefinition, Question, Steps, WorkerActive
from engine.requests import TaskResult
from engine.rows import Rows
from engine.status import TaskStatus, WorkflowStatus
from engine.tasks import task_type
from engine.timeouts import IN_SERVER
from storage.memory import MemoryStore

BEGINNING: Millis = 1_700_000_000_000
SECOND = 1000
MOST_LOOKS = 1000
T = TypeVar("T")


class FakeClock:
    """A clock that only a test moves."""

    def __init__(self, now: Millis = BEGINNING) -> None:
        self._now = now

    def now(self) -> Millis:
        return self._now

    def forward(self, seconds: float) -> None:
        self._now += int(seconds * SECOND)


class CountingIds:
    """Ids in order; `first` lets a second life of a server go on without repeating those of the first."""

    def __init__(self, first: int = 1) -> None:
        self.next = first

    def new(self) -> str:
        self.next += 1
        return f"id-{self.next - 1:06}"


class Surroundings(msgspec.Struct):
    """What the engine may ask about: live workers as (type, domain), definitions that exist, and luck."""

    active: frozenset[tuple[str, str]] = frozenset()
    registered: frozenset[str] = frozenset()
    jitter: float = 0.5
    evaluate: Callable[[Evaluate], Evaluated] = lambda question: Evaluated(error=f"no {question.language} here")

    def answer(self, question: Question) -> object:
        match question:
            case WorkerActive(kind, domain):
                return (kind, domain) in self.active
            case MissingDefinition(name, version):
                said = f"No such workflow defined. name={name}, version={version or 'null'}"
                return None if name in self.registered else said
            case Jitter(limit):
                return int(limit * self.jitter)
            case Evaluate():
                return self.evaluate(question)
            case Complete(nodes):
                return list(nodes)


class Durable:
    """What a store holds after the commits so far."""

    def __init__(self) -> None:
        self.header: Workflow | None = None
        self.tasks: dict[str, Task] = {}
        self.entries: dict[str, QueueEntry] = {}
        self.claimed: set[str] = set()
        self.deadlines: dict[str, Millis] = {}
        """By task id, and "" for the workflow's; what was handed out is gone until it is stated again."""

    def apply(self, commit: Commit) -> None:
        """As the port promises (engine.ports.Commit)."""
        if commit.header is not None:
            self.header = commit.header
            self._state("", commit.header.deadline)
        elif not commit.touch:
            assert self.header is not None
            self.header = msgspec.structs.replace(
                self.header, version=commit.expected + 1, update_time=commit.update_time
            )
        for task_id in commit.removed:
            del self.tasks[task_id]
            self._state(task_id, 0)
        for task in commit.tasks:
            self.tasks[task.task_id] = task
            self._state(task.task_id, task.deadline)
        for task_id in (*commit.removed, *commit.dequeue):
            self.entries.pop(task_id, None)
            self.claimed.discard(task_id)
        for entry in commit.enqueue:
            self.entries[entry.task_id] = entry
            self.claimed.discard(entry.task_id)

    def _state(self, task_id: str, at: Millis) -> None:
        if at:
            self.deadlines[task_id] = at
        else:
            self.deadlines.pop(task_id, None)


class World:
    """One execution, its clock and its surroundings."""

    def __init__(self, definition: WorkflowDef, around: Surroundings | None = None, **header: Any) -> None:
        self.clock, self.ids = FakeClock(), CountingIds()
        self.around = around or Surroundings()
        self.durable = Durable()
        self.commits: list[Commit] = []
        graph, self.snapshot = Catalog(MemoryStore(), self.clock).snapshot(definition, registered=False)
        made = Workflow(
            workflow_id="workflow",
            workflow_name=definition.name,
            workflow_version=definition.version,
            definition_id=graph.definition_id,
            create_time=self.clock.now(),
            variables=definition.variables,
        )
        self.execution = Execution(msgspec.structs.replace(made, **header), graph, Rows())

    @classmethod
    def started(cls, definition: WorkflowDef, around: Surroundings | None = None, **header: Any) -> World:
        """A world in which the execution has just begun."""
        world = cls(definition, around, **header)
        world.do(Start(world.snapshot))
        return world

    # ------------------------------------------------------------------ doing

    def do(self, command: Command) -> Decision:
        """Decide, and apply the decision."""
        decision = self.decide(command)
        if decision.commit is not None:
            self._apply(decision, decision.commit)
        return decision

    def decide(self, command: Command) -> Decision:
        """Decide only."""
        return self._drive(decide(self.execution, command, self.clock.now(), self.ids))

    def _drive(self, steps: Steps[T]) -> T:
        try:
            question = next(steps)
            while True:
                question = steps.send(self.around.answer(question))
        except StopIteration as done:
            value: T = done.value
            return value

    def _apply(self, decision: Decision, commit: Commit) -> None:
        self.commits.append(commit)
        self.durable.apply(commit)
        execution = self.execution
        execution.header, execution.graph = decision.header, decision.graph
        if decision.rows is not None:
            execution.rows = decision.rows
            return
        for task_id in decision.removed:
            execution.rows.remove(task_id)
        for task in decision.changed:
            execution.rows.put(task)

    def nothing(self) -> Decision:
        """A decision that changes nothing."""
        return Draft(self.execution, self.clock.now(), self.ids).decision()

    def reconciled(self) -> Decision:
        """What the whole-workflow rules would change now."""
        draft = Draft(self.execution, self.clock.now(), self.ids)
        self._drive(reconcile(draft))
        return draft.decision()

    def answer(
        self, reference: str, status: str = "COMPLETED", output: JsonObject | None = None, **fields: Any
    ) -> Decision:
        """A worker reports on the open task of that reference name."""
        return self.do(UpdateTask(self.result(self.open(reference).task_id, status, output, **fields)))

    def result(
        self, task_id: str, status: str = "COMPLETED", output: JsonObject | None = None, **fields: Any
    ) -> TaskResult:
        return TaskResult("workflow", task_id, TaskStatus(status), output or {}, **fields)

    def pollable(self) -> list[QueueEntry]:
        """What a claim could take now, limits aside."""
        known = self.durable
        free = (entry for task_id, entry in known.entries.items() if task_id not in known.claimed)
        return [entry for entry in free if entry.available_at <= self.clock.now()]

    def poll(self, reference: str) -> Task:
        """Hand out the task of that reference name."""
        task = self.open(reference)
        assert task.task_id in {entry.task_id for entry in self.pollable()}, f"{reference} is not pollable"
        self.hand_out(task.task_id)
        return self.open(reference)

    def hand_out(self, task_id: str, worker_id: str = "worker") -> Decision:
        self.durable.claimed.add(task_id)
        return self.do(HandOut(task_id, worker_id))

    def forward(self, seconds: float) -> None:
        """Let time pass, and do whatever is due at its very moment."""
        until, looks = self.clock.now() + int(seconds * SECOND), 0
        while (at := min(self.durable.deadlines.values(), default=until + 1)) <= until:
            self.clock.forward(max(at - self.clock.now(), 0) / SECOND)
            self.expire_due()
            looks += 1
            assert looks < MOST_LOOKS, "a deadline comes back for ever"
        self.clock.forward((until - self.clock.now()) / SECOND)

    def expire_due(self) -> None:
        """Hand out every deadline that has passed, once, as the timer does."""
        now = self.clock.now()
        for task_id in [task_id for task_id, at in self.durable.deadlines.items() if at <= now]:
            if self.durable.deadlines.get(task_id, now + 1) <= now:
                del self.durable.deadlines[task_id]
                self.do(Expire(task_id))

    # ------------------------------------------------------------------ looking

    @property
    def header(self) -> Workflow:
        return self.execution.header

    @property
    def status(self) -> WorkflowStatus:
        return self.execution.header.status

    @property
    def rows(self) -> Rows:
        return self.execution.rows

    def newest(self, reference: str) -> Task:
        """The newest attempt under a reference name."""
        task = self.rows.newest(reference)
        assert task is not None, f"no row of {reference}; there are {self.references()}"
        return task

    def open(self, reference: str) -> Task:
        """The newest attempt under a reference name, which must be open."""
        task = self.newest(reference)
        assert not task.status.terminal, f"{reference} is {task.status}: {task.reason_for_incompletion}"
        return task

    def references(self) -> list[str]:
        return [task.reference_task_name for task in self.rows]

    def table(self) -> list[tuple[str, str]]:
        """Reference name and status of every row, by `seq`."""
        return [(task.reference_task_name, task.status.value) for task in self.rows]

    def queued(self) -> list[str]:
        """Reference names of what is on a queue, claimed or not."""
        return sorted(self.durable.tasks[task_id].reference_task_name for task_id in self.durable.entries)

    def worker_tasks(self) -> Iterable[Task]:
        """The open tasks that workers poll, and those that wait for the server's own workers or are with them."""
        scheduled = TaskStatus.SCHEDULED
        return (
            task
            for task in self.rows.open()
            if task_type(self.node(task).type).worker or (task.task_type in IN_SERVER and task.status is scheduled)
        )

    def node(self, task: Task) -> WorkflowTask:
        node = task.own_node or self.execution.graph.node(task.node)
        assert node is not None
        return node
