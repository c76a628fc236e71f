"""Which status may follow which, and by what kind of move (reference §1.3). The only home of these rules.

A *step* is what the flow itself, workers and timers do. A *revival* is what an operator does to something that has
ended: retry, rerun, restart. Terminating is a step of its own, because it may also end what has failed (D9).
"""

from __future__ import annotations

from enum import Enum, auto

from engine.errors import IllegalTransition
from engine.status import TaskStatus as T
from engine.status import WorkflowStatus as W


class Move(Enum):
    """The kind of a status change."""

    STEP = auto()
    TERMINATE = auto()
    REVIVE = auto()


_ENDS = frozenset({W.COMPLETED, W.FAILED, W.TIMED_OUT, W.TERMINATED})

WORKFLOW: dict[Move, dict[W, frozenset[W]]] = {
    Move.STEP: {
        W.RUNNING: frozenset({W.PAUSED}) | _ENDS,
        W.PAUSED: frozenset({W.RUNNING, W.TIMED_OUT}),
    },
    Move.TERMINATE: {
        W.RUNNING: frozenset({W.TERMINATED}),
        W.PAUSED: frozenset({W.TERMINATED}),
        W.FAILED: frozenset({W.TERMINATED}),
        W.TIMED_OUT: frozenset({W.TERMINATED}),
    },
    Move.REVIVE: {end: frozenset({W.RUNNING}) for end in _ENDS},
}

_OUTCOMES = frozenset(
    {T.COMPLETED, T.COMPLETED_WITH_ERRORS, T.FAILED, T.FAILED_WITH_TERMINAL_ERROR, T.TIMED_OUT, T.CANCELED}
)
_FAILURES = (T.FAILED, T.FAILED_WITH_TERMINAL_ERROR, T.TIMED_OUT, T.CANCELED)

TASK: dict[Move, dict[T, frozenset[T]]] = {
    Move.STEP: {
        T.SCHEDULED: frozenset({T.IN_PROGRESS}) | _OUTCOMES,
        # a worker may hand its task back (§4.4), so IN_PROGRESS -> SCHEDULED
        T.IN_PROGRESS: frozenset({T.SCHEDULED}) | _OUTCOMES,
        # an optional task that failed for good (§2.0.2)
        **{failure: frozenset({T.COMPLETED_WITH_ERRORS}) for failure in _FAILURES},
    },
    Move.TERMINATE: {
        T.SCHEDULED: frozenset({T.CANCELED}),
        T.IN_PROGRESS: frozenset({T.CANCELED}),
    },
    Move.REVIVE: {status: frozenset({T.SCHEDULED, T.IN_PROGRESS}) for status in T if status is not T.SKIPPED},
}


def check_workflow(workflow_id: str, before: W, after: W, move: Move) -> None:
    """Raise `IllegalTransition` unless the table lists the change; staying the same is always legal."""
    if after is not before and after not in WORKFLOW[move].get(before, frozenset()):
        raise IllegalTransition(f"Workflow {workflow_id} is {before} and cannot become {after}.")


def check_task(task_id: str, before: T, after: T, move: Move) -> None:
    """Raise `IllegalTransition` unless the table lists the change; staying the same is always legal."""
    if after is not before and after not in TASK[move].get(before, frozenset()):
        raise IllegalTransition(f"Task {task_id} is {before} and cannot become {after}.")
