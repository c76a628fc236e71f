"""SUB_WORKFLOW (§2.10): which child starts, with what, and what its end means: E48 to E52, E71, E74, D5, S8, C11."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import ChildEnded, ChildGone, EffectDone, Rerun, Retry, Terminate
from engine.definitions import SubWorkflowParams, TaskDef, WorkflowTask
from engine.effects import RetryChild, StartWorkflow, TellParent, TerminateWorkflow
from engine.model import Workflow
from engine.requests import RerunWorkflowRequest
from engine.status import WorkflowStatus
from engine.tasks.sub_workflow import child_id
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import SECOND, Surroundings, World

AROUND = Surroundings(registered=frozenset({"kid"}))
INLINE = {"name": "inline", "version": 3, "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}]}


def sub(given: dict[str, Any] | None = None, **fields: Any) -> WorkflowTask:
    """A child `kid`, unless its parameters say otherwise."""
    of_node = {"optional", "start_delay", "task_definition"}
    params: dict[str, Any] = {"name": "kid", "version": 1} | {
        key: value for key, value in fields.items() if key not in of_node
    }
    node = {key: value for key, value in fields.items() if key in of_node}
    return task("SUB_WORKFLOW", "s", given, sub_workflow_param=SubWorkflowParams(**params), **node)


def begun(*tasks: WorkflowTask, **header: Any) -> World:
    return started(*(tasks or (sub(),)), around=AROUND, header=header)


def starts(world: World) -> list[StartWorkflow]:
    """The children that are about to be started."""
    return [effect for effect in world.header.outbox if isinstance(effect, StartWorkflow)]


def done(world: World) -> None:
    """Everything in the outbox has been carried out."""
    for effect in world.header.outbox:
        world.do(EffectDone(effect.key))


def ends(world: World, status: str, child: str = "", **header: Any) -> None:
    """News of a child's end."""
    task_id, known = world.newest("s").task_id, child or str(world.newest("s").sub_workflow_id)
    world.do(ChildEnded(task_id, Workflow(known, "kid", 1, "d", status=WorkflowStatus(status), **header)))


def test_the_row_and_the_start_of_its_child_are_one_commit() -> None:
    world = begun(sub({"x": "${workflow.input.x}"}), input={"x": 1}, correlation_id="c", task_to_domain={"*": "one"})
    row, (effect,) = world.open("s"), starts(world)
    assert len(world.commits) == 1
    assert (row.status, row.output_data) == ("IN_PROGRESS", {"subWorkflowId": effect.workflow_id})
    assert (effect.name, effect.version, effect.input, effect.parent_task_id) == ("kid", 1, {"x": 1}, row.task_id)
    assert (effect.correlation_id, effect.task_to_domain) == ("c", {"*": "one"})


def test_e48_the_id_of_a_child_follows_from_its_attempt_and_from_nothing_else() -> None:
    world = begun()
    (effect,) = starts(world)
    assert effect.workflow_id == child_id("workflow", world.newest("s").task_id, 0)
    others = {child_id("workflow", "t", 0), child_id("workflow", "t", 1), child_id("workflow", "u", 0)}
    assert len(others | {child_id("other", "t", 0), effect.workflow_id}) == 5


def test_e49_without_an_input_of_its_own_the_child_gets_the_whole_input_of_the_task() -> None:
    (effect,) = starts(begun())
    assert (effect.input["subWorkflowName"], effect.input["workflowInput"]) == ("kid", {})


@pytest.mark.parametrize(("priority", "given"), [(None, 0), (7, 7), ("${workflow.input.p}", 3)])
def test_d5_the_priority_of_the_parent_is_not_inherited(priority: Any, given: int) -> None:
    (effect,) = starts(begun(sub(priority=priority), priority=9, input={"p": 3}))
    assert effect.priority == given


ENDS = [
    ("COMPLETED", "COMPLETED", "COMPLETED"),
    ("FAILED", "FAILED", "FAILED"),
    ("TERMINATED", "CANCELED", "TERMINATED"),
    ("TIMED_OUT", "TIMED_OUT", "TIMED_OUT"),
]


@pytest.mark.parametrize(
    ("child", "row", "parent"), ENDS, ids=["E50" if row[0] == "TERMINATED" else row[0] for row in ENDS]
)
def test_e50_what_the_end_of_a_child_means_for_its_parent(child: str, row: str, parent: str) -> None:
    world = begun()
    known = world.newest("s").sub_workflow_id
    ends(world, child, output={"x": 1}, reason_for_incompletion="no luck")
    ended = world.newest("s")
    assert (ended.status, world.status.value) == (row, parent)
    assert ended.output_data == {"subWorkflowId": known, "x": 1}
    told = None if child == "COMPLETED" else f"Sub workflow kid.1/{known} failure reason: no luck"
    assert ended.reason_for_incompletion == told


