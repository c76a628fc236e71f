"""The tasks of one execution with the indexes that make a step independent of their number.

`Rows` stands alone, or over another one: then it holds what a decision has changed, reads through to what lies under
it, and never changes it. The same maintenance serves both, so absorbing a decision is putting its tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.model import Task
from engine.status import TaskStatus

PASSIVE = frozenset({"JOIN", "EXCLUSIVE_JOIN", "DO_WHILE"})
"""Types whose open rows wait for other rows and for nothing else."""
PULLS = "PULL_WORKFLOW_MESSAGES"
"""The type whose open rows wait for messages."""


def finished(task: Task | None) -> bool:
    """True when a JOIN need not wait for this row any more: its end is decided (no retry comes), or it was skipped."""
    return task is not None and (task.executed or task.status is TaskStatus.SKIPPED)


def unsettled(task: Task) -> bool:
    """True when the row has ended and what follows from it is not decided yet."""
    return task.status.terminal and not task.executed and not task.retried and task.status is not TaskStatus.SKIPPED


class Rows:
    """Tasks by id, by reference name and by node; which are open; what each JOIN still waits for."""

    __slots__ = (
        "_by_node",
        "_by_ref",
        "_gone",
        "_last",
        "_of_iteration",
        "_open",
        "_pulling",
        "_remaining",
        "_tasks",
        "_under",
        "_unsuccessful",
        "_waiting",
        "last_seq",
        "open_count",
        "open_passive",
    )

    def __init__(self, tasks: Iterable[Task] = (), under: Rows | None = None) -> None:
        self._under = under
        self._tasks: dict[str, Task] = {}
        self._by_ref: dict[str, str] = {}
        self._by_node: dict[str, str] = {}
        self._open: dict[str, bool] = {}
        self._pulling: dict[str, bool] = {}
        self._gone: set[str] = set()
        self._of_iteration: dict[tuple[str, int], tuple[str, ...]] = {}
        self._unsuccessful: dict[str, bool] = {}
        self._waiting: dict[str, tuple[str, ...]] = {}
        self._remaining: dict[str, int] = {}
        self.last_seq: int = under.last_seq if under else 0
        self._last: str | None = under._last if under else None
        self.open_count: int = under.open_count if under else 0
        self.open_passive: int = under.open_passive if under else 0
        for task in tasks:
            self.put(task)

    def get(self, task_id: str) -> Task | None:
        """The task of that id."""
        task = self._tasks.get(task_id)
        if task is None and self._under is not None and task_id not in self._gone:
            return self._under.get(task_id)
        return task

    def newest(self, reference: str) -> Task | None:
        """The newest attempt under a reference name (inside loops with its suffix)."""
        rows: Rows | None = self
        while rows is not None:
            task_id = rows._by_ref.get(reference)
            if task_id is not None:
                return self.get(task_id)
            rows = rows._under
        return None

    def newest_of(self, node: str) -> Task | None:
        """The newest row of a node: latest attempt of the latest iteration (§3.4)."""
        rows: Rows | None = self
        while rows is not None:
            task_id = rows._by_node.get(node)
            if task_id is not None:
                return self.get(task_id)
            rows = rows._under
        return None

    def put(self, task: Task) -> None:
        """Add or replace a task."""
        before = self.get(task.task_id)
        if before is None:
            self._add(task)
        else:
            self._replace(task, before)
        self._note(task, before)

    def _add(self, task: Task) -> None:
        newest, of_node = self.newest(task.reference_task_name), self.newest_of(task.node)
        self._tasks[task.task_id] = task
        last = self.last()
        if task.status is not TaskStatus.SKIPPED and (last is None or task.seq >= last.seq):
            self._last = task.task_id
        if newest is None or task.seq >= newest.seq:
            self._by_ref[task.reference_task_name] = task.task_id
            self._count_down(task.reference_task_name, finished(newest), finished(task))
        if of_node is None or task.seq >= of_node.seq:
            self._by_node[task.node] = task.task_id
        if task.loop_task_id is not None:
            place = (task.loop_task_id, task.iteration)
            self._of_iteration[place] = (*self._ids_of_iteration(place), task.task_id)

    def remove(self, task_id: str) -> None:
        """Forget an ended row (loops that keep only their last iterations)."""
        self._tasks.pop(task_id, None)
        if self._under is not None:
            self._gone.add(task_id)
        self._mark(self._unsuccessful, task_id, False)

    def of_iteration(self, loop_task_id: str, iteration: int) -> list[Task]:
        """All rows, dynamic branches and older attempts included, of one iteration of one loop row."""
        ids = self._ids_of_iteration((loop_task_id, iteration))
        return [task for task_id in ids if (task := self.get(task_id)) is not None]

    def _ids_of_iteration(self, place: tuple[str, int]) -> tuple[str, ...]:
        own = self._of_iteration.get(place)
        if own is None:
            return self._under._ids_of_iteration(place) if self._under is not None else ()
        return own

    def _replace(self, task: Task, before: Task) -> None:
        self._tasks[task.task_id] = task
        if finished(task) != finished(before) and self.newest(task.reference_task_name) is task:
            self._count_down(task.reference_task_name, finished(before), finished(task))

    def _note(self, task: Task, before: Task | None) -> None:
        is_open = not task.status.terminal
        was_open = before is not None and not before.status.terminal
        self.open_count += is_open - was_open
        if task.task_type in PASSIVE:
            self.open_passive += is_open - was_open
        elif task.task_type == PULLS:
            self._mark(self._pulling, task.task_id, is_open)
        self._mark(self._open, task.task_id, is_open)
        self._mark(self._unsuccessful, task.task_id, not task.status.successful)
        self.last_seq = max(self.last_seq, task.seq)
        if task.waits_for and is_open and not was_open:
            self._watch(task)

    def _mark(self, marks: dict[str, bool], task_id: str, marked: bool) -> None:
        if marked or self._under is not None:
            marks[task_id] = marked
        else:
            marks.pop(task_id, None)

    def _watch(self, join: Task) -> None:
        for reference in join.waits_for:
            known = self.waiting_for(reference)
            if join.task_id not in known:
                self._waiting[reference] = (*known, join.task_id)
        self._remaining[join.task_id] = sum(not finished(self.newest(ref)) for ref in set(join.waits_for))

    def _count_down(self, reference: str, before: bool, after: bool) -> None:
        if before != after:
            for join in self.waiting_for(reference):
                self._remaining[join] = self.remaining(join) + (before - after)

    def waiting_for(self, reference: str) -> tuple[str, ...]:
        """Ids of the JOINs, open or ended, that wait for a reference name."""
        known = self._waiting.get(reference)
        if known is None:
            return self._under.waiting_for(reference) if self._under is not None else ()
        return known

    def remaining(self, join: str) -> int:
        """How many reference names an open JOIN still waits for."""
        count = self._remaining.get(join)
        if count is None:
            return self._under.remaining(join) if self._under is not None else 0
        return count

    def open(self) -> list[Task]:
        """The open tasks in the order of their `seq`."""
        return self._marked("_open")

    def pulling(self) -> list[Task]:
        """The open tasks that wait for messages, in the order of their `seq`."""
        return self._marked("_pulling")

    def unsuccessful(self) -> list[Task]:
        """FAILED, TIMED_OUT and CANCELED rows in the order of their `seq`, replaced attempts included."""
        return self._marked("_unsuccessful")

    def _marked(self, index: str) -> list[Task]:
        marks: dict[str, bool] = {}
        rows: Rows | None = self
        while rows is not None:
            marks = getattr(rows, index) | marks
            rows = rows._under
        found = [self._known(task_id) for task_id, marked in marks.items() if marked]
        return sorted(found, key=lambda task: task.seq)

    def _known(self, task_id: str) -> Task:
        task = self.get(task_id)
        assert task is not None
        return task

    def last(self) -> Task | None:
        """The row with the highest `seq` that was not skipped."""
        return self.get(self._last) if self._last is not None else None

    def changed(self) -> tuple[Task, ...]:
        """The tasks put into this layer, not those under it."""
        return tuple(self._tasks.values())

    def removed(self) -> tuple[str, ...]:
        """Ids of the tasks that this layer has removed."""
        return tuple(self._gone) if self._under is not None else ()

    def ids(self) -> set[str]:
        """Ids of all tasks."""
        return set(self._tasks) | ((self._under.ids() - self._gone) if self._under is not None else set())

    def __iter__(self) -> Iterator[Task]:
        """All tasks in the order of their `seq`."""
        if self._under is None:
            return iter(sorted(self._tasks.values(), key=lambda task: task.seq))
        return iter(sorted((self._known(task_id) for task_id in self.ids()), key=lambda task: task.seq))

    @property
    def count(self) -> int:
        """How many tasks were put here (a lower layer not included)."""
        return len(self._tasks)

    def __len__(self) -> int:
        return len(self.ids())
