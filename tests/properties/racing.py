"""Operations that race with each other on a small tree, and the states in which it may be when they begin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from engine.definitions import SubWorkflowParams, TaskDef, WorkflowDef, WorkflowTask
from engine.requests import RerunWorkflowRequest, SkipTaskRequest, TaskResult
from engine.search import Search
from engine.status import TaskStatus
from tests.properties.definitions import FAILURE_WORKFLOW
from tests.properties.forest import Forest

OUTER, INNER = "outer", "inner"
OVERDUE_S = 60


def _simple(reference: str) -> WorkflowTask:
    own = TaskDef("work", retry_count=0, timeout_seconds=30, timeout_policy="RETRY")
    return WorkflowTask("work", reference, task_definition=own)


def _inline(reference: str) -> WorkflowTask:
    given = {"evaluatorType": "javascript", "expression": "'slow'"}
    return WorkflowTask("compute", reference, type="INLINE", input_parameters=given)


def _definition(name: str, *tasks: WorkflowTask) -> WorkflowDef:
    return WorkflowDef(name=name, tasks=list(tasks), owner_email="owner@example.com", failure_workflow=FAILURE_WORKFLOW)


_CHILD = WorkflowTask("child", "child", type="SUB_WORKFLOW", sub_workflow_param=SubWorkflowParams(name=INNER))
DEFINITIONS = (
    _definition(INNER, _simple("x"), _inline("i"), WorkflowTask("wait", "w", type="WAIT")),
    _definition(
        OUTER,
        WorkflowTask("fork", "f", type="FORK_JOIN", fork_tasks=[[_CHILD], [_simple("b"), _inline("k")]]),
        WorkflowTask("join", "j", type="JOIN", join_on=["child", "k"]),
        _simple("c"),
        _inline("l"),
        _simple("d"),
    ),
)


class Race:
    """One tree, and the ids that operations name; what is gone is named all the same."""

    def __init__(self, forest: Forest) -> None:
        self.forest, self.engine = forest, forest.engine
        self.outer = forest.start(OUTER)
        forest.settle()
        found = forest.run(self.engine.search(Search(size=1000))).results
        self.inner = next(each.workflow_id for each in found if each.parent_workflow_id == self.outer)

    def task(self, workflow_id: str, reference: str) -> str:
        """The newest task of that name; an id that nobody has when there is none."""
        known = self.forest.store.known.get(workflow_id)
        rows = [row for row in known.tasks.values() if row.reference_task_name == reference] if known else []
        return max(rows, key=lambda row: row.seq).task_id if rows else "nobody"

    async def report(self, workflow_id: str, reference: str, status: TaskStatus = TaskStatus.COMPLETED) -> None:
        task_id = self.task(workflow_id, reference)
        await self.engine.update_task(TaskResult(workflow_id, task_id, status, {"by": reference}))

    async def rerun(self, workflow_id: str, reference: str | None = None) -> None:
        task_id = self.task(workflow_id, reference) if reference else None
        await self.engine.rerun(workflow_id, RerunWorkflowRequest(re_run_from_task_id=task_id))

    async def time(self) -> None:
        self.forest.clock.forward(OVERDUE_S)
        await self.engine.timer.run_due()


Operation = Callable[[Race], Awaitable[object]]
FAILED = TaskStatus.FAILED
OPERATIONS: dict[str, Operation] = {
    "pause": lambda race: race.engine.pause(race.outer),
    "resume": lambda race: race.engine.resume(race.outer),
    "terminate": lambda race: race.engine.terminate(race.outer, "enough"),
    "terminate, failure workflow": lambda race: race.engine.terminate(race.outer, "enough", failure_workflow=True),
    "restart": lambda race: race.engine.restart(race.outer),
    "restart, latest": lambda race: race.engine.restart(race.outer, use_latest_definitions=True),
    "retry": lambda race: race.engine.retry(race.outer),
    "retry, resume": lambda race: race.engine.retry(race.outer, resume_subworkflow_tasks=True),
    "rerun": lambda race: race.rerun(race.outer),
    "rerun from b": lambda race: race.rerun(race.outer, "b"),
    "rerun from child": lambda race: race.rerun(race.outer, "child"),
    "rerun from x below": lambda race: _rerun_below(race),
    "skip d": lambda race: race.engine.skip_task(race.outer, "d", SkipTaskRequest()),
    "decide": lambda race: race.engine.decide(race.outer),
    "reset callbacks": lambda race: race.engine.reset_callbacks(race.outer),
    "remove": lambda race: race.engine.remove(race.outer, archive=False),
    "terminate and remove": lambda race: race.engine.terminate_and_remove(race.outer, archive=False),
    "child: pause": lambda race: race.engine.pause(race.inner),
    "child: terminate": lambda race: race.engine.terminate(race.inner),
    "child: restart": lambda race: race.engine.restart(race.inner),
    "child: retry": lambda race: race.engine.retry(race.inner),
    "child: rerun": lambda race: race.rerun(race.inner),
    "child: remove": lambda race: race.engine.remove(race.inner, archive=False),
    "child: x done": lambda race: race.report(race.inner, "x"),
    "child: x failed": lambda race: race.report(race.inner, "x", FAILED),
    "signal": lambda race: race.engine.synchronous.signal(race.outer, TaskStatus.COMPLETED, {}),
    "b done": lambda race: race.report(race.outer, "b"),
    "b failed": lambda race: race.report(race.outer, "b", FAILED),
    "c done": lambda race: race.report(race.outer, "c"),
    "poll": lambda race: race.engine.poll("work", "worker", None, 5, 0),
    "time": lambda race: race.time(),
    "sweep": lambda race: race.engine.outbox.sweep(),
}


async def _rerun_below(race: Race) -> None:
    request = RerunWorkflowRequest(re_run_from_task_id=race.task(race.inner, "x"))
    await race.engine.rerun(race.outer, request)


STATES: dict[str, tuple[str, ...]] = {
    "running": (),
    "paused": ("pause",),
    "child waits": ("child: x done",),
    "joined": ("b done", "child: x done", "signal"),
    "failed": ("b failed",),
    "child failed": ("b done", "child: x failed"),
    "terminated": ("b done", "terminate"),
    "timed out": ("time",),
    "completed": ("b done", "child: x done", "signal", "c done", "d done"),
}
"""What has happened, and has been settled, before a race."""
OPERATIONS_BEFORE: dict[str, Operation] = {**OPERATIONS, "d done": lambda race: race.report(race.outer, "d")}