def test_a_child_that_failed_is_tried_again_as_the_definition_says() -> None:
    world = begun(sub(task_definition=TaskDef(name="s", retry_count=1, retry_delay_seconds=0)))
    first = world.newest("s")
    ends(world, "FAILED")
    again = world.open("s")
    assert (again.retry_count, world.status.value) == (1, "RUNNING")
    assert again.sub_workflow_id not in (None, first.sub_workflow_id)


def test_c11_a_child_tells_its_parent_by_its_outbox_and_decides_nothing_there() -> None:
    world = started(simple("t"), header={"parent_workflow_id": "p", "parent_workflow_task_id": "s"})
    commit = world.answer("t").commit
    assert commit is not None
    assert commit.header is not None
    assert [type(effect) for effect in commit.header.outbox] == [TellParent]


def test_e51_late_news_of_a_child_that_was_replaced_is_dropped() -> None:
    world = begun()
    old, task_id = str(world.newest("s").sub_workflow_id), world.newest("s").task_id
    ends(world, "FAILED")
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=task_id)))
    assert world.open("s").sub_workflow_id != old
    assert world.newest("s").task_id == task_id
    for status in ("FAILED", "COMPLETED"):
        ends(world, status, child=old)
        assert (world.open("s").status, world.status.value) == ("IN_PROGRESS", "RUNNING")
    ends(world, "COMPLETED")
    assert world.status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize("resume", [True, False])
def test_e52_a_retry_lets_the_child_go_on_or_starts_a_fresh_one(resume: bool) -> None:
    world = begun()
    first = world.newest("s")
    done(world)
    ends(world, "FAILED")
    world.do(Retry(resume))
    now = world.open("s")
    if resume:
        assert (now.task_id, now.sub_workflow_id) == (first.task_id, first.sub_workflow_id)
        assert [type(effect) for effect in world.header.outbox] == [RetryChild]
    else:
        assert (now.retry_count, now.sub_workflow_id == first.sub_workflow_id) == (1, False)
        assert [effect.workflow_id for effect in starts(world)] == [now.sub_workflow_id]


def test_s8_a_child_that_was_removed_fails_its_task() -> None:
    world = begun()
    row = world.newest("s")
    world.do(ChildGone(row.task_id, "another"))
    assert not world.newest("s").status.terminal
    world.do(ChildGone(row.task_id, str(row.sub_workflow_id)))
    assert (world.newest("s").status, world.status) == ("FAILED", WorkflowStatus.FAILED)
    assert world.newest("s").reason_for_incompletion == f"Sub workflow {row.sub_workflow_id} was removed"


@pytest.mark.parametrize("started_before", [True, False])
def test_e74_the_end_of_the_parent_ends_a_child_that_may_have_been_started(started_before: bool) -> None:
    world = begun()
    child = world.newest("s").sub_workflow_id
    if started_before:
        done(world)
    world.do(Terminate("enough"))
    (ended,) = [effect for effect in world.header.outbox if isinstance(effect, TerminateWorkflow)]
    reason = "Parent workflow has been terminated with reason: enough"
    assert (ended.workflow_id, ended.reason) == (child, reason)
    assert world.newest("s").status == "CANCELED"


def test_e74_a_child_that_is_only_about_to_start_when_its_parent_ends_never_does() -> None:
    stop = task("TERMINATE", "end", {"terminationStatus": "COMPLETED"})
    world = begun(fork("f", [sub()], [stop]), join("j", "s", "end"))
    assert (world.status, world.newest("s").status) == (WorkflowStatus.COMPLETED, "CANCELED")
    assert starts(world) == []


@pytest.mark.parametrize("definition", [INLINE, "${workflow.input.d}"], ids=["object", "expression"])
def test_e71_a_definition_of_its_own_leaves_its_mark_in_the_childs_input(definition: Any) -> None:
    (effect,) = starts(begun(sub({"x": 1}, workflow_definition=definition), input={"d": INLINE}))
    assert effect.definition is not None
    assert (effect.name, effect.definition.version, len(effect.definition.tasks)) == ("inline", 3, 1)
    assert effect.input == {"x": 1, "_systemMetadata": {"dynamic": True}}


@pytest.mark.parametrize(("version", "started_as"), [(0, None), (None, None), ("2", 2), (5, 5)])
def test_e71_version_0_is_the_latest(version: Any, started_as: int | None) -> None:
    (effect,) = starts(begun(sub(version="${workflow.input.v}"), input={"v": version}))
    assert effect.version == started_as


def test_a_start_delay_is_waited_for() -> None:
    world = begun(sub(start_delay=5))
    assert (world.open("s").status, starts(world)) == ("SCHEDULED", [])
    assert world.newest("s").deadline == world.clock.now() + 5 * SECOND
    world.forward(5)
    assert (world.open("s").status, len(starts(world))) == ("IN_PROGRESS", 1)
