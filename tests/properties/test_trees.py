"""Anything may happen to trees of executions, in any order and with crashes in between: what must hold, holds after
every step, and from wherever they have got to, answering what is open ends all of them (DESIGN §8)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.definitions import WorkflowDef
from engine.requests import RerunWorkflowRequest, SkipTaskRequest, TaskResult
from engine.status import TaskStatus, WorkflowStatus
from tests.properties import family
from tests.properties.forest import Forest
from tests.properties.scripts import STATUSES, TYPES
from tests.properties.trees import trees

LONG = settings().max_examples > 50
ENDS = tuple(status for status in WorkflowStatus if status.terminal)
OPEN = tuple(status for status in WorkflowStatus if not status.terminal)
picks = st.integers(0, 30)
outputs = st.fixed_dictionaries({}, optional={"x": st.sampled_from(("a", "b", None))})
orders = st.sampled_from(("pause", "resume", "terminate", "decide", "reset_callbacks"))
revivals = st.sampled_from(("restart", "retry", "resume_children", "rerun"))


class ATree(RuleBasedStateMachine):
    """Executions of a random tree, and everything that clients, workers, operators, time and power cuts do to them."""

    forest: Forest

    @initialize(definitions=trees)
    def begin(self, definitions: tuple[WorkflowDef, ...]) -> None:
        self.forest = Forest(definitions)
        self.reports: list[TaskResult] = []
        self.forest.start()

    @precondition(lambda self: len(self.forest.ids_of_all()) < 6)
    @rule()
    def start(self) -> None:
        self.forest.start()

    # ------------------------------------------------------------------ workers

    @rule(kind=st.sampled_from(TYPES))
    def poll(self, kind: str) -> None:
        self.forest.run(self.forest.engine.poll(kind, "worker", None, 2, 0))

    @precondition(lambda self: self.forest.open_work())
    @rule(pick=picks, status=st.sampled_from(STATUSES), output=outputs)
    def report(self, pick: int, status: str, output: dict[str, Any]) -> None:
        tasks = self.forest.open_work()
        task = tasks[pick % len(tasks)]
        result = TaskResult(task.workflow_instance_id, task.task_id, TaskStatus(status), output, "because")
        self.reports.append(result)
        self.forest.run(self.forest.engine.update_task(result))

    @precondition(lambda self: self.reports)
    @rule(pick=picks)
    def report_something_old_again(self, pick: int) -> None:
        self.forest.tried(self.forest.engine.update_task(self.reports[pick % len(self.reports)]))

    @precondition(lambda self: self.children())
    @rule(pick=picks, status=st.sampled_from((TaskStatus.COMPLETED, TaskStatus.FAILED)))
    def report_instead_of_a_child(self, pick: int, status: TaskStatus) -> None:
        task = self.children()[pick % len(self.children())]
        self.forest.by_hand.add(task.task_id)
        result = TaskResult(task.workflow_instance_id, task.task_id, status)
        self.forest.run(self.forest.engine.update_task(result))

    def children(self) -> list[Any]:
        return self.forest.tasks(lambda task: task.task_type == "SUB_WORKFLOW" and not task.status.terminal)

    # ------------------------------------------------------------------ time, effects, power cuts

    @rule(seconds=st.sampled_from((0.5, 2, 6, 40)))
    def wait(self, seconds: float) -> None:
        self.forest.clock.forward(seconds)
        self.forest.run(self.forest.engine.timer.run_due())

    @precondition(lambda self: self.forest.pending)
    @rule(pick=picks)
    def carry_out(self, pick: int) -> None:
        waiting = list(self.forest.pending)
        self.forest.carry_out(waiting[pick % len(waiting)])

    @precondition(lambda self: self.forest.pending)
    @rule()
    def settle(self) -> None:
        self.forest.settle()
        family.check_at_rest(self.forest)

    @rule()
    def crash(self) -> None:
        self.forest.crash()

    @precondition(lambda self: self.forest.pending)
    @rule(pick=picks)
    def crash_between_an_effect_and_crossing_it_out(self, pick: int) -> None:
        waiting = list(self.forest.pending)
        self.forest.crash(within=waiting[pick % len(waiting)])

    # ------------------------------------------------------------------ operators

    @precondition(lambda self: self.forest.with_status(*OPEN))
    @rule(order=orders, pick=picks)
    def operate(self, order: str, pick: int) -> None:
        chosen = self.any_of(pick, OPEN)
        self.forest.tried(getattr(self.forest.engine, order)(chosen))

    @precondition(lambda self: self.forest.with_status(*ENDS))
    @rule(order=revivals, pick=picks)
    def revive(self, order: str, pick: int) -> None:
        chosen, engine = self.any_of(pick, ENDS), self.forest.engine
        steps: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "restart": lambda: engine.restart(chosen, use_latest_definitions=bool(pick % 2)),
            "retry": lambda: engine.retry(chosen),
            "resume_children": lambda: engine.retry(chosen, resume_subworkflow_tasks=True),
            "rerun": lambda: engine.rerun(chosen, RerunWorkflowRequest()),
        }
        self.forest.tried(steps[order]())

    @precondition(lambda self: self.forest.with_status(*ENDS))
    @rule(pick=picks, task=picks)
    def rerun_from(self, pick: int, task: int) -> None:
        """From any task of the tree, in the execution itself or below it."""
        tasks = self.forest.tasks(lambda _: True)
        if tasks:
            request = RerunWorkflowRequest(re_run_from_task_id=tasks[task % len(tasks)].task_id)
            self.forest.tried(self.forest.engine.rerun(self.any_of(pick, ENDS), request))

    @rule(pick=picks, node=picks)
    def skip(self, pick: int, node: int) -> None:
        if not self.forest.ids_of_all():
            return
        chosen = self.any_of(pick, tuple(WorkflowStatus))
        names = sorted(self.forest.world(chosen).execution.graph.places)
        self.forest.tried(self.forest.engine.skip_task(chosen, names[node % len(names)], SkipTaskRequest()))

    @precondition(lambda self: self.forest.ids_of_all())
    @rule(pick=picks, first_end_it=st.booleans())
    def remove(self, pick: int, first_end_it: bool) -> None:
        chosen, engine = self.any_of(pick, tuple(WorkflowStatus)), self.forest.engine
        remove = engine.terminate_and_remove if first_end_it else engine.remove
        self.forest.tried(remove(chosen, archive=False))

    def any_of(self, pick: int, statuses: tuple[WorkflowStatus, ...]) -> str:
        ids = self.forest.with_status(*statuses)
        return ids[pick % len(ids)]

    # ------------------------------------------------------------------ what holds

    @invariant()
    def each_execution_is_sound(self) -> None:
        if hasattr(self, "forest"):
            family.check_touched(self.forest)

    def teardown(self) -> None:
        if not hasattr(self, "forest"):
            return
        try:
            self.forest.everything_ends()
            family.check_touched(self.forest)
            family.check_at_rest(self.forest)
            assert not self.forest.queue_sizes()
        finally:
            self.forest.close()


TestATree = ATree.TestCase
TestATree.settings = settings(max_examples=5_000 if LONG else 12, stateful_step_count=25)
TestATree = pytest.mark.timeout(3600 if LONG else 200)(TestATree)
