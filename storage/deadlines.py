"""Deadlines of one process, in memory: which one is next, and which have passed."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from engine.model import Millis
from engine.ports import Due

_SLACK = 64


class Deadlines:
    """One deadline per (workflow, task); the workflow's own stands under the task id "".

    The heap keeps entries that were moved or withdrawn until they come up, and is rebuilt when more than half of it
    is such waste: every step of a task moves its deadline, and most are an hour away.
    """

    def __init__(self) -> None:
        self._at: dict[tuple[str, str], Millis] = {}
        self._heap: list[tuple[Millis, str, str]] = []

    def state(self, workflow_id: str, task_id: str, at: Millis) -> None:
        """This is the deadline now; 0 = there is none."""
        key = (workflow_id, task_id)
        if not at:
            self._at.pop(key, None)
        elif self._at.get(key) != at:
            self._at[key] = at
            heappush(self._heap, (at, workflow_id, task_id))
        self._compact()

    def forget(self, workflow_id: str, task_id: str) -> None:
        """Withdraw a deadline; an unknown one is ignored."""
        self.state(workflow_id, task_id, 0)

    def due(self, now: Millis, limit: int) -> list[Due]:
        """Take out deadlines at or before `now`, earliest first."""
        found: list[Due] = []
        while len(found) < limit and (at := self.next()) is not None and at <= now:
            _, workflow_id, task_id = heappop(self._heap)
            del self._at[workflow_id, task_id]
            found.append(Due(workflow_id, task_id, at))
        return found

    def next(self) -> Millis | None:
        """The earliest deadline that was not taken out."""
        heap = self._heap
        while heap and self._at.get((heap[0][1], heap[0][2])) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._at) + _SLACK:
            self._heap = [(at, workflow_id, task_id) for (workflow_id, task_id), at in self._at.items()]
            heapify(self._heap)
