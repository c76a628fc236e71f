"""The engine as the street side sees it: one method per thing a client can ask for.

Everything here may raise the errors of `engine.errors`. An awaited method that changes something returns when the
change is durable.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence

from engine import starting
from engine.answers import Answers
from engine.bells import Bells
from engine.catalog import Catalog
from engine.commands import (
    Command,
    Decide,
    Pause,
    PushMessage,
    Rerun,
    ResetCallbacks,
    Restart,
    Resume,
    Retry,
    SkipTask,
    Terminate,
)
from engine.definitions import JsonObject
from engine.dispatch import Dispatch
from engine.draft import Decision
from engine.evaluators.evaluator import Evaluators, Limits
from engine.events.listener import listener
from engine.gate import Gate
from engine.graph import NOBODY, Told
from engine.idempotency import KeyedStarter
from engine.lookups import Lookups
from engine.metadata import Metadata
from engine.outbox import Outbox
from engine.payload_limits import MESSAGES_WAITING
from engine.payloads import Payloads
from engine.ports import Clock, FoundTasks, Ids, Page, PayloadStorage, Store
from engine.queues import Queues
from engine.removal import Removal
from engine.reports import Reports
from engine.requests import (
    RerunWorkflowRequest,
    SkipTaskRequest,
    StartWorkflowRequest,
    TaskExecLog,
    TaskResult,
    WorkflowTestRequest,
)
from engine.runner import Runner
from engine.scheduler.scheduler import scheduler
from engine.search import Search
from engine.secret_references import Secrets, with_secrets
from engine.status import TaskStatus
from engine.synchronous import Synchronous
from engine.timer import Timer
from engine.trials import Trials
from engine.validation import require_valid
from engine.validation_requests import validate_start_request
from engine.views import TaskView, WorkflowView, view
from engine.workers.http import Http
from engine.workers.system_workers import SystemWorkers

SAVE_POLLS_EVERY_S = 2.0
SWEEP_EVERY = 15
"""The outbox is swept with every so many savings of poll data."""

log = logging.getLogger("segue.engine")


class Engine:
    """Built by `handlers.app` from ports; `start` and `stop` belong to the server's lifespan."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        http: Http | None = None,
        limits: Limits | None = None,
        secrets: Secrets | None = None,
        told: Told = NOBODY,
        payloads: PayloadStorage | None = None,
        most_messages: int = MESSAGES_WAITING,
    ) -> None:
        self._store, self._clock, self._ids, self._most_messages = store, clock, ids, most_messages
        self._secrets = secrets or {}
        self._bells = Bells()
        self._evaluators = Evaluators(limits)
        self.catalog = Catalog(store, clock, self._evaluators.syntax_error, told)
        answers = Answers(self.catalog, self._evaluators, clock)
        self._runner = Runner(store, self.catalog, clock, ids, self._bells, answers)
        self._dispatch = Dispatch(store, self._runner, self._bells, clock)
        answers.active = self._dispatch.active
        self.lookups = Lookups(store, self._runner)
        self.queues = Queues(store, self._dispatch)
        self.payloads = Payloads(payloads, self.lookups, ids)
        self._reports = Reports(store, self._runner, self.lookups, self.payloads, clock)
        self.timer = Timer(store, self._runner, clock, self._report)
        self._gate = Gate(store, self._runner, clock)
        self._starter = starting.Starter(self.catalog, self._runner, clock, ids, self._gate)
        self._keyed = KeyedStarter(store, self._runner, self._starter)
        self._trials = Trials(self._starter, answers, clock, ids)
        self.synchronous = Synchronous(store, self._runner, self.start_workflow)
        self.events = listener(store, self.catalog, self._runner, self._starter, self._evaluators.evaluate, clock)
        self.metadata = Metadata(self.catalog, self.events)
        self.outbox = Outbox(
            store,
            self._runner,
            self._starter.start_effect,
            self._keyed.child,
            self.events.publish,
            self._gate,
            self._report,
        )
        self._removal = Removal(self._runner, self.outbox, self._gate)
        self.scheduler = scheduler(store, self._check_start, self._starter, self._keyed, clock, ids, self._report)
        self._runner.expect, self._runner.posted = self.timer.expect, self.outbox.posted
        self._workers = SystemWorkers(
            self._starter, self.catalog, store, self._runner, self._bells, clock, http, self._secrets
        )
        self._runner.left_queue = self._workers.left_queue
        self._loops: list[asyncio.Task[None]] = []

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Open the store, finish what a crash has left, and begin to look at the clock."""
        await self._store.open(self._bells.ring)
        await self.catalog.open()
        await self._dispatch.open()
        self._evaluators.start()
        await self.outbox.sweep()
        await self.events.refresh()
        self._workers.start()
        loop = asyncio.get_running_loop()
        self._loops = [loop.create_task(each) for each in (self.timer.run(), self.scheduler.run(), self._upkeep())]

    def let_polls_go(self) -> None:
        """Answer at once whoever waits for work or for an execution, now and later: the server is about to stop."""
        self._bells.close()
        self.synchronous.let_go()

    async def stop(self) -> None:
        """Answer waiting polls with nothing, finish effects, flush, close. Safe to call twice."""
        self.let_polls_go()
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []
        await self._workers.stop()
        await self.events.stop()
        await self.outbox.idle()
        await self._evaluators.stop()
        await self._dispatch.save_polls()
        await self._store.close()

    async def check(self) -> None:
        """Return when everything works; raise `Unavailable` with the reason otherwise."""
        await self._store.check()

    async def _upkeep(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(SAVE_POLLS_EVERY_S)
            rounds += 1
            try:
                await self._dispatch.save_polls()
                if rounds % SWEEP_EVERY == 0:
                    await self.outbox.sweep()
                    await self.events.sweep()
                    await self._gate.sweep()
            except Exception as error:  # the top of a loop: the next round tries again
                await self._report("upkeep", error)

    async def _report(self, what: str, error: BaseException) -> None:
        log.error("%s failed and will be tried again", what, exc_info=error)

    # ------------------------------------------------------------------ executions

    async def start_workflow(self, request: StartWorkflowRequest) -> str:
        """Start it and decide its first tasks; returns its id. With an idempotency key at most once (§5.1.4)."""
        await self._check_start(request)
        request = await self.payloads.with_input(request)
        return await (self._keyed if request.idempotency_key else self._starter).start(request)

    async def _check_start(self, request: StartWorkflowRequest) -> None:
        await self.catalog.refresh()
        problems = validate_start_request(request, self.catalog.task_def)
        if request.workflow_def is not None:
            problems += await self.catalog.script_violations(request.workflow_def, "startWorkflow.arg0.workflowDef")
        require_valid(problems)

    async def test_workflow(self, request: WorkflowTestRequest) -> WorkflowView:
        """Run it with mocked outcomes; nothing is stored, called or published (§5.14)."""
        await self._check_start(request)
        return await self._trials.run(request)

    async def workflow(self, workflow_id: str, include_tasks: bool = True) -> WorkflowView:
        """The durable state of an execution."""
        return await self.lookups.workflow(workflow_id, include_tasks)

    async def search(self, search: Search) -> Page:
        """One page of summaries."""
        return await self._store.search(search)

    async def search_tasks(self, search: Search) -> FoundTasks:
        """One page of tasks."""
        return await self._store.search_tasks(search)

    async def _do(self, workflow_id: str, command: Command) -> Decision:
        return await self._runner.execute(workflow_id, command)

    async def pause(self, workflow_id: str) -> None:
        """Schedule nothing new."""
        await self._do(workflow_id, Pause())

    async def resume(self, workflow_id: str) -> None:
        """Go on after a pause."""
        await self._do(workflow_id, Resume())

    async def restart(self, workflow_id: str, use_latest_definitions: bool = False) -> None:
        """Run it again from the beginning under the same id."""
        command = Restart()
        if use_latest_definitions:
            name = (await self._runner.read(workflow_id)).header.workflow_name
            command = Restart(*self.catalog.snapshot(await self.catalog.latest(name, workflow_id)))
        await self._do(workflow_id, command)

    async def retry(self, workflow_id: str, resume_subworkflow_tasks: bool = False) -> None:
        """Try what failed again; failed children go on, or are replaced by fresh ones."""
        await self._do(workflow_id, Retry(resume_subworkflow_tasks))

    async def rerun(self, workflow_id: str, request: RerunWorkflowRequest) -> str:
        """Run it again, whole or from a task, also from one of a descendant; returns its id."""
        owner = await self.lookups.owner(workflow_id, request.re_run_from_task_id)
        await self._do(owner, Rerun(request))
        return workflow_id

    async def skip_task(self, workflow_id: str, reference: str, request: SkipTaskRequest) -> None:
        """Jump over a node that has not been reached."""
        await self._do(workflow_id, SkipTask(reference, request))

    async def push_message(self, workflow_id: str, payload: JsonObject) -> str:
        """Send it to the PULL_WORKFLOW_MESSAGES tasks of a running execution; returns the message's id."""
        message_id = self._ids.new()
        await self._do(workflow_id, PushMessage(message_id, payload, self._most_messages))
        return message_id

    async def reset_callbacks(self, workflow_id: str) -> None:
        """Let what was put off be polled at once."""
        await self._do(workflow_id, ResetCallbacks())

    async def terminate(self, workflow_id: str, reason: str | None = None, failure_workflow: bool = False) -> None:
        """End it now, with its definition's failure workflow if asked for."""
        await self._do(workflow_id, Terminate(reason, failure_workflow))

    async def remove(self, workflow_id: str, archive: bool = True) -> None:
        """Delete it, or leave it readable and searchable in the archive."""
        await self._removal.remove(workflow_id, archive)

    async def terminate_and_remove(self, workflow_id: str, reason: str | None = None, archive: bool = True) -> None:
        """End it, then delete or archive it; refused for a COMPLETED one."""
        await self.terminate(workflow_id, reason)
        await self.remove(workflow_id, archive)

    async def decide(self, workflow_id: str) -> None:
        """Look at all clocks and rules."""
        await self._do(workflow_id, Decide())

    async def repair(self, workflow_id: str) -> bool:
        """The same; whether there was anything to do."""
        return (await self._do(workflow_id, Decide())).commit is not None

    # ------------------------------------------------------------------ tasks

    async def poll(
        self, task_type: str, worker_id: str | None, domain: str | None, count: int, timeout_ms: int
    ) -> list[TaskView]:
        """Up to `count` tasks for a worker; waits up to `timeout_ms` for the first."""
        handed = await self._dispatch.poll(task_type, worker_id, domain, count, timeout_ms)
        return [view(with_secrets(task, self._secrets), decision.graph) for decision, task in handed]

    async def update_task(self, result: TaskResult) -> str:
        """Take a worker's report; returns the task's id, also when it had ended already (E6)."""
        await self._reports.take(result)
        return result.task_id

    async def update_task_and_poll(self, result: TaskResult) -> TaskView | None:
        """`update_task`, and for a task that ended the next one of the same type and domain, if there is one."""
        queue = await self._reports.take_and_free(result)
        polled = await self.poll(queue.task_type, result.worker_id, queue.domain, 1, 0) if queue else None
        return polled[0] if polled else None

    async def update_task_by_reference(
        self, workflow_id: str, reference: str, status: TaskStatus, output: JsonObject, worker_id: str | None
    ) -> str | None:
        """The task's id, or None when there is no open task of that name or no such workflow."""
        return await self._reports.take_by_reference(workflow_id, reference, status, output, worker_id)

    async def task(self, task_id: str) -> TaskView:
        """The durable state of a task."""
        return await self.lookups.task(task_id)

    def add_log(self, line: TaskExecLog) -> Awaitable[None]:
        """Keep a line; the task need not exist."""
        return self._store.add_logs([line])

    async def logs(self, task_id: str) -> list[TaskExecLog]:
        """The lines of a task."""
        return await self._store.logs(task_id)

    async def queue_sizes(self, task_types: Sequence[str]) -> dict[str, int]:
        """How many tasks wait, by type."""
        return await self.queues.sizes(task_types)
