"""Hands tasks to workers: polls, who polled last, and waiting for work (§5.12, §4.8, §4.10)."""

from __future__ import annotations

import asyncio

from engine.bells import Bell, Bells, stop_waiting
from engine.commands import HandOut
from engine.crash_points import reached
from engine.draft import Decision
from engine.errors import ConductorError, InvalidInput, NotFound
from engine.model import Millis, Task
from engine.ports import Clock, PollRecord, QueueEntry, Store
from engine.runner import Runner
from engine.status import TaskStatus
from engine.tasks.worker import queue_name

LONGEST_POLL_MS = 5000
ACTIVE_MS = 10_000
"""A worker that polled within this time counts as alive (§4.8)."""
DEFAULT_DOMAIN = "DEFAULT"


class Dispatch:
    """Polls of this process."""

    def __init__(self, store: Store, runner: Runner, bells: Bells, clock: Clock) -> None:
        self._store, self._runner, self._bells, self._clock = store, runner, bells, clock
        self._releases: set[asyncio.Future[None]] = set()
        self._polls: dict[tuple[str, str], PollRecord] = {}
        self._unsaved: dict[tuple[str, str], PollRecord] = {}

    async def open(self) -> None:
        """Remember the polls of an earlier life."""
        for record in await self._store.polls():
            self._polls[record.queue_name, record.domain] = record

    async def poll(
        self, task_type: str, worker_id: str | None, domain: str | None, count: int, timeout_ms: int
    ) -> list[tuple[Decision, Task]]:
        """Up to `count` tasks, now IN_PROGRESS; waits up to `timeout_ms` for the first one, never for the batch to
        fill.
        """
        if timeout_ms > LONGEST_POLL_MS:
            raise InvalidInput("Long Poll Timeout value cannot be more than 5 seconds")
        self._note(task_type, worker_id, domain)
        queue = queue_name(task_type, domain)
        handed = await self._take(queue, worker_id, count)
        if handed or timeout_ms <= 0:
            return handed
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_ms / 1000
        while not handed and not self._bells.closed and loop.time() < until:
            bell = self._bells.listen(queue)
            try:
                # again: something may have come between the look before and listening
                handed = await self._take(queue, worker_id, count)
                if not handed:
                    await self._wait(queue, bell, until - loop.time())
                    handed = await self._take(queue, worker_id, count)
            finally:
                self._bells.leave(queue, bell, served=bool(handed))
        return handed

    async def _wait(self, queue: str, bell: Bell, seconds: float) -> None:
        """Until the bell rings, a delayed entry of the queue is due, or the time is over."""
        available = await self._store.next_available(queue)
        if available is not None:
            seconds = min(seconds, max(available - self._clock.now(), 1) / 1000)
        if self._store.look_every is not None:
            seconds = min(seconds, self._store.look_every)
        alarm = asyncio.get_running_loop().call_later(max(seconds, 0), stop_waiting, bell)
        try:
            await bell
        finally:
            alarm.cancel()

    async def _take(self, queue: str, worker_id: str | None, count: int) -> list[tuple[Decision, Task]]:
        entries = await self._store.claim(queue, count, self._clock.now())
        handed: list[tuple[Decision, Task]] = []
        for index, entry in enumerate(entries):
            try:
                taken = await self._hand_out(entry, worker_id)
            except NotFound:
                continue  # its workflow was removed meanwhile
            except BaseException as error:
                await self._store.release([left.task_id for left in entries[index:]])
                if handed and isinstance(error, ConductorError):
                    break  # what is handed out already must reach its worker
                raise
            if taken is not None:
                handed.append(taken)
        return handed

    async def _hand_out(self, entry: QueueEntry, worker_id: str | None) -> tuple[Decision, Task] | None:
        """A poll does not wait for the flush: a crash before it only delivers the task again (DESIGN §4). In a shared
        store it does: another process may have ended the task, or handed it out when a lease ran out.
        """
        reached("dispatch: claimed, not handed out")
        command = HandOut(entry.task_id, worker_id)
        flushed: asyncio.Future[None] | None = None
        try:
            if self._store.shared:
                decision = await self._runner.execute(entry.workflow_id, command)
            else:
                decision, flushed = await self._runner.hand_over(entry.workflow_id, command)
        except ConductorError:
            await self._store.release([entry.task_id])
            raise
        reached("dispatch: handed out, not answered")
        if flushed is not None:
            flushed.add_done_callback(lambda done: self._handed_out(entry, done))
        task = next((task for task in decision.changed if task.task_id == entry.task_id), None)
        return (decision, task) if task is not None and task.status is TaskStatus.IN_PROGRESS else None

    def _handed_out(self, entry: QueueEntry, done: asyncio.Future[None]) -> None:
        if not done.cancelled() and done.exception() is not None:
            release = asyncio.ensure_future(self._store.release([entry.task_id]))
            self._releases.add(release)
            release.add_done_callback(self._releases.discard)

    # ------------------------------------------------------------------ poll data

    def _note(self, task_type: str, worker_id: str | None, domain: str | None) -> None:
        key = (task_type, domain or DEFAULT_DOMAIN)
        record = PollRecord(key[0], key[1], worker_id, self._clock.now())
        self._polls[key] = self._unsaved[key] = record

    async def save_polls(self) -> None:
        """Give the store what has been polled since the last call, and take over what other processes have."""
        if self._unsaved:
            records, self._unsaved = list(self._unsaved.values()), {}
            await self._store.put_polls(records)
        if self._store.shared:
            for record in await self._store.polls():
                known = self._polls.get((record.queue_name, record.domain))
                if known is None or known.last_poll_time < record.last_poll_time:
                    self._polls[record.queue_name, record.domain] = record

    def active(self, task_type: str, domain: str, now: Millis) -> bool:
        """A worker has polled this type in this domain within the last 10 s."""
        record = self._polls.get((task_type, domain))
        return record is not None and now - record.last_poll_time <= ACTIVE_MS

    def polls(self, task_type: str | None = None) -> list[PollRecord]:
        """The last poll of each type and domain."""
        return [record for record in self._polls.values() if task_type in (None, record.queue_name)]
