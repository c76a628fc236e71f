"""What the server has acknowledged with 2xx, and the check that all of it is still true at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.crash.shapes import Shape

Json = Mapping[str, Any]
_PASSING = {"FAILED", "TIMED_OUT"}


@dataclass(frozen=True, slots=True)
class Update:
    """An acknowledged answer to a task: what was sent, and when the acknowledgement arrived (epoch ms)."""

    status: str
    output: Json
    acknowledged_at: float


@dataclass(slots=True)
class Ledger:
    """Filled by the load while it runs; `sent` counts the tries of each start, by correlation id."""

    shapes: dict[str, Shape] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    updates: dict[str, Update] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    handed: Counter[str] = field(default_factory=Counter)
    """How often each task came to a worker."""
    once: bool = False
    """No task may come to two workers: here a poll is answered only when that is durable."""

    def faults(self, executions: Sequence[Json]) -> list[str]:
        """Every broken promise, one sentence each, given all executions of the run as the server tells them now."""
        rows = {task["taskId"]: task for execution in executions for task in execution["tasks"]}
        return [
            *self.refusals,
            *self._lost_starts(executions),
            *self._lost_updates(rows),
            *(f"task {task_id} came to {n} workers" for task_id, n in self.handed.items() if self.once and n > 1),
            *(fault for execution in executions for fault in self._wrong_execution(execution)),
        ]

    def _lost_starts(self, executions: Sequence[Json]) -> Iterator[str]:
        known = {execution["workflowId"] for execution in executions}
        yield from (f"acknowledged start {identity} is gone" for identity in self.starts if identity not in known)
        found: dict[str, int] = defaultdict(int)
        for execution in executions:
            if "parentWorkflowId" in execution:
                continue
            found[execution["correlationId"]] += 1
        for correlation, count in found.items():
            if count > self.sent[correlation]:
                yield f"{correlation} was started {count} times by {self.sent[correlation]} requests"

    def _lost_updates(self, rows: Mapping[str, Json]) -> Iterator[str]:
        for task_id, update in self.updates.items():
            row = rows.get(task_id)
            if row is None:
                yield f"task {task_id} was acknowledged as {update.status} and is gone"
            elif not _holds(row, update):
                yield (
                    f"task {task_id} ({row['referenceTaskName']}) was acknowledged as {update.status} "
                    f"with {update.output} and is {row['status']} with {row.get('outputData')}"
                )

    def _wrong_execution(self, execution: Json) -> Iterator[str]:
        identity = execution["workflowId"]
        if "parentWorkflowId" in execution:
            if execution["status"] != "COMPLETED":
                yield f"child {identity} is {execution['status']}, not COMPLETED"
            return
        shape = self.shapes[execution["correlationId"]]
        if execution["status"] != "COMPLETED":
            states = [f"{task['referenceTaskName']} {task['status']}" for task in execution["tasks"]]
            yield f"{shape.name} {identity} is {execution['status']}, not COMPLETED: {', '.join(states)}"
            return
        attempts: dict[str, list[Json]] = defaultdict(list)
        for task in execution["tasks"]:
            attempts[task["referenceTaskName"]].append(task)
        expected = {*shape.worked, *shape.automatic}
        if set(attempts) != expected:
            yield f"{shape.name} {identity} has rows for {sorted(attempts)}, not {sorted(expected)}"
        for reference, tasks in attempts.items():
            fault = _attempts_fault(tasks, once=reference in shape.automatic)
            if fault:
                yield f"{shape.name} {identity}: {reference} {fault}"
        last = {task["taskId"] for task in attempts.get(shape.worked[-1], []) if task["status"] == "COMPLETED"}
        if execution["output"].get("by") not in last:
            yield f"{shape.name} {identity}: output {execution['output']} is not that of its last task"


def _holds(row: Json, update: Update) -> bool:
    """An answer that came after the server had given the task up (TIMED_OUT) is rightly acknowledged and ignored."""
    if row["status"] == "TIMED_OUT":
        return bool(row["endTime"] <= update.acknowledged_at)
    return bool(row["status"] == update.status and row.get("outputData") == update.output)


def _attempts_fault(tasks: Sequence[Json], once: bool) -> str | None:
    """What is wrong with the rows of one reference name: attempts 0, 1, 2 ..., of which the last one completed."""
    ordered = sorted(tasks, key=lambda task: task.get("retryCount") or 0)
    numbers = [task.get("retryCount") or 0 for task in ordered]
    statuses = [task["status"] for task in ordered]
    if numbers != list(range(len(ordered))):
        return f"was scheduled twice: attempts {numbers}"
    if once and len(ordered) > 1:
        return f"has {len(ordered)} rows"
    if statuses[-1] != "COMPLETED" or not _PASSING.issuperset(statuses[:-1]):
        return f"has attempts {statuses}"
    flaky = str(ordered[0]["taskType"]).endswith("_flaky")
    if flaky != ("FAILED" in statuses[:1]) and "TIMED_OUT" not in statuses:
        return f"has attempts {statuses}, but its worker fails {'once' if flaky else 'never'}"
    if statuses[1:].count("FAILED"):
        return f"has attempts {statuses}, but workers fail the first one only"
    return None
