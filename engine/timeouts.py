"""What time alone does to a task or a workflow: every clock, when it strikes, and what it says (§4.3, timers).

One absolute deadline per task and per workflow is the earliest of its clocks, computed from the time that each clock
really counts from (P14, S11). A clock that has struck under ALERT_ONLY is over and is not set again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.definitions import TaskDef, WorkflowDef
from engine.model import Millis, Task, Workflow
from engine.status import TaskStatus, WorkflowStatus

SECOND = 1000
OTHERS_COMPLETE = frozenset({"HTTP", "EVENT"})
"""Types that say `asyncComplete` in their input: once the server has done its part, no response is waited for."""
UNTIMED = frozenset({"WAIT", "HUMAN", "PULL_WORKFLOW_MESSAGES", "SUB_WORKFLOW"})
"""Nobody polls these types or responds for them: no poll and no response time-out (S10, §4.3.4)."""
FLOW = frozenset(
    {"FORK", "JOIN", "EXCLUSIVE_JOIN", "SWITCH", "DECISION", "DO_WHILE", "SET_VARIABLE", "TERMINATE", "NOOP"}
)
"""Types without any clock of a task definition."""
IN_SERVER = frozenset({"HTTP", "START_WORKFLOW"})
"""Types that the server's own workers take from the queue of that name; such a row is SCHEDULED while it runs."""


TEXTS = {
    "total": (
        "Task {task.task_def_name}/{task.task_id} exceeded total timeout of {limit} seconds (elapsed {elapsed} seconds "
        "across all attempts including retry delays). Timeout policy: {policy}"
    ),
    "execution": (
        "Task timed out after {elapsed} seconds. Timeout configured as {limit} seconds. "
        "Timeout policy configured to {policy}"
    ),
    "poll": (
        "Task poll timed out after {elapsed} seconds. Poll timeout configured as {limit} seconds. "
        "Timeout policy configured to {policy}"
    ),
    "response": (
        "responseTimeout: {limit} exceeded for the taskId: {task.task_id} with Task Definition: {task.task_def_name}"
    ),
}
"""What each clock writes into `reasonForIncompletion`."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of one task: it counts `limit` seconds from `since`."""

    name: str
    since: Millis
    limit: int
    policy: str

    @property
    def at(self) -> Millis:
        """When it strikes."""
        return self.since + self.limit * SECOND


def clocks(task: Task, task_def: TaskDef | None) -> Iterator[Clock]:
    """The clocks of an open task, in the order in which the reference looks at them (§1.6 step 7b)."""
    if task_def is None or task.task_type in FLOW:
        return
    policy = task_def.timeout_policy
    if task_def.total_timeout_seconds > 0:
        yield Clock("total", task.first_scheduled_time, task_def.total_timeout_seconds, policy)
    if task_def.timeout_seconds > 0 and task.start_time:
        since = task.start_time + task.start_delay_in_seconds * SECOND
        yield Clock("execution", since, task_def.timeout_seconds, policy)
    if task.task_type in UNTIMED:
        return
    if task.status is TaskStatus.SCHEDULED and not (task.start_time and task.task_type in IN_SERVER):
        if task_def.poll_timeout_seconds:
            since = max(task.scheduled_time, task.available_at)
            yield Clock("poll", since, task_def.poll_timeout_seconds, policy)
    elif task_def.response_timeout_seconds > 0 and not _others_complete(task):
        # §4.3.4: the time-out policy is ignored here
        yield Clock("response", task.update_time, task_def.response_timeout_seconds, "RETRY")


def _others_complete(task: Task) -> bool:
    """True when the server has done its part of an `asyncComplete` task [rec]."""
    known = task.task_type in OTHERS_COMPLETE and task.status is TaskStatus.IN_PROGRESS
    return known and task.input_data.get("asyncComplete") is True


def struck(task: Task, task_def: TaskDef | None, now: Millis) -> Clock | None:
    """The first clock that has struck and has a consequence; ALERT_ONLY has none."""
    return next((c for c in clocks(task, task_def) if c.at <= now and c.policy != "ALERT_ONLY"), None)


def deadline(task: Task, task_def: TaskDef | None, now: Millis) -> Millis:
    """When an open task has to be looked at next; 0 = never."""
    earliest = task.wait_timeout
    for clock in clocks(task, task_def):
        at = clock.at
        if (at > now or clock.policy != "ALERT_ONLY") and (not earliest or at < earliest):
            earliest = at
    return earliest


def reason(clock: Clock, task: Task, now: Millis) -> str:
    """The sentence that goes into `reasonForIncompletion`."""
    elapsed = (now - clock.since) // SECOND
    return TEXTS[clock.name].format(task=task, limit=clock.limit, elapsed=elapsed, policy=clock.policy)


def workflow_since(header: Workflow) -> Millis:
    """What the workflow's time-out counts from (§4.3.5)."""
    return header.last_retried_time or header.create_time


def workflow_deadline(header: Workflow, definition: WorkflowDef, now: Millis) -> Millis:
    """When the workflow's own time-out strikes; 0 = never, also once it has struck under ALERT_ONLY."""
    if definition.timeout_seconds <= 0 or header.status is not WorkflowStatus.RUNNING:
        return 0
    at = workflow_since(header) + definition.timeout_seconds * SECOND
    return 0 if at <= now and definition.timeout_policy == "ALERT_ONLY" else at


def workflow_reason(header: Workflow, definition: WorkflowDef, now: Millis) -> str:
    """The sentence for a workflow that timed out."""
    elapsed = (now - workflow_since(header)) // SECOND
    return (
        f"Workflow timed out after {elapsed} seconds. Timeout configured as {definition.timeout_seconds} seconds. "
        f"Timeout policy configured to {definition.timeout_policy}"
    )
