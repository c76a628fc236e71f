"""Workflow and task statuses and what they mean (reference §1.1, §1.2)."""

from __future__ import annotations

from enum import StrEnum


class WorkflowStatus(StrEnum):
    """Where an execution stands. PAUSED counts as successful, as in the reference."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    TERMINATED = "TERMINATED"

    @property
    def terminal(self) -> bool:
        """True when nothing will move any more by itself."""
        return self not in _OPEN_WORKFLOW


class TaskStatus(StrEnum):
    """Where one attempt of a task stands."""

    SCHEDULED = "SCHEDULED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    COMPLETED_WITH_ERRORS = "COMPLETED_WITH_ERRORS"
    FAILED = "FAILED"
    FAILED_WITH_TERMINAL_ERROR = "FAILED_WITH_TERMINAL_ERROR"
    TIMED_OUT = "TIMED_OUT"
    CANCELED = "CANCELED"
    SKIPPED = "SKIPPED"

    @property
    def terminal(self) -> bool:
        """True when this attempt has ended."""
        return self not in _OPEN_TASK

    @property
    def successful(self) -> bool:
        """False for the four ways to fail; open tasks count as successful (§1.2)."""
        return self not in _UNSUCCESSFUL

    @property
    def retriable(self) -> bool:
        """True when a retry may follow this status."""
        return self not in _FINAL


REPORTABLE = frozenset(
    {
        TaskStatus.IN_PROGRESS,
        TaskStatus.COMPLETED,
        TaskStatus.FAILED,
        TaskStatus.FAILED_WITH_TERMINAL_ERROR,
        TaskStatus.CANCELED,
    }
)
"""The statuses that a worker may report (§1.2)."""

_OPEN_WORKFLOW = frozenset({WorkflowStatus.RUNNING, WorkflowStatus.PAUSED})
_OPEN_TASK = frozenset({TaskStatus.SCHEDULED, TaskStatus.IN_PROGRESS})
_UNSUCCESSFUL = frozenset(
    {
        TaskStatus.FAILED,
        TaskStatus.FAILED_WITH_TERMINAL_ERROR,
        TaskStatus.TIMED_OUT,
        TaskStatus.CANCELED,
    }
)
_FINAL = frozenset({TaskStatus.FAILED_WITH_TERMINAL_ERROR, TaskStatus.CANCELED, TaskStatus.SKIPPED})
