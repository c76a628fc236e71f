"""What must hold between executions: parents and children, queues, search (DESIGN §8 and issue "trees")."""

from __future__ import annotations

from engine.model import Task, Workflow
from engine.status import TaskStatus, WorkflowStatus
from tests.properties import invariants
from tests.properties.forest import Forest

WHEN_ADMITTED = (invariants.a_running_workflow_can_go_on, invariants.deadlines_are_what_the_clocks_say)
"""What does not hold for an execution that its rate limit keeps waiting: its clock has not begun."""


def check_touched(forest: Forest) -> None:
    """What holds for each execution alone, of those that have changed."""
    for workflow_id in sorted(forest.store.touched):
        world = forest.world(workflow_id)
        for invariant in invariants.INVARIANTS:
            if not (world.header.rate_limited and invariant in WHEN_ADMITTED):
                invariant(world)
    forest.store.touched.clear()


def check_at_rest(forest: Forest) -> None:
    """What holds when nothing is left in any outbox."""
    for invariant in AT_REST:
        invariant(forest)


def outboxes_are_empty(forest: Forest) -> None:
    assert forest.run(forest.store.with_outbox(100)) == []


def an_open_task_of_a_child_has_an_open_child(forest: Forest) -> None:
    for task in forest.tasks(lambda task: task.task_type == "SUB_WORKFLOW" and task.status is TaskStatus.IN_PROGRESS):
        child = _header(forest, task.sub_workflow_id)
        assert child is not None, (task.reference_task_name, forest.story(task.workflow_instance_id))
        assert not child.status.terminal, (forest.story(child.workflow_id), forest.story(task.workflow_instance_id))
        assert child.parent_workflow_task_id == task.task_id


def an_open_child_has_an_open_task(forest: Forest) -> None:
    """But for those whose task has been given up: it was tried again, rerun, reported on by hand, or is optional."""
    for workflow_id in forest.with_status(WorkflowStatus.RUNNING, WorkflowStatus.PAUSED):
        child = _header(forest, workflow_id)
        assert child is not None
        task = _task_of(forest, child)
        if task is not None and not _given_up(forest, task):
            assert not task.status.terminal, (forest.story(workflow_id), forest.story(task.workflow_instance_id))


def _given_up(forest: Forest, task: Task) -> bool:
    optional = forest.world(task.workflow_instance_id).node(task).optional
    return task.retried or optional or task.task_id in forest.by_hand


def _task_of(forest: Forest, child: Workflow) -> Task | None:
    """The task that waits for this child, if one does."""
    parent = forest.store.known.get(child.parent_workflow_id or "")
    task = parent.tasks.get(child.parent_workflow_task_id or "") if parent is not None else None
    return task if task is not None and task.sub_workflow_id == child.workflow_id else None


def _header(forest: Forest, workflow_id: str | None) -> Workflow | None:
    known = forest.store.known.get(workflow_id or "")
    return known.header if known is not None else None


def search_agrees_with_the_executions(forest: Forest) -> None:
    headers = {workflow_id: known.header for workflow_id, known in forest.store.known.items()}
    assert forest.searched() == {workflow_id: header.status for workflow_id, header in headers.items() if header}


def queues_agree_with_the_tasks(forest: Forest) -> None:
    sizes: dict[str, int] = {}
    for known in forest.store.known.values():
        for task_id, entry in known.entries.items():
            if task_id not in known.claimed:
                sizes[entry.queue] = sizes.get(entry.queue, 0) + 1
    assert forest.queue_sizes() == sizes


def waiting_for_a_turn_is_for_a_taken_place(forest: Forest) -> None:
    """What its rate limit keeps waiting waits for another open execution."""
    for known in forest.store.known.values():
        header = known.header
        if header is not None and header.rate_limited and not header.status.terminal:
            others = (other.header for other in forest.store.known.values() if other is not known)
            holders = [
                other for other in others
                if other and other.rate_limit_key == header.rate_limit_key
                and not other.rate_limited and not other.status.terminal
            ]  # fmt: skip
            assert holders, forest.story(header.workflow_id)


AT_REST = (
    outboxes_are_empty,
    an_open_task_of_a_child_has_an_open_child,
    an_open_child_has_an_open_task,
    search_agrees_with_the_executions,
    queues_agree_with_the_tasks,
    waiting_for_a_turn_is_for_a_taken_place,
)
