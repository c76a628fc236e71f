"""Random scripts of what clients do to a whole engine, as plain data: the same script can be told to two engines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from hypothesis import strategies as st

from engine.api import Engine
from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.errors import ConductorError
from engine.ports import Store
from engine.requests import RerunWorkflowRequest, SkipTaskRequest, StartWorkflowRequest, TaskResult
from engine.search import Search
from engine.status import TaskStatus
from engine.views import WorkflowView
from tests.properties.definitions import FAILURE_WORKFLOW, workflow_defs
from tests.world import MOST_LOOKS, CountingIds, FakeClock

TYPES = ("work", "other", "MY_OWN_TYPE")
LAST = WorkflowDef(
    name=FAILURE_WORKFLOW,
    tasks=[WorkflowTask("after", "after", type="HUMAN")],
    owner_email="owner@example.com",
)
STATUSES = (*["COMPLETED"] * 5, *["FAILED"] * 3, "IN_PROGRESS", "FAILED_WITH_TERMINAL_ERROR", "CANCELED")


class Step(msgspec.Struct, frozen=True):
    """One thing to do; `pick` chooses among what there is."""

    what: str
    pick: int = 0
    status: str = "COMPLETED"
    output: dict[str, Any] = {}
    seconds: float = 0


Script = list[Step]
_WHAT = (
    *["start"] * 2, *["poll"] * 4, *["report"] * 6, *["wait"] * 2, *["push"] * 2,
    "extend", "again", "pause", "resume", "terminate", "restart", "retry", "rerun", "rerun_from", "skip", "decide",
)  # fmt: skip
scripts: st.SearchStrategy[Script] = st.lists(
    st.builds(
        Step,
        what=st.sampled_from(_WHAT),
        pick=st.integers(0, 20),
        status=st.sampled_from(STATUSES),
        output=st.dictionaries(st.just("x"), st.sampled_from(("a", "b", None, 1)), max_size=1),
        seconds=st.sampled_from((0.5, 2, 6, 40)),
    ),
    min_size=3,
    max_size=25,
)


def without_chance(value: WorkflowDef) -> WorkflowDef:
    """The definition without jitter, so that two engines do the same."""
    return msgspec.structs.replace(value, tasks=[_without_chance(node) for node in value.tasks])


def _without_chance(node: WorkflowTask) -> WorkflowTask:
    def every(nodes: list[WorkflowTask]) -> list[WorkflowTask]:
        return [_without_chance(inner) for inner in nodes]

    own: TaskDef | None = node.task_definition
    return msgspec.structs.replace(
        node,
        task_definition=msgspec.structs.replace(own, backoff_jitter_ms=0) if own else None,
        decision_cases={case: every(nodes) for case, nodes in node.decision_cases.items()},
        default_case=every(node.default_case),
        fork_tasks=[every(branch) for branch in node.fork_tasks],
        loop_over=every(node.loop_over),
    )


definitions = workflow_defs().map(without_chance)


class Life:
    """One engine over a store, from its start to its end, and what its clients have been told."""

    def __init__(self, store: Store, clock: FakeClock, ids: CountingIds) -> None:
        self.engine = Engine(store, clock, ids)
        # the script moves the timer: by itself it would come before or after a flush, as the store pleases
        self.engine.timer.run = asyncio.Event().wait  # type: ignore[assignment]
        self.clock = clock
        self.workflows: list[str] = []
        self.reports: list[TaskResult] = []
        self.answers: list[object] = []

    async def begin(self, definition: WorkflowDef) -> None:
        """Start the engine and register what the script needs."""
        await self.engine.start()
        await self.engine.metadata.register_workflow_def(LAST, overwrite=True)
        await self.engine.metadata.register_workflow_def(definition, overwrite=True)

    async def tell(self, script: Script) -> None:
        """Do every step, and note what was answered."""
        for step in script:
            try:
                answer: object = await self.do(step)
            except ConductorError as error:
                answer = (type(error).__name__, str(error))
            self.answers.append(answer)
            await self.settle()

    async def nothing_broke(self) -> None:
        """The shell ends an execution on which a rule of the engine breaks (S1); none may."""
        for summary in (await self.engine.search(Search(size=1000))).results:
            assert "Error deciding" not in (summary.reason_for_incompletion or ""), summary

    async def settle(self) -> None:
        """Let flushes, effects and timers come to rest, always in this order: versions tell what came first."""
        await self.engine.check()  # a poll does not wait for its flush, but this writes behind it
        await self.engine.outbox.idle()
        for _ in range(MOST_LOOKS):
            if not await self.engine.timer.run_due():
                return
            await self.engine.outbox.idle()
        raise AssertionError("a deadline comes back for ever")

    async def do(self, step: Step) -> object:
        if step.what == "start":
            return await self._start(step)
        if step.what == "wait":
            self.clock.forward(step.seconds)
            return None
        if step.what == "poll":
            views = await self.engine.poll(TYPES[step.pick % len(TYPES)], "worker", None, 2, 0)
            return [view.task for view in views]
        if not self.workflows:
            return None
        view = await self.engine.workflow(self.workflows[step.pick % len(self.workflows)])
        if step.what in ("report", "again", "extend"):
            return await self._report(step, view)
        return await self._operate(step, view)

    async def _start(self, step: Step) -> object:
        request = StartWorkflowRequest("random", input={"soon": "soon", **step.output}, priority=step.pick % 3)
        started = await self.engine.start_workflow(request)
        self.workflows.append(started)
        return started

    async def _report(self, step: Step, view: WorkflowView) -> object:
        tasks = [task.task for task in view.tasks if not task.task.status.terminal]
        if step.what == "again" and self.reports:
            return await self.engine.update_task(self.reports[step.pick % len(self.reports)])
        if not tasks:
            return None
        task, status = tasks[step.pick % len(tasks)], TaskStatus(step.status)
        callback = 3 if step.pick % 2 else 0
        result = TaskResult(
            view.header.workflow_id, task.task_id, status, step.output, f"because {step.pick}",
            callback_after_seconds=callback, extend_lease=step.what == "extend",
        )  # fmt: skip
        answered = await self.engine.update_task(result)
        self.reports.append(result)
        return answered

    async def _operate(self, step: Step, view: WorkflowView) -> object:
        workflow_id, engine = view.header.workflow_id, self.engine
        target = view.tasks[step.pick % len(view.tasks)].task.task_id if view.tasks else None
        names = [node.task_reference_name for node in view.definition.tasks]
        orders: dict[str, Callable[[], Awaitable[object]]] = {
            "push": lambda: engine.push_message(workflow_id, step.output),
            "pause": lambda: engine.pause(workflow_id),
            "resume": lambda: engine.resume(workflow_id),
            "terminate": lambda: engine.terminate(workflow_id, "enough"),
            "restart": lambda: engine.restart(workflow_id, use_latest_definitions=bool(step.pick % 2)),
            "retry": lambda: engine.retry(workflow_id),
            "rerun": lambda: engine.rerun(workflow_id, RerunWorkflowRequest()),
            "rerun_from": lambda: engine.rerun(workflow_id, RerunWorkflowRequest(re_run_from_task_id=target)),
            "skip": lambda: engine.skip_task(workflow_id, names[step.pick % len(names)], SkipTaskRequest()),
            "decide": lambda: engine.decide(workflow_id),
        }
        return await orders[step.what]()
