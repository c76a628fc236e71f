"""Ready queues of one process, in memory: which entry is claimed next, under limits.

A queue is made of lanes, one per limit that its entries carry (almost always one: a queue holds tasks of one
definition). All entries of a lane are open or shut together, so passing over limited entries costs one look at the lane
whatever the number of entries in it. Within a lane, two heaps: entries that wait for their time, and entries that
are ready. Entries that were dequeued stay in the heaps as waste until they come up, or until half of a lane is waste.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush

from engine.model import Millis
from engine.ports import Limit, QueueEntry
from storage.limits import LimitUse

_SLACK = 64


class _Slot:
    """An entry and where it stands. `live` is false once it was dequeued or replaced."""

    __slots__ = ("arrival", "claimed", "entry", "lane", "live", "stamp")

    def __init__(self, entry: QueueEntry, lane: _Lane, arrival: int) -> None:
        self.entry = entry
        self.lane = lane
        self.arrival = arrival
        self.claimed = entry.claimed
        self.live = True
        self.stamp: Millis | None = None
        """The claim that counts in the window of its limit."""


_Heap = list[tuple[int, int, int, _Slot]]


class _Lane:
    """The unclaimed entries of one queue that share one limit."""

    __slots__ = ("_delayed", "_ready", "limit", "queue", "use", "waiting")

    def __init__(self, queue: str, limit: Limit | None, use: LimitUse | None) -> None:
        self.queue = queue
        self.limit = limit
        self.use = use
        self.waiting = 0
        self._delayed: _Heap = []  # (available_at, 0, arrival, slot)
        self._ready: _Heap = []  # (-priority, available_at, arrival, slot)

    def put(self, slot: _Slot) -> None:
        self.waiting += 1
        heappush(self._delayed, (slot.entry.available_at, 0, slot.arrival, slot))

    def drop(self) -> None:
        """One of the waiting entries is dead; it leaves the heaps later."""
        self.waiting -= 1
        if len(self._delayed) + len(self._ready) > 2 * self.waiting + _SLACK:
            for heap in (self._delayed, self._ready):
                heap[:] = [item for item in heap if item[3].live]
                heapify(heap)

    def head(self, now: Millis) -> tuple[int, int, int, _Slot] | None:
        """The best entry that is available now, if the limit has room."""
        if self.use and self.limit and (self.use.full(self.limit) or self.use.opens_at(self.limit) > now):
            return None
        while self._delayed and self._delayed[0][0] <= now:
            available_at, _, arrival, slot = heappop(self._delayed)
            heappush(self._ready, (-slot.entry.priority, available_at, arrival, slot))
        return _live_head(self._ready)

    def pop(self) -> _Slot:
        """Take out what `head` just showed."""
        self.waiting -= 1
        return heappop(self._ready)[3]

    def next_available(self) -> Millis | None:
        """When time alone makes an entry claimable; None also while only a freed slot can."""
        if not self.waiting or (self.use and self.limit and self.use.full(self.limit)):
            return None
        heads = [head[3].entry.available_at for heap in (self._delayed, self._ready) if (head := _live_head(heap))]
        opens = self.use.opens_at(self.limit) if self.use and self.limit else 0
        return max(min(heads), opens)


def _live_head(heap: _Heap) -> tuple[int, int, int, _Slot] | None:
    while heap and not heap[0][3].live:
        heappop(heap)
    return heap[0] if heap else None


class ReadyQueues:
    """Entries by queue. `ring(queue)` is called when a freed slot may have made an entry claimable."""

    def __init__(self, ring: Callable[[str], None] = lambda _: None) -> None:
        self.ring = ring
        self._arrivals = 0
        self._slots: dict[str, _Slot] = {}
        self._queues: dict[str, dict[Limit | None, _Lane]] = {}
        self._uses: dict[str, LimitUse] = {}
        self._limited: dict[str, set[str]] = {}
        """The queues that have a lane with this limit key."""

    def enqueue(self, entry: QueueEntry) -> None:
        """Add an entry, or replace the entry of the same task, which gives its slot back."""
        self.dequeue(entry.task_id)
        self._arrivals += 1
        slot = _Slot(entry, self._lane(entry.queue, entry.limit), self._arrivals)
        self._slots[entry.task_id] = slot
        if not entry.claimed:
            slot.lane.put(slot)
            return
        if slot.lane.use:
            slot.lane.use.claimed += 1
        self._tidy(slot.lane)

    def dequeue(self, task_id: str) -> None:
        """End an entry, claimed or not; an unknown one is ignored."""
        slot = self._slots.pop(task_id, None)
        if slot is None:
            return
        slot.live = False
        if slot.claimed:
            self._free(slot.entry.limit)
        else:
            slot.lane.drop()
            self._tidy(slot.lane)

    def claim(self, queue: str, count: int, now: Millis) -> list[QueueEntry]:
        """Take up to `count` entries: highest priority, then longest available, then first come."""
        taken: list[QueueEntry] = []
        while len(taken) < count and (lane := self._best_lane(queue, now)):
            taken.append(self._take(lane, now))
        return taken

    def release(self, task_ids: Iterable[str]) -> None:
        """Give claimed entries back to their old place; others are ignored."""
        for task_id in task_ids:
            slot = self._slots.get(task_id)
            if slot is None or not slot.claimed:
                continue
            slot.lane = self._lane(slot.entry.queue, slot.entry.limit)
            if slot.lane.use and slot.stamp is not None:
                slot.lane.use.give_back(slot.stamp)
            slot.claimed, slot.stamp = False, None
            slot.lane.put(slot)
            self._free(slot.entry.limit)
            self.ring(slot.entry.queue)

    def sizes(self) -> dict[str, int]:
        """Unclaimed entries by queue, delayed ones included."""
        sizes = {queue: sum(lane.waiting for lane in lanes.values()) for queue, lanes in self._queues.items()}
        return {queue: size for queue, size in sizes.items() if size}

    def next_available(self, queue: str) -> Millis | None:
        """When time alone makes an entry claimable; None also while only a freed slot can (then `ring` tells)."""
        lanes = self._queues.get(queue, {}).values()
        return min((at for lane in lanes if (at := lane.next_available()) is not None), default=None)

    def _lane(self, queue: str, limit: Limit | None) -> _Lane:
        lanes = self._queues.setdefault(queue, {})
        lane = lanes.get(limit)
        if lane is None:
            use = self._uses.setdefault(limit.key, LimitUse()) if limit else None
            lane = lanes[limit] = _Lane(queue, limit, use)
            if limit:
                self._limited.setdefault(limit.key, set()).add(queue)
        return lane

    def _best_lane(self, queue: str, now: Millis) -> _Lane | None:
        heads = [(head, lane) for lane in self._queues.get(queue, {}).values() if (head := lane.head(now))]
        return min(heads, key=lambda pair: pair[0][:3])[1] if heads else None

    def _take(self, lane: _Lane, now: Millis) -> QueueEntry:
        slot = lane.pop()
        slot.claimed = True
        if lane.use and lane.limit:
            slot.stamp = now
            lane.use.take(lane.limit, now)
        self._tidy(lane)
        return slot.entry

    def _free(self, limit: Limit | None) -> None:
        """Give the slot of a claimed entry back, and ring where entries had to wait for exactly this."""
        if limit is None:
            return
        self._uses[limit.key].claimed -= 1
        for queue in self._limited.get(limit.key, ()):
            if any(_just_opened(lane, limit.key) for lane in self._queues[queue].values()):
                self.ring(queue)
        self._forget_use(limit.key)

    def _tidy(self, lane: _Lane) -> None:
        """Forget an empty lane, and with the last one its queue: names of queues come and go."""
        if lane.waiting:
            return
        lanes = self._queues[lane.queue]
        del lanes[lane.limit]
        if lane.limit and not any(other and other.key == lane.limit.key for other in lanes):
            self._limited[lane.limit.key].discard(lane.queue)
            self._forget_use(lane.limit.key)
        if not lanes:
            del self._queues[lane.queue]

    def _forget_use(self, key: str) -> None:
        if not self._limited.get(key):
            self._limited.pop(key, None)
            if self._uses[key].idle:
                del self._uses[key]


def _just_opened(lane: _Lane, key: str) -> bool:
    limit, use = lane.limit, lane.use
    return bool(limit and use and limit.key == key and lane.waiting and use.claimed + 1 == limit.concurrent)
