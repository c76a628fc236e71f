"""What becomes of a child when its parent ends around it (§2.10.5)."""

from __future__ import annotations

from engine.commands import EffectDone, Terminate
from engine.definitions import SubWorkflowParams, WorkflowTask
from engine.effects import StartWorkflow, TerminateWorkflow
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import Surroundings, World

KNOWN = Surroundings(registered=frozenset({"child"}))


def child(reference: str) -> WorkflowTask:
    return task("SUB_WORKFLOW", reference, sub_workflow_param=SubWorkflowParams(name="child", version=1))


def beside(*branch: WorkflowTask) -> World:
    """A child, and another branch."""
    return started(fork("f", [child("k")], list(branch)), join("j", "k", branch[-1].task_reference_name), around=KNOWN)


def test_a_child_that_is_only_about_to_start_never_does() -> None:
    world = beside(task("TERMINATE", "end", {"terminationStatus": "COMPLETED"}))
    row = world.newest("k")
    assert (row.status, row.sub_workflow_id, row.output_data) == (TaskStatus.CANCELED, None, {})
    assert (world.status, world.header.outbox) == (WorkflowStatus.COMPLETED, ())


def test_a_child_that_never_starts_is_not_the_output_of_the_workflow() -> None:
    nameless = task("DYNAMIC", "y", dynamic_task_name_param="which")
    world = started(fork("f", [child("k")], [nameless]), join("j", "k", "y"), around=KNOWN)
    assert world.table() == [("f", "COMPLETED"), ("k", "CANCELED")]
    assert (world.status, world.header.output) == (WorkflowStatus.FAILED, {})


def test_a_child_that_another_commit_has_started_is_terminated() -> None:
    """The start may be under way: it stays in the outbox, in front of the end."""
    world = beside(simple("t"))
    world.do(Terminate("enough"))
    row = world.newest("k")
    start, end = world.header.outbox
    assert isinstance(start, StartWorkflow)
    assert isinstance(end, TerminateWorkflow)
    assert row.sub_workflow_id == start.workflow_id == end.workflow_id
    assert end.reason == "Parent workflow has been terminated with reason: enough"


def test_a_child_that_runs_is_terminated() -> None:
    world = beside(simple("t"))
    (start,) = world.header.outbox
    world.do(EffectDone(start.key))
    world.answer("t", "FAILED")
    (end,) = world.header.outbox
    assert isinstance(end, TerminateWorkflow)
    assert world.newest("k").sub_workflow_id == end.workflow_id
