"""Automatic retries: whether there is one, and after which delay (§4.1)."""

from __future__ import annotations

from engine.definitions import TaskDef, WorkflowTask
from engine.model import Millis, Task

INT_MAX = 2**31 - 1


def allowed(node: WorkflowTask, task_def: TaskDef | None) -> int:
    """How many retries a task may have: the node's number wins over the task definition's (E9)."""
    if node.retry_count is not None:
        return node.retry_count
    return task_def.retry_count if task_def else 0


def delay_seconds(task_def: TaskDef, failures: int) -> int:
    """The delay before the next attempt, after `failures` earlier retries (0 = the first failure), without jitter.

    The reference counts in 32 bits and takes its largest number for an overflow; EXPONENTIAL_BACKOFF ignores the scale
    factor (E10, E11).
    """
    base = task_def.retry_delay_seconds
    delay: int = {
        "FIXED": base,
        "LINEAR_BACKOFF": base * task_def.backoff_scale_factor * (failures + 1),
        "EXPONENTIAL_BACKOFF": base << min(failures, 62),
    }[task_def.retry_logic]
    delay = min(delay, INT_MAX)
    cap = task_def.max_retry_delay_seconds
    return min(delay, cap) if cap > 0 else delay


def out_of_time(task: Task, task_def: TaskDef, now: Millis) -> str | None:
    """The reason why no attempt may follow although retries are left: the total time-out (E14); None when one may."""
    total = task_def.total_timeout_seconds
    elapsed = now - task.first_scheduled_time
    if total <= 0 or elapsed < total * 1000:
        return None
    return (
        f"Task {task.task_id}/{task.task_def_name} exceeded total timeout of {total} seconds "
        f"(elapsed {elapsed // 1000} seconds across all attempts). No further retries will be attempted."
    )
