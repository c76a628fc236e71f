"""Ready queues against a model that looks at everything every time."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.ports import Limit, QueueEntry
from storage.ready import ReadyQueues

QUEUES = ("a", "b")
LIMITS = (
    None,
    Limit("one", concurrent=1),
    Limit("one", concurrent=2),
    Limit("window", per_window=2, window_ms=10),
    Limit("window", per_window=3, window_ms=25),
    Limit("both", concurrent=2, per_window=3, window_ms=5),
)


class Known:
    """What the model remembers of an entry."""

    def __init__(self, entry: QueueEntry, arrival: int) -> None:
        self.entry, self.arrival, self.claimed = entry, arrival, entry.claimed
        self.stamp: int | None = None


class Model:
    """The rules of `TaskQueues`, as plainly as they can be written."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.stamps: dict[str, list[int]] = {}
        self.arrivals = 0

    def enqueue(self, entry: QueueEntry) -> None:
        self.arrivals += 1
        self.known[entry.task_id] = Known(entry, self.arrivals)

    def opens_at(self, limit: Limit | None) -> int | None:
        """When time alone opens this limit; None = only a freed slot does."""
        if limit is None:
            return 0
        out = [known for known in self.known.values() if known.claimed and known.entry.limit]
        if limit.concurrent and sum(known.entry.limit.key == limit.key for known in out) >= limit.concurrent:  # type: ignore[union-attr]
            return None
        stamps = sorted(self.stamps.get(limit.key, []))
        if not limit.per_window or len(stamps) < limit.per_window:
            return 0
        return stamps[-limit.per_window] + limit.window_ms

    def next_available(self, queue: str) -> int | None:
        waiting = [known.entry for known in self.known.values() if not known.claimed and known.entry.queue == queue]
        opens = [(entry.available_at, self.opens_at(entry.limit)) for entry in waiting]
        return min((max(at, open_at) for at, open_at in opens if open_at is not None), default=None)

    def claim(self, queue: str, now: int) -> str | None:
        free = [
            known
            for known in self.known.values()
            if not known.claimed
            and known.entry.queue == queue
            and known.entry.available_at <= now
            and (opens := self.opens_at(known.entry.limit)) is not None
            and opens <= now
        ]
        if not free:
            return None
        best = min(free, key=lambda known: (-known.entry.priority, known.entry.available_at, known.arrival))
        best.claimed = True
        if best.entry.limit and best.entry.limit.per_window:
            best.stamp = now
            self.stamps.setdefault(best.entry.limit.key, []).append(now)
        return best.entry.task_id

    def release(self, task_id: str) -> None:
        known = self.known.get(task_id)
        if known and known.claimed:
            known.claimed = False
            if known.stamp is not None and known.entry.limit:
                self.stamps[known.entry.limit.key].remove(known.stamp)
            known.stamp = None

    def sizes(self) -> dict[str, int]:
        waiting = [known.entry.queue for known in self.known.values() if not known.claimed]
        return {queue: waiting.count(queue) for queue in set(waiting)}


class ReadyMachine(RuleBasedStateMachine):
    """Any sequence of calls gives the answers of the model, and rings where something became claimable."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100
        self.rung: set[str] = set()
        self.ready = ReadyQueues(self.rung.add)
        self.model = Model()

    tasks = st.integers(0, 9).map("t{}".format)

    @rule(
        task_id=tasks,
        queue=st.sampled_from(QUEUES),
        priority=st.integers(0, 2),
        delay=st.sampled_from([-5, 0, 3]),
        limit=st.sampled_from(LIMITS),
        claimed=st.sampled_from([False, False, False, True]),
    )
    def enqueue(self, task_id: str, queue: str, priority: int, delay: int, limit: Limit | None, claimed: bool) -> None:
        entry = QueueEntry(task_id, "w", queue, priority, self.now + delay, limit, claimed)
        closed = self.closed()
        self.ready.enqueue(entry)
        self.model.enqueue(entry)
        self.heard(closed, besides={queue})

    @rule(task_id=tasks)
    def dequeue(self, task_id: str) -> None:
        closed = self.closed()
        self.ready.dequeue(task_id)
        self.model.known.pop(task_id, None)
        self.heard(closed)

    @rule(task_id=tasks)
    def release(self, task_id: str) -> None:
        closed = self.closed()
        self.ready.release([task_id])
        self.model.release(task_id)
        self.heard(closed)

    @rule(queue=st.sampled_from(QUEUES), count=st.integers(1, 4))
    def claim(self, queue: str, count: int) -> None:
        got = [entry.task_id for entry in self.ready.claim(queue, count, self.now)]
        expected = [self.model.claim(queue, self.now) for _ in range(count)]
        assert got == [task_id for task_id in expected if task_id]

    @rule(step=st.integers(1, 7))
    def wait(self, step: int) -> None:
        self.now += step

    @invariant()
    def sizes_agree(self) -> None:
        assert self.ready.sizes() == self.model.sizes()

    @invariant()
    def next_available_agrees(self) -> None:
        for queue in QUEUES:
            got, expected = self.ready.next_available(queue), self.model.next_available(queue)
            assert (got is None) == (expected is None)
            if got is not None and expected is not None:
                assert max(got, self.now) == max(expected, self.now)

    def closed(self) -> set[str]:
        """Queues where time alone brings nothing: whoever waits there sleeps until a ring."""
        self.rung.clear()
        return {queue for queue in QUEUES if self.model.next_available(queue) is None}

    def heard(self, closed: set[str], besides: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        woken = {queue for queue in closed if self.model.next_available(queue) is not None} - besides
        assert woken <= self.rung

    def teardown(self) -> None:
        """Nothing is kept of queues that are empty."""
        for task_id in list(self.model.known):
            self.ready.dequeue(task_id)
        assert self.ready.sizes() == {}
        assert not self.ready._queues
        assert not self.ready._limited
        assert not self.ready._slots
        assert all(use.stamps and not use.claimed for use in self.ready._uses.values())


ReadyMachine.TestCase.settings = settings(stateful_step_count=60)
TestReady = ReadyMachine.TestCase


def claim_cost(waiting: int) -> int:
    """How many heads are compared when one entry is claimed out of a queue behind `waiting` entries of a full limit."""
    ready = ReadyQueues()
    for n in range(waiting):
        ready.enqueue(QueueEntry(f"t{n}", "w", "q", limit=LIMITS[1], priority=9))
    ready.enqueue(QueueEntry("free", "w", "q"))
    assert [entry.task_id for entry in ready.claim("q", 2, 1)] == ["t0", "free"]
    return sum(len(lane._ready) + len(lane._delayed) for lane in ready._queues["q"].values())


def test_entries_behind_a_full_limit_are_not_looked_at() -> None:
    assert claim_cost(10_000) == 9_999


def test_waste_is_cleared_away() -> None:
    ready = ReadyQueues()
    ready.enqueue(QueueEntry("stays", "w", "q"))
    for n in range(10_000):
        ready.enqueue(QueueEntry("again", "w", "q", available_at=n))
    (lane,) = ready._queues["q"].values()
    assert lane.waiting == 2
    assert len(lane._delayed) + len(lane._ready) < 200
