"""Anything may happen to an execution, in any order: what must hold, holds after every step (DESIGN §8)."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.commands import (
    Command,
    Decide,
    EffectDone,
    Expire,
    ExtendLease,
    HandOut,
    Pause,
    PushMessage,
    Rerun,
    Restart,
    Resume,
    Retry,
    SkipTask,
    Terminate,
    UpdateTask,
)
from engine.definitions import WorkflowDef
from engine.draft import Decision
from engine.errors import ConductorError
from engine.model import Task
from engine.requests import RerunWorkflowRequest, SkipTaskRequest, TaskResult
from engine.rows import unsettled
from engine.status import REPORTABLE, TaskStatus, WorkflowStatus
from engine.timeouts import IN_SERVER
from tests.properties import invariants
from tests.properties.definitions import FAILURE_WORKFLOW, evaluated, workflow_defs
from tests.world import Surroundings, World

REVIVALS = (Restart, Retry, Rerun)
picks = st.integers(0, 30)
values = st.sampled_from(("a", "b", "nowhere", None, 1, {"deep": ["er"]}))
outputs = st.fixed_dictionaries({}, optional={"x": values})
inputs = st.fixed_dictionaries({"soon": st.just("soon")}, optional={"x": values})
domains = st.sampled_from(({}, {"*": "one,two"}, {"work": "one,NO_DOMAIN", "MY_OWN_TYPE": "two"}))
statuses = st.sampled_from(
    (*[TaskStatus.COMPLETED] * 4, *[TaskStatus.FAILED] * 3, TaskStatus.IN_PROGRESS, *sorted(REPORTABLE))
)
around = st.builds(
    Surroundings,
    active=st.sets(st.sampled_from((("work", "one"), ("MY_OWN_TYPE", "two"))), max_size=2).map(frozenset),
    registered=st.just(frozenset({FAILURE_WORKFLOW})),
    jitter=st.sampled_from((0.0, 1.0)),
    evaluate=st.just(evaluated),
)

orders = st.one_of(
    st.sampled_from((Pause(), Resume(), Decide(), Terminate("enough"), Restart(), Retry())),
    st.builds(Rerun, st.builds(RerunWorkflowRequest, workflow_input=st.none() | inputs)),
)


class AnExecution(RuleBasedStateMachine):
    """One execution, and everything that clients, workers, operators and time do to it."""

    world: World

    @initialize(
        definition=workflow_defs(in_server=True),
        around=around,
        given=inputs,
        domains=domains,
        priority=st.sampled_from((0, 7)),
    )
    def begin(
        self,
        definition: WorkflowDef,
        around: Surroundings,
        given: dict[str, Any],
        domains: dict[str, str],
        priority: int,
    ) -> None:
        self.world = World.started(definition, around, input=given, task_to_domain=domains, priority=priority)
        self.reports: list[TaskResult] = []
        self.pushed = 0

    # ------------------------------------------------------------------ workers

    @precondition(lambda self: self.world.pollable())
    @rule(pick=picks)
    def poll(self, pick: int) -> None:
        entries = self.world.pollable()
        entry = entries[pick % len(entries)]
        self.world.durable.claimed.add(entry.task_id)
        decision = self.do(HandOut(entry.task_id, "worker", in_server=entry.queue in IN_SERVER))
        if decision.commit is None:
            # its time is over: the timer, which is late here, ends it
            self.world.durable.claimed.discard(entry.task_id)

    @precondition(lambda self: self.world.rows.open())
    @rule(pick=picks, status=statuses, output=outputs, callback=st.sampled_from((0, 0, 3)))
    def report(self, pick: int, status: TaskStatus, output: dict[str, Any], callback: int) -> None:
        tasks = self.world.rows.open()
        task = tasks[pick % len(tasks)]
        result = self.world.result(task.task_id, status, output, callback_after_seconds=callback, worker_id="worker")
        self.reports.append(result)
        self.do(UpdateTask(result))
        self.the_same_report_changes_nothing(result)

    def the_same_report_changes_nothing(self, result: TaskResult) -> None:
        """(5) Nothing at all when the task ended; a task that was handed back is handed back, no more than that."""
        world, before = self.world, plain(self.world)
        decision = self.do(UpdateTask(result))
        if result.status is not TaskStatus.IN_PROGRESS:
            assert decision.commit is None
        assert plain(world) == before

    @precondition(lambda self: any(task.task_type in IN_SERVER and task.start_time for task in self.world.rows))
    @rule(pick=picks, status=statuses, stale=st.booleans())
    def the_server_reports(self, pick: int, status: TaskStatus, stale: bool) -> None:
        """On a run that it has begun; one that was overtaken changes nothing."""
        begun = [task for task in self.world.rows if task.task_type in IN_SERVER and task.start_time]
        task = begun[pick % len(begun)]
        result = self.world.result(task.task_id, status, {"x": "answer"})
        decision = self.do(UpdateTask(result, begun=task.start_time - stale))
        assert not stale or decision.commit is None

    @precondition(lambda self: self.reports)
    @rule(pick=picks)
    def report_something_old_again(self, pick: int) -> None:
        self.do(UpdateTask(self.reports[pick % len(self.reports)]))

    @precondition(lambda self: len(self.world.rows) > 0)
    @rule(pick=picks)
    def extend_lease(self, pick: int) -> None:
        self.do(ExtendLease(self.any_task(pick).task_id))

    @rule(output=outputs)
    def push(self, output: dict[str, Any]) -> None:
        """At most three wait."""
        self.pushed += 1
        self.do(PushMessage(f"message-{self.pushed}", output, limit=3))

    # ------------------------------------------------------------------ time

    @rule(seconds=st.sampled_from((0.2, 1, 2.5, 5, 30)))
    def wait(self, seconds: float) -> None:
        """The timer looks once, late."""
        self.world.clock.forward(seconds)
        now, deadlines = self.world.clock.now(), self.world.durable.deadlines
        for task_id in [task_id for task_id, at in deadlines.items() if at <= now]:
            if deadlines.get(task_id, now + 1) <= now:
                del deadlines[task_id]
                self.do(Expire(task_id))

    # ------------------------------------------------------------------ operators

    @rule(command=orders)
    def operate(self, command: Command) -> None:
        self.do(command)

    @precondition(lambda self: self.world.status.terminal)
    @rule(command=st.sampled_from((Restart(), Retry(), Rerun(RerunWorkflowRequest()))))
    def revive(self, command: Command) -> None:
        self.do(command)

    @precondition(lambda self: self.world.status.terminal and len(self.world.rows) > 0)
    @rule(pick=picks, given=st.none() | outputs)
    def rerun_from(self, pick: int, given: dict[str, Any] | None) -> None:
        target = self.any_task(pick).task_id
        self.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=target, task_input=given)))

    @rule(pick=picks, output=outputs)
    def skip(self, pick: int, output: dict[str, Any]) -> None:
        names = sorted(self.world.execution.graph.places)
        self.do(SkipTask(names[pick % len(names)], SkipTaskRequest(task_output=output)))

    @precondition(lambda self: self.world.header.outbox)
    @rule(error=st.none() | st.just("no such workflow"))
    def carry_out_an_effect(self, error: str | None) -> None:
        self.do(EffectDone(self.world.header.outbox[0].key, error))

    # ------------------------------------------------------------------ what holds

    def do(self, command: Command) -> Decision:
        """Decide twice: once only to see that deciding changes nothing by itself."""
        world = self.world
        before, status, rows = snapshot(world), world.status, list(world.rows)
        claimed = set(world.durable.claimed)
        try:
            world.decide(command)
            decision = world.do(command)
        except ConductorError:
            assert snapshot(world) == before
            world.durable.claimed = claimed
            return world.nothing()
        assert decision.commit is None or decision.header.version - decision.commit.expected == (
            not decision.commit.touch
        )
        self.what_has_ended_stays(command, status, rows)
        return decision

    def what_has_ended_stays(self, command: Command, status: WorkflowStatus, before: list[Task]) -> None:
        """(2) Only a revival changes what has ended; a terminated workflow may have failed before (D9)."""
        world = self.world
        if isinstance(command, REVIVALS):
            return
        if status.terminal and not isinstance(command, Terminate):
            assert world.status is status
            assert list(world.rows) == before
        for task in before:
            if task.status.terminal:
                now = world.rows.get(task.task_id)
                assert now is not None
                tolerated = unsettled(task) and now.status is TaskStatus.COMPLETED_WITH_ERRORS
                assert tolerated or now.status is task.status
                assert (now.output_data, now.end_time) == (task.output_data, task.end_time)

    @invariant()
    def all_invariants(self) -> None:
        invariants.check(self.world)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        if self.world.status is WorkflowStatus.PAUSED:
            self.world.do(Resume())
        invariants.answering_everything_ends_it(self.world)

    def any_task(self, pick: int) -> Task:
        tasks = list(self.world.rows)
        return tasks[pick % len(tasks)]


def snapshot(world: World) -> tuple[object, ...]:
    """Everything a decision could spoil, by value: values inside frozen rows included."""
    execution = world.execution
    stored = msgspec.json.encode((execution.header, list(execution.rows)))
    return stored, execution.graph.definition_id, execution.rows.open_count, len(world.commits)


def plain(world: World) -> object:
    """The execution without what counts commits."""
    rows = [msgspec.structs.replace(task, rev=0, update_time=0) for task in world.rows]
    return msgspec.structs.replace(world.header, version=0, update_time=0), rows, dict(world.durable.entries)


TestAnExecution = AnExecution.TestCase
TestAnExecution.settings = settings(stateful_step_count=25)
