"""The invariants of DESIGN §8 that can be read off one execution at rest, each as a function that asserts it."""

from __future__ import annotations

from collections import Counter

import msgspec

from engine.commands import UpdateTask
from engine.model import Task, Workflow
from engine.rows import PULLS, Rows
from engine.status import TaskStatus, WorkflowStatus
from engine.timeouts import IN_SERVER, deadline, workflow_deadline
from tests.world import World


def check(world: World) -> None:
    """All of them."""
    for invariant in INVARIANTS:
        invariant(world)


def nothing_is_left_to_reconcile(world: World) -> None:
    """(1) The whole-workflow rules find nothing to do."""
    found = world.reconciled()
    assert found.commit is None, f"reconcile changes {found.commit}"


def one_open_task_per_reference(world: World) -> None:
    """(3) At most one open task per reference name and iteration."""
    names = Counter(task.reference_task_name for task in world.rows if not task.status.terminal)
    assert all(number == 1 for number in names.values()), names


def queues_hold_exactly_the_open_worker_tasks(world: World) -> None:
    """(4, C15) SCHEDULED worker tasks wait in a queue, IN_PROGRESS ones are claimed, nothing else is in a queue. A task
    that is with the server's own worker is claimed and SCHEDULED.
    """
    expected = {task.task_id: _claimed(task) for task in world.worker_tasks()}
    entries = {task_id: task_id in world.durable.claimed for task_id in world.durable.entries}
    assert entries == expected
    for task_id, entry in world.durable.entries.items():
        task = world.rows.get(task_id)
        assert task is not None
        assert (entry.workflow_id, entry.priority) == (world.header.workflow_id, world.header.priority)
        assert entry.available_at == task.available_at or world.durable.claimed


def _claimed(task: Task) -> bool:
    if task.task_type in IN_SERVER:
        return task.start_time > 0
    return task.status is TaskStatus.IN_PROGRESS


def a_running_workflow_can_go_on(world: World) -> None:
    """(7) Something other than a JOIN is open, so somebody can move it."""
    if world.status is WorkflowStatus.RUNNING:
        assert [task for task in world.rows.open() if not task.waits_for], world.table()


def nothing_is_open_in_an_ended_workflow(world: World) -> None:
    """(C13) The end of a workflow ends its rows in the same commit."""
    if world.status.terminal:
        assert not world.rows.open()
        assert world.header.end_time
        assert not world.durable.deadlines


def commits_tell_the_whole_story(world: World) -> None:
    """What a store holds after the commits is what the engine holds in memory, also after JSON out and in (8)."""
    assert world.durable.header == world.header
    assert world.durable.tasks == {task.task_id: task for task in world.rows}
    assert msgspec.json.decode(msgspec.json.encode(world.header), type=Workflow) == world.header
    for task in world.rows:
        assert msgspec.json.decode(msgspec.json.encode(task), type=Task) == task


def indexes_are_those_of_rows_built_anew(world: World) -> None:
    """Absorbing decisions keeps every index as it is after a load."""
    rows, anew = world.rows, Rows(world.rows)
    assert list(rows) == list(anew)
    assert rows.open() == anew.open()
    assert rows.pulling() == anew.pulling()
    assert rows.unsuccessful() == anew.unsuccessful()
    assert rows.last() == anew.last()
    assert (rows.open_count, len(rows)) == (anew.open_count, len(anew))
    assert rows.last_seq >= anew.last_seq
    joins = {task.task_id for task in rows.open() if task.waits_for}
    for task in rows:
        reference = task.reference_task_name
        assert rows.newest(reference) == anew.newest(reference)
        assert rows.newest_of(task.node) == anew.newest_of(task.node)
        assert joins.intersection(rows.waiting_for(reference)) == joins.intersection(anew.waiting_for(reference))
    assert {join: rows.remaining(join) for join in joins} == {join: anew.remaining(join) for join in joins}


def deadlines_are_what_the_clocks_say(world: World) -> None:
    """(P14) Each open row states the earliest of its clocks; so does the header while it runs."""
    now = world.clock.now()
    for task in world.rows:
        task_def = task.own_task_def or world.node(task).task_definition
        expected = 0 if task.status.terminal else deadline(task, task_def, _before(task.deadline, now))
        assert task.deadline == expected, task
    header, definition = world.header, world.execution.graph.definition
    assert header.deadline == workflow_deadline(header, definition, _before(header.deadline, now))


def _before(struck: int, now: int) -> int:
    """A clock that is over under ALERT_ONLY is not set again: look from before it struck."""
    return min(now, struck - 1) if struck else now


def no_deadline_of_a_running_workflow_is_lost(world: World) -> None:
    """Whatever a row states is still going to be handed out."""
    if world.status is WorkflowStatus.RUNNING:
        stated = {task.task_id: task.deadline for task in world.rows if task.deadline}
        if world.header.deadline:
            stated[""] = world.header.deadline
        assert world.durable.deadlines == stated


def messages_are_where_they_belong(world: World) -> None:
    """(C5) None waits while a task waits for it, none outlives its workflow, none is taken twice."""
    kept = [message.id for message in world.header.messages]
    if kept:
        assert not world.status.terminal
        assert world.status is WorkflowStatus.PAUSED or not world.rows.pulling()
    for task in world.rows:
        if task.task_type == PULLS:
            kept += [message["id"] for message in task.output_data.get("messages", ())]
    assert len(kept) == len(set(kept)), kept


INVARIANTS = (
    nothing_is_left_to_reconcile,
    one_open_task_per_reference,
    queues_hold_exactly_the_open_worker_tasks,
    a_running_workflow_can_go_on,
    nothing_is_open_in_an_ended_workflow,
    commits_tell_the_whole_story,
    indexes_are_those_of_rows_built_anew,
    deadlines_are_what_the_clocks_say,
    no_deadline_of_a_running_workflow_is_lost,
    messages_are_where_they_belong,
)


def answering_everything_ends_it(world: World) -> None:
    """(7) With every open task answered COMPLETED, it ends after at most as many answers as it has nodes."""
    answers = 0
    while world.status is WorkflowStatus.RUNNING:
        open_tasks = [task for task in world.rows.open() if not task.waits_for]
        assert open_tasks, world.table()
        world.do(UpdateTask(world.result(open_tasks[0].task_id)))
        answers += 1
        assert answers <= len(world.execution.graph.places), world.table()
    check(world)
