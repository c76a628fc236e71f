"""One type of task, taken from the queue of that name and done in this process.

A row stays SCHEDULED while it is worked on, so whatever a crash interrupts is handed out again. It is begun and
reported through the same commands as any task, with the moment of its beginning, so that a report on a run that has
been overtaken (cancelled, rerun) is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine.bells import Bell, Bells, stop_waiting
from engine.commands import HandOut, UpdateTask
from engine.errors import NotFound, Unavailable
from engine.model import Task, Workflow
from engine.ports import Clock, QueueEntry, Store
from engine.requests import TaskResult
from engine.runner import Runner
from engine.workers.work import Outcome, Work, failed

LOOK_S = 1.0
"""How often a store that other processes share is asked for tasks that they have scheduled."""
PAUSE_S = 1.0
"""Before something is tried again that could not be done now."""
Report = Callable[[str, BaseException], Awaitable[None]]


class SystemWorker:
    """Does up to `limit` tasks of one type at a time."""

    def __init__(
        self, kind: str, work: Work, limit: int, store: Store, runner: Runner, bells: Bells, clock: Clock,
        server: str, report: Report,
    ) -> None:  # fmt: skip
        self.kind, self._work, self._limit = kind, work, limit
        self._store, self._runner, self._bells, self._clock = store, runner, bells, clock
        self._server, self._report = server, report
        self._runs: set[asyncio.Task[None]] = set()
        self._calls: dict[str, asyncio.Future[Outcome]] = {}
        self._overtaken: set[str] = set()
        self._bell: Bell | None = None

    # ------------------------------------------------------------------ taking

    async def run(self) -> None:
        """Until the bells close."""
        while not self._bells.closed:
            try:
                await self._turn()
            except Exception as error:  # the top of a loop: the store may answer again soon
                await self._report(f"worker {self.kind}", error)
                await asyncio.sleep(PAUSE_S)

    async def _turn(self) -> None:
        """Take what there is, or wait until there may be something."""
        self._bell = bell = self._bells.listen(self.kind)
        taken = False
        try:
            # only now, with an ear at the bell, is a look at the queue worth something
            taken = await self._take()
            if not taken:
                await self._wait(bell)
        finally:
            self._bell = None
            self._bells.leave(self.kind, bell, served=taken)

    async def _take(self) -> bool:
        room = self._limit - len(self._runs)
        entries = await self._store.claim(self.kind, room, self._clock.now()) if room > 0 else []
        for entry in entries:
            run = asyncio.ensure_future(self._run(entry))
            self._runs.add(run)
            run.add_done_callback(self._ended)
        return bool(entries)

    async def _wait(self, bell: Bell) -> None:
        """Until the bell rings, a delayed entry is due, or there is room again."""
        # what this process schedules rings; only what others leave to it is looked for
        seconds = None if self._store.look_every is None else LOOK_S
        available = await self._store.next_available(self.kind) if len(self._runs) < self._limit else None
        if available is not None:
            due = max(available - self._clock.now(), 1) / 1000
            seconds = due if seconds is None else min(seconds, due)
        await asyncio.wait([bell], timeout=seconds)

    def _ended(self, run: asyncio.Task[None]) -> None:
        self._runs.discard(run)
        if self._bell is not None:
            stop_waiting(self._bell)

    # ------------------------------------------------------------------ doing

    async def _run(self, entry: QueueEntry) -> None:
        """One task from its beginning to its report; what cannot be done now goes back to the queue."""
        try:
            begun = await self._begin(entry)
            outcome = await self._do(*begun) if begun is not None else None
            if begun is not None and outcome is not None:
                await self._tell(begun[0], outcome)
        except NotFound:
            return  # removed meanwhile, and its queue entry with it
        except Unavailable:
            await asyncio.sleep(PAUSE_S)
            await self._store.release([entry.task_id])
        except asyncio.CancelledError:
            await self._store.release([entry.task_id])
            raise
        except Exception as error:  # the top of a run: the others go on
            await self._report(f"{self.kind} task {entry.task_id}", error)

    async def _begin(self, entry: QueueEntry) -> tuple[Task, Workflow] | None:
        """The task as it stands when its beginning is durable; None when there is nothing left to do."""
        command = HandOut(entry.task_id, self._server, in_server=True)
        decision = await self._runner.execute(entry.workflow_id, command)
        task = next((task for task in decision.changed if task.task_id == entry.task_id), None)
        return None if task is None or task.status.terminal else (task, decision.header)

    async def _do(self, task: Task, workflow: Workflow) -> Outcome | None:
        """What became of the work; None when the task has ended otherwise."""
        call = self._calls[task.task_id] = asyncio.ensure_future(self._work(task, workflow))
        try:
            await asyncio.wait([call])
        finally:
            del self._calls[task.task_id]
            call.cancel()
        if task.task_id in self._overtaken:
            self._overtaken.discard(task.task_id)
            return None
        error = asyncio.CancelledError("the call was cancelled") if call.cancelled() else call.exception()
        if isinstance(error, Unavailable):
            raise error
        return call.result() if error is None else failed(f"{type(error).__name__}: {error}")

    async def _tell(self, task: Task, outcome: Outcome) -> None:
        """Report, however long the store needs."""
        result = TaskResult(
            task.workflow_instance_id, task.task_id, outcome.status, outcome.output, outcome.reason,
            worker_id=self._server,
        )  # fmt: skip
        while True:
            try:
                await self._runner.execute(task.workflow_instance_id, UpdateTask(result, begun=task.start_time))
            except Unavailable as error:
                await self._report(f"{self.kind} task {task.task_id}", error)
                await asyncio.sleep(PAUSE_S)
            else:
                return

    # ------------------------------------------------------------------ ending

    def left_queue(self, task_id: str) -> None:
        """The task's queue entry is gone: whatever is still being done for it is in vain."""
        call = self._calls.get(task_id)
        if call is not None and not call.done():
            self._overtaken.add(task_id)
            call.cancel()

    async def finish(self, seconds: float) -> None:
        """Let what runs end by itself for so long; what is left then goes back to the queue."""
        if self._runs:
            await asyncio.wait(self._runs, timeout=seconds)
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
