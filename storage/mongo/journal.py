"""How a commit becomes durable: one conditional update of the header, which carries the changes of all else inside.

1. *Write.* The header is updated if its version and stamp are those the commit was decided on. It then holds the
   changes of tasks, entries and search row as `pending`. This one write is the commit, on any MongoDB, and crash or
   not it counts.
2. *Apply.* The pending changes are written to their collections, guarded by the stamp, any number of times.
3. *Clear.* A second after the last commit of a workflow, `pending` is taken out of its header, with those of others.

Pending changes are overwritten by the next commit only when they are known to be applied: a process knows what it
wrote itself; whoever writes over changes of another process that it has read carries them on, or else applies them
first, and those of a process that died are applied by any other (`storage.mongo.peers`). A touch (a poll, a lease) is
written and answered, and applied along with the next commit of its workflow, or a moment later: so a completed task
costs four round trips.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from engine.crash_points import reached
from engine.errors import Unavailable, VersionConflict
from engine.ports import Commit
from storage.mongo.application import Application
from storage.mongo.client import Doc, insist, stop, translated
from storage.mongo.collections import Collections
from storage.mongo.header import creation, update
from storage.mongo.lane import Handed, Lane
from storage.mongo.pending import Pending

DEFER = 0.25
"""Seconds after which a touch is applied at the latest; half the shortest lease that could notice."""
KEEP = 1.0
"""Seconds without a commit after which `pending` is cleared."""
ENDS_WITHIN = 30.0
"""Seconds that closing waits for commits; each is given up by the driver well before."""
LEFT, LEFT_SIZE = 1_000, 64 * 1024
"""Of so many headers it is remembered what stood pending in them, up to so many bytes."""
MANY = 20
"""So many touched tasks are applied at once instead of being carried along."""

log = logging.getLogger("segue.mongo")


class Journal:
    """The commits of this process. `me` names it in the headers it writes; `applied` is told every applied batch, and
    `ring` the queues of one that was applied later than it was answered."""

    def __init__(
        self,
        collections: Collections,
        application: Application,
        me: str,
        applied: Callable[[list[Commit]], Awaitable[None]],
        ring: Callable[[str], None],
    ) -> None:
        self._db, self._application, self._me, self._applied, self._ring = collections, application, me, applied, ring
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._tidying: asyncio.Task[None] | None = None
        self._snapshots: set[str] = set()
        """Snapshots that are known to be stored: they need not ride along."""
        self._left: OrderedDict[str, tuple[int, Pending]] = OrderedDict()
        """What others have left pending in headers that were read last, each with its stamp."""
        self._names = itertools.count()
        self._closed = False

    def commit(self, commit: Commit) -> asyncio.Future[None]:
        """Hand a commit over; the answer resolves when it is durable and visible."""
        return self._hand_over(commit.workflow_id, commit)

    def remove(self, workflow_id: str) -> asyncio.Future[None]:
        """Hand the removal of a workflow over."""
        return self._hand_over(workflow_id, None)

    def found(self, workflow_id: str, stamp: int, pending: Pending) -> None:
        """A reader has seen this in a header. Whoever writes over it carries it on, if it is small."""
        if pending.size > LEFT_SIZE:
            return
        self._left[workflow_id] = (stamp, pending)
        self._left.move_to_end(workflow_id)
        if len(self._left) > LEFT:
            self._left.popitem(last=False)

    async def flush(self) -> None:
        """Apply what was put off, so that it is seen."""
        lanes = [lane for lane in self._lanes.values() if lane.unapplied and lane.idle]
        if lanes:
            await self._apply_together(lanes)

    async def close(self) -> None:
        """Write and apply what waits; leave nothing pending that can be cleared."""
        self._closed = True
        await stop(self._tidying)
        await self._finish()
        with contextlib.suppress(Unavailable):  # it stays pending, and is applied by whoever finds it
            await self._tidy(0, 0)
        self._lanes.clear()

    async def _finish(self) -> None:
        """Each lane ends by itself, with an answer or without; a driver that never answers must not hold the end up."""
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=ENDS_WITHIN)
            for task in left:
                task.cancel()
            if left:
                log.warning("closed with %d commits unanswered: the other servers finish what is pending", len(left))

    # ------------------------------------------------------------------ one workflow after the other

    def _hand_over(self, workflow_id: str, commit: Commit | None) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        handed = Handed(commit, loop.create_future())
        lane = self._lanes.get(workflow_id) or self._lanes.setdefault(workflow_id, Lane(workflow_id))
        if self._closed:
            handed.fail(Unavailable("The store is closed."))
        elif lane.failing:
            handed.fail(_behind(workflow_id))
        else:
            lane.waiting.append(handed)
            if not lane.running:
                lane.running = True
                task = loop.create_task(self._work(lane))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        if self._tidying is None or self._tidying.done():
            self._tidying = loop.create_task(self._tidy_on())
        return handed.answer

    async def _work(self, lane: Lane) -> None:
        try:
            while lane.waiting:
                batch = lane.take()
                try:
                    await self._write(lane, batch)
                except Exception as error:  # the top of a lane: whoever handed the commit over gets it
                    self._fail(lane, batch, translated(error))
        finally:
            lane.running = False

    async def _write(self, lane: Lane, batch: list[Handed]) -> None:
        commits = [handed.commit for handed in batch if handed.commit]
        if not commits:
            await self._remove(lane)
            lane.forget()
        elif await self._write_header(lane, [self._lighter(commit) for commit in commits]):
            await self._apply(lane, commits)
        for handed in batch:
            handed.resolve()

    def _fail(self, lane: Lane, batch: list[Handed], error: Exception) -> None:
        """All that was handed over behind a failed commit was decided on it."""
        if not isinstance(error, VersionConflict):
            lane.forget()
            lane.doubtful = True
        failed = [*batch, *lane.waiting]
        lane.waiting.clear()
        lane.failing = True

        def tell() -> None:
            """From here on the callers know, and what they hand over next is decided on what is stored."""
            lane.failing = False
            failed[0].fail(error)
            for handed in failed[1:]:
                handed.fail(_behind(lane.workflow_id))

        asyncio.get_running_loop().call_soon(tell)

    def _lighter(self, commit: Commit) -> Commit:
        if commit.snapshot and commit.snapshot.name in self._snapshots:
            return msgspec.structs.replace(commit, snapshot=None)
        return commit

    # ------------------------------------------------------------------ write

    async def _write_header(self, lane: Lane, commits: list[Commit]) -> bool:
        """True when what it carries should be applied now."""
        first = commits[0]
        if first.expected == 0:
            await self._create(lane, commits)
            return True
        if lane.doubtful or (lane.stamp is None and first.seen is None):
            await self._adopt(lane)
        mine = lane.stamp is not None and first.seen in (None, lane.stamp)
        base = lane.stamp if mine else first.seen
        if base is None:
            raise _conflict(lane.workflow_id, 0, first.expected)
        stamp, left = self._left.pop(lane.workflow_id, (None, None))
        known = lane.unapplied.copy() if mine else left if stamp == base else None
        pending = Pending() if known is None else known
        await self._swap(lane, commits, base, pending, guarded=known is None)
        touches = all(commit.touch and not (commit.enqueue or commit.dequeue or commit.removed) for commit in commits)
        return not touches or len(pending.tasks) > MANY

    async def _swap(self, lane: Lane, commits: list[Commit], base: int, pending: Pending, guarded: bool) -> None:
        for number, commit in enumerate(commits, 1):
            pending.add(commit, base + number, self._me)
        stamp = base + len(commits)
        change = update(commits, stamp, await self._carried(lane, commits, pending), self._me)
        where: Doc = {"_id": lane.workflow_id, "version": commits[0].expected, "stamp": base}
        reached("mongo: before the header")
        written = await insist(
            lambda: self._db.workflows.update_one({**where, "pending": None} if guarded else where, change)
        )
        if not written.matched_count:
            await self._settle(lane, commits[0].expected, base, stamp, where, change, guarded)
        self._wrote(lane, stamp, pending)

    async def _settle(
        self, lane: Lane, expected: int, base: int, stamp: int, where: Doc, change: Doc, guarded: bool
    ) -> None:
        """The header is not as expected: it may be ours already, or hold what another process left behind."""
        header = await self._look(lane.workflow_id)
        if header and header["stamp"] == stamp != lane.stamp and header.get("writer") == self._me:
            return  # the answer to the first try was lost
        if guarded and header and (header["version"], header["stamp"]) == (expected, base):
            await self._application.finish(header)
            if (await insist(lambda: self._db.workflows.update_one(where, change))).matched_count:
                return
            header = await self._look(lane.workflow_id)
        if not header or header["stamp"] != lane.stamp:
            lane.forget()
        raise _conflict(lane.workflow_id, header["version"] if header else 0, expected)

    async def _create(self, lane: Lane, commits: list[Commit], base: int = 0) -> None:
        """`base` is the stamp of what is left of a removed execution of this id."""
        if commits[0].header is None:
            raise _conflict(lane.workflow_id, 0, 0)
        pending, stamp = Pending(), base + len(commits)
        for number, commit in enumerate(commits, 1):
            pending.add(commit, base + number, self._me)
        document = creation(commits, stamp, await self._carried(lane, commits, pending), self._me)
        try:
            if base:
                left = {"_id": lane.workflow_id, "stamp": base, "gone": True}
                written = (await insist(lambda: self._db.workflows.replace_one(left, document))).matched_count > 0
            else:
                await insist(lambda: self._db.workflows.insert_one(document))
                written = True
        except DuplicateKeyError:
            written = False
        if not written:
            await self._settle_creation(lane, commits, base, stamp)
            return
        self._wrote(lane, stamp, pending)

    async def _settle_creation(self, lane: Lane, commits: list[Commit], base: int, stamp: int) -> None:
        header = await self._look(lane.workflow_id, even_gone=True)
        if header and header.get("gone") and not base:
            await self._application.finish(header)
            await self._create(lane, commits, header["stamp"])
        elif header and header["stamp"] == stamp != lane.stamp and header.get("writer") == self._me:
            await self._adopt(lane)  # the answer to the first try was lost
        else:
            raise _conflict(lane.workflow_id, header["version"] if header else 0, 0)

    async def _carried(self, lane: Lane, commits: list[Commit], pending: Pending) -> Doc | None:
        """The pending changes as they stand in the header, or the name of the parts they are in."""
        if not pending:
            return None
        name = await self._application.part(f"{self._me}:{next(self._names)}", commits, pending)
        if name is None:
            return pending.document()
        lane.parts.append(name)
        return {"parts": name}

    def _wrote(self, lane: Lane, stamp: int, pending: Pending) -> None:
        lane.stamp, lane.unapplied, lane.doubtful = stamp, pending, False
        lane.since = asyncio.get_running_loop().time()

    async def _look(self, workflow_id: str, even_gone: bool = False) -> Doc | None:
        fields = {"version": 1, "stamp": 1, "writer": 1, "pending": 1, "gone": 1}
        header = await insist(lambda: self._db.workflows.find_one({"_id": workflow_id}, fields))
        return header if header and (even_gone or not header.get("gone")) else None

    async def _adopt(self, lane: Lane) -> None:
        """Go on from what stands in the header."""
        header = await self._look(lane.workflow_id)
        if header:
            await self._application.finish(header)
        lane.forget()
        lane.stamp, lane.doubtful = header["stamp"] if header else None, False

    async def _remove(self, lane: Lane) -> None:
        while header := await self._look(lane.workflow_id):
            await self._application.finish(header)
            if await self._application.remove(lane.workflow_id, header["stamp"], self._me):
                await self._applied([])
                return

    # ------------------------------------------------------------------ apply, clear

    async def _apply(self, lane: Lane, commits: list[Commit]) -> None:
        """The commit counts already: when the database goes away now, the changes are applied when it is back."""
        reached("mongo: header written, not applied")
        try:
            await self._application.apply(lane.workflow_id, lane.unapplied)
        except Unavailable as error:
            log.warning("the changes of workflow %s are kept and will be applied: %s", lane.workflow_id, error)
            return
        if len(self._snapshots) > 10_000:
            self._snapshots.clear()
        self._snapshots.update(commit.snapshot.name for commit in commits if commit.snapshot)
        lane.unapplied = Pending()
        reached("mongo: applied, not told")
        await self._applied(commits)

    async def _tidy_on(self) -> None:
        """As long as anything is left to be applied or cleared."""
        while self._lanes:
            await asyncio.sleep(DEFER)
            try:
                await self._tidy(DEFER, KEEP)
            except Unavailable as error:
                log.warning("what is pending will be applied later: %s", error)
            except Exception:
                log.exception("what is pending could not be applied and will be tried again")

    async def _tidy(self, defer: float, keep: float) -> None:
        now = asyncio.get_running_loop().time()
        for lane in [lane for lane in self._lanes.values() if lane.doubtful and lane.idle]:
            await self._adopt(lane)
        late = [lane for lane in self._lanes.values() if lane.unapplied and lane.idle and now - lane.since >= defer]
        if late:
            await self._apply_together(late)
        done = [lane for lane in self._lanes.values() if lane.idle and not lane.unapplied and now - lane.since >= keep]
        await self._clear([lane for lane in done if not lane.doubtful])

    async def _apply_together(self, lanes: list[Lane]) -> None:
        stamps = [lane.stamp for lane in lanes]
        await self._application.apply_many([(lane.workflow_id, lane.unapplied) for lane in lanes])
        for lane, stamp in zip(lanes, stamps, strict=True):
            for queue in lane.unapplied.queues():  # of a commit that was answered before it could be applied
                self._ring(queue)
            if lane.stamp == stamp:
                lane.unapplied = Pending()

    async def _clear(self, lanes: list[Lane]) -> None:
        written = {lane.workflow_id: lane.stamp for lane in lanes if lane.stamp is not None}
        clear = {"$unset": {"pending": "", "writer": ""}}
        statements = [UpdateOne({"_id": wid, "stamp": stamp}, clear) for wid, stamp in written.items()]
        if statements:
            reached("mongo: before pending is cleared")
            await insist(lambda: self._db.workflows.bulk_write(statements, ordered=False))
        for lane in lanes:
            if lane.idle and lane.stamp == written.get(lane.workflow_id):
                await self._application.drop_parts(lane.parts)
                self._lanes.pop(lane.workflow_id, None)


def _conflict(workflow_id: str, stored: int, expected: int) -> VersionConflict:
    return VersionConflict(f"Workflow {workflow_id} is at version {stored}; this change was decided on {expected}.")


def _behind(workflow_id: str) -> VersionConflict:
    return VersionConflict(f"Workflow {workflow_id}: a commit handed over before this one failed.")
