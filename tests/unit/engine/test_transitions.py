"""The tables of status changes: what they allow, and that everything else raises and names both sides."""

from __future__ import annotations

from itertools import product

import pytest

from engine.errors import IllegalTransition
from engine.status import TaskStatus, WorkflowStatus
from engine.transitions import TASK, WORKFLOW, Move, check_task, check_workflow


@pytest.mark.parametrize("move", list(Move))
def test_the_tables_are_exact(move: Move) -> None:
    for before, after in product(WorkflowStatus, WorkflowStatus):
        legal = before is after or after in WORKFLOW[move].get(before, frozenset())
        if legal:
            check_workflow("w", before, after, move)
            continue
        with pytest.raises(IllegalTransition, match=f"Workflow w is {before} and cannot become {after}"):
            check_workflow("w", before, after, move)


@pytest.mark.parametrize("move", list(Move))
def test_the_tables_of_tasks_are_exact(move: Move) -> None:
    for before, after in product(TaskStatus, TaskStatus):
        legal = before is after or after in TASK[move].get(before, frozenset())
        if legal:
            check_task("t", before, after, move)
            continue
        with pytest.raises(IllegalTransition, match=f"Task t is {before} and cannot become {after}"):
            check_task("t", before, after, move)


def test_no_step_leaves_an_end() -> None:
    for status in WorkflowStatus:
        if status.terminal:
            assert not WORKFLOW[Move.STEP].get(status)
    for ended in (TaskStatus.COMPLETED, TaskStatus.COMPLETED_WITH_ERRORS, TaskStatus.SKIPPED):
        assert not TASK[Move.STEP].get(ended)


def test_only_what_has_ended_is_revived() -> None:
    assert set(WORKFLOW[Move.REVIVE]) == {status for status in WorkflowStatus if status.terminal}
    assert TaskStatus.SKIPPED not in TASK[Move.REVIVE]


def test_a_completed_workflow_is_never_terminated() -> None:
    assert WorkflowStatus.COMPLETED not in WORKFLOW[Move.TERMINATE]
