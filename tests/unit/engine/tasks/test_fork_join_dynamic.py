"""FORK_JOIN_DYNAMIC (§2.5): E25, E33 to E35, N2, N6, N10, S18, C14, and its three forms."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Rerun, SkipTask
from engine.definitions import WorkflowTask
from engine.effects import StartWorkflow
from engine.requests import RerunWorkflowRequest, SkipTaskRequest
from engine.status import WorkflowStatus
from tests.unit.engine.flows import join, simple, started, task
from tests.world import Surroundings, World

LISTED = {"dynamic_fork_tasks_param": "tasks", "dynamic_fork_tasks_input_param_name": "inputs"}


def element(reference: str, **fields: Any) -> dict[str, Any]:
    """One branch of a list."""
    return {"name": "work", "taskReferenceName": reference, "type": "SIMPLE", **fields}


def forked(tasks: Any, inputs: Any = None, *before: WorkflowTask, **fields: Any) -> World:
    """A fork over a list of tasks and a map of inputs, and a task behind it."""
    node = task("FORK_JOIN_DYNAMIC", "f", {"tasks": tasks, "inputs": {} if inputs is None else inputs}, **LISTED)
    return started(*before, node, join("j"), simple("u"), **fields)


def same(given: dict[str, Any], reference: str = "f", **fields: Any) -> WorkflowTask:
    """A fork of one task and many inputs."""
    return task("FORK_JOIN_DYNAMIC", reference, given, **fields)


def test_branches_of_a_list_run_and_the_join_gathers_them() -> None:
    world = forked([element("a", inputParameters={"x": 1}), element("b")], {"a": {"y": "${workflow.workflowId}"}})
    assert world.table() == [("f", "COMPLETED"), ("a", "SCHEDULED"), ("b", "SCHEDULED"), ("j", "IN_PROGRESS")]
    assert world.open("a").input_data == {"x": 1, "y": "workflow"}
    assert world.newest("f").input_data["forkedTasks"] == ["a", "b"]
    assert world.newest("j").input_data == {"joinOn": ["a", "b"]}
    world.answer("b", output={"n": 2})
    world.answer("a", output={"n": 1})
    assert world.newest("j").output_data == {"a": {"n": 1}, "b": {"n": 2}}
    assert world.references()[-1] == "u"


def test_e25_branches_that_are_optional_may_all_fail() -> None:
    world = forked([element(f"t{number}", optional=True) for number in range(3)])
    for number in range(3):
        assert world.newest("j").status == "IN_PROGRESS"
        world.answer(f"t{number}", "FAILED")
    assert world.newest("j").status == "COMPLETED_WITH_ERRORS"
    world.answer("u")
    assert world.status is WorkflowStatus.COMPLETED


def test_e25_an_optional_fork_makes_its_branches_optional() -> None:
    world = started(same({"forkTaskName": "work", "forkTaskInputs": [1, 2]}, optional=True), join("j"), simple("u"))
    world.answer("_work_0", "FAILED")
    world.answer("_work_1")
    assert world.newest("j").status == "COMPLETED_WITH_ERRORS"
    assert world.open("u").status == "SCHEDULED"


@pytest.mark.parametrize("given", [{"forkTaskInputs": []}, {"tasks": [], "inputs": {}}], ids=["inputs", "tasks"])
def test_e33_without_a_branch_the_join_ends_at_once(given: dict[str, Any]) -> None:
    world = started(task("FORK_JOIN_DYNAMIC", "f", given, **LISTED), join("j"), simple("u"))
    assert world.table() == [("f", "COMPLETED"), ("j", "COMPLETED"), ("u", "SCHEDULED")]
    assert world.newest("j").output_data == {}


NO_LIST = "Input 'tasks' is invalid. Cannot deserialize a list of Workflow Tasks from "
BAD: list[tuple[str, Any, Any, str]] = [
    ("inputs are a text", [element("a")], "text", "Input to the dynamically forked tasks is not a map"),
    ("no reference name", [{"name": "work", "type": "SIMPLE"}], {}, NO_LIST),
    ("no list", {"a": 1}, {}, NO_LIST),
    ("null", None, {}, NO_LIST + "'null'"),
    ("an input that is no map", [element("a")], {"a": 5}, "Tasks could not be dynamically forked due to invalid input"),
]


@pytest.mark.parametrize(("tasks", "inputs", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
@pytest.mark.parametrize("before", [0, 1], ids=["first", "later"])
def test_e34_an_input_that_is_none_fails_the_workflow(tasks: Any, inputs: Any, reason: str, before: int) -> None:
    world = forked(tasks, inputs, *[simple("t")][:before])
    if before:
        world.answer("t")
    assert (world.status, world.references()) == (WorkflowStatus.FAILED, ["t"][:before])
    assert str(world.header.reason_for_incompletion).startswith(reason)


def test_e35_names_of_branches_are_made_and_those_of_a_second_fork_begin_with_its_own() -> None:
    given = {"forkTaskName": "work", "forkTaskInputs": [{"x": 1}, "text"]}
    world = started(same(given, "f1"), join("j1"), same(given, "f2"), join("j2"), simple("u"))
    assert world.open("_work_0").input_data == {"x": 1, "__index": 0}
    assert world.open("_work_1").input_data == {"input": "text", "__index": 1}
    for reference in ("_work_0", "_work_1", "_f2_work_0", "_f2_work_1"):
        world.answer(reference, output={"by": reference})
    assert world.newest("j1").output_data.keys() == {"_work_0", "_work_1"}
    assert world.newest("j2").output_data.keys() == {"_f2_work_0", "_f2_work_1"}
    assert world.references()[-1] == "u"


def test_d13_every_iteration_of_a_loop_has_its_own_branches() -> None:
    body = [same({"forkTaskName": "work", "forkTaskInputs": [1]}), join("j")]
    loop = task("DO_WHILE", "loop", items="${workflow.input.l}", loop_condition="", loop_over=body)
    world = started(loop, header={"input": {"l": [1, 2]}})
    while world.status is WorkflowStatus.RUNNING:
        (waiting,) = [row for row in world.rows.open() if row.task_type == "work"]
        world.answer(waiting.reference_task_name, output={"of": waiting.iteration})
    found = [[*world.newest(f"j__{number}").output_data.values()] for number in (1, 2)]
    assert found == [[{"of": 1}], [{"of": 2}]]


@pytest.mark.parametrize("skipped", ["t", "f", "j", "u"])
def test_n2_s5_a_dynamic_fork_and_a_skip_anywhere_come_to_the_end(skipped: str) -> None:
    world = forked([element("a"), element("b")], None, simple("begin"), simple("t"))
    world.do(SkipTask(skipped, SkipTaskRequest()))
    seen = []
    while world.status is WorkflowStatus.RUNNING:
        reference = next(row.reference_task_name for row in world.rows.open() if not row.waits_for)
        seen.append(reference)
        world.answer(reference)
    assert world.header.status is WorkflowStatus.COMPLETED
    inside = [] if skipped == "f" else ["a", "b"]
    assert sorted(seen) == sorted({"begin", "t", "u", *inside} - {skipped})


@pytest.mark.parametrize(("version", "started_as"), [(3, 3), ("3", 3), ("latest", None), (None, None), (True, None)])
def test_n6_s1_the_version_of_a_child_may_be_a_number(version: Any, started_as: int | None) -> None:
    given = {"forkTaskWorkflow": "kid", "forkTaskWorkflowVersion": version, "forkTaskInputs": [{"x": 1}]}
    world = started(same(given), join("j"), around=Surroundings(registered=frozenset({"kid"})))
    (effect,) = world.header.outbox
    assert isinstance(effect, StartWorkflow)
    assert (effect.name, effect.version, effect.input) == ("kid", started_as, {"x": 1, "__index": 0})


@pytest.mark.parametrize("names", [["a", "a"], ["u"], ["f"]], ids=["twice in the list", "of a node", "of the fork"])
def test_n10_s18_a_name_that_is_taken_fails_the_workflow_and_names_it(names: list[str]) -> None:
    world = forked([element(name) for name in names])
    assert (world.status, world.references()) == (WorkflowStatus.FAILED, [])
    reason = str(world.header.reason_for_incompletion)
    assert reason.endswith(f"attempted to create a duplicate task reference name: {names[0]}")


def test_c14_a_rerun_from_the_fork_runs_all_branches_anew() -> None:
    world = forked([element("a"), element("b")])
    former = world.newest("a").task_id
    world.answer("a", "FAILED")
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=world.newest("f").task_id)))
    assert world.table() == [("f", "COMPLETED"), ("a", "SCHEDULED"), ("b", "SCHEDULED"), ("j", "IN_PROGRESS")]
    assert world.newest("a").task_id != former
    for reference in ("a", "b", "u"):
        world.answer(reference)
    assert world.status is WorkflowStatus.COMPLETED


def test_the_old_form() -> None:
    dynamic = [
        {"taskName": "work", "referenceName": "a", "input": {"x": 1}},
        {"workflowName": "kid", "referenceName": "b", "input": {}},
    ]
    node = task("FORK_JOIN_DYNAMIC", "f", {"p": {"dynamicTasks": dynamic}}, dynamic_fork_join_tasks_param="p")
    world = started(node, join("j"), around=Surroundings(registered=frozenset({"kid"})))
    assert world.open("a").input_data == {"x": 1}
    assert (world.open("b").task_type, world.newest("j").input_data) == ("SUB_WORKFLOW", {"joinOn": ["a", "b"]})


def test_the_old_form_without_tasks_fails_the_workflow() -> None:
    world = started(task("FORK_JOIN_DYNAMIC", "f", {"p": 1}, dynamic_fork_join_tasks_param="p"), join("j"))
    assert world.status is WorkflowStatus.FAILED
    assert "has no dynamic tasks to be scheduled" in str(world.header.reason_for_incompletion)


def test_without_a_join_behind_it_the_workflow_fails() -> None:
    world = started(task("FORK_JOIN_DYNAMIC", "f", {"tasks": [], "inputs": {}}, **LISTED), simple("u"))
    assert world.status is WorkflowStatus.FAILED
    assert str(world.header.reason_for_incompletion).startswith(
        "Dynamic join definition is not followed by a join task"
    )


def test_d24_the_join_keeps_its_inputs_as_they_are_written() -> None:
    node = task("FORK_JOIN_DYNAMIC", "f", {"tasks": [element("a")], "inputs": {}}, **LISTED)
    world = started(node, task("JOIN", "j", {"x": "${workflow.workflowId}"}))
    assert world.newest("j").input_data == {"x": "${workflow.workflowId}", "joinOn": ["a"]}
