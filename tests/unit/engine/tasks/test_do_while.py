"""DO_WHILE (§2.9): E41 to E47, N3, N5, S17, S22, D18, and loops inside of loops."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import Pause, Rerun, Resume, Retry, SkipTask, Terminate
from engine.definitions import WorkflowTask
from engine.errors import InvalidInput
from engine.questions import Evaluate, Evaluated
from engine.requests import RerunWorkflowRequest, SkipTaskRequest
from engine.status import WorkflowStatus
from engine.tasks import do_while
from tests.unit.engine.flows import fork, join, simple, started, switch, task
from tests.world import Surroundings, World

CONDITION = "$.loop.iteration < limit"


def loop(*body: WorkflowTask, given: dict[str, Any] | None = None, **fields: Any) -> WorkflowTask:
    """A loop that goes on as the surroundings say, unless fields say otherwise."""
    return task("DO_WHILE", "loop", given, **({"loop_condition": CONDITION} | fields), loop_over=list(body))


def times(limit: int, asked: list[Evaluate] | None = None) -> Surroundings:
    """Every loop runs so often; all that is asked is noted."""

    def evaluate(question: Evaluate) -> Evaluated:
        if asked is not None:
            asked.append(question)
        if question.expression != CONDITION:
            return Evaluated(question.expression)
        turns = question.data.get("inner", question.data.get("loop"))
        return Evaluated(turns["iteration"] < limit)

    return Surroundings(evaluate=evaluate)


def each(items: str, *body: WorkflowTask, **fields: Any) -> WorkflowTask:
    """A loop over a list."""
    return loop(*body, items=items, loop_condition="", **fields)


def test_e41_rows_have_the_iteration_in_their_names_and_the_output_has_it_as_key() -> None:
    world = started(loop(simple("a"), simple("b")), simple("u"), around=times(2))
    for reference in ("a__1", "b__1", "a__2", "b__2"):
        world.answer(reference, output={"by": reference})
    assert world.references() == ["loop", "a__1", "b__1", "a__2", "b__2", "u"]
    assert [row.iteration for row in world.rows] == [2, 1, 1, 2, 2, 0]
    assert world.newest("loop").output_data == {
        "iteration": 2,
        "1": {"a": {"by": "a__1"}, "b": {"by": "b__1"}},
        "2": {"a": {"by": "a__2"}, "b": {"by": "b__2"}},
    }


def test_e42_the_condition_is_asked_when_the_iteration_is_over_and_not_before() -> None:
    asked: list[Evaluate] = []
    inline = task("INLINE", "i", {"expression": "1"})
    world = started(loop(switch("s", "x", {"x": [inline]}), simple("t")), around=times(2, asked))
    assert world.references() == ["loop", "s__1", "i__1", "t__1"]
    assert [question.expression for question in asked] == ["1"]
    world.answer("t__1")
    assert [question.expression for question in asked] == ["1", CONDITION, "1"]
    assert world.open("t__2").status == "SCHEDULED"


def test_e43_a_loop_that_failed_goes_on_in_its_own_row_when_it_is_retried() -> None:
    world = started(loop(simple("a"), simple("b")), simple("u"), around=times(1))
    world.answer("a__1")
    world.answer("b__1", "FAILED")
    assert (world.status, world.newest("loop").status) == (WorkflowStatus.FAILED, "CANCELED")
    loop_id = world.newest("loop").task_id
    world.do(Retry())
    assert (world.newest("loop").task_id, world.newest("loop").status) == (loop_id, "IN_PROGRESS")
    world.answer("b__1", output={"x": 1})
    assert world.newest("loop").output_data == {"iteration": 1, "1": {"a": {}, "b": {"x": 1}}}
    assert world.references() == ["loop", "a__1", "b__1", "b__1", "u"]


def test_e43_a_body_task_is_retried_by_its_definition_inside_of_its_iteration() -> None:
    world = started(loop(simple("a", retry_count=1)), around=times(1))
    world.answer("a__1", "FAILED")
    assert world.newest("loop").status == "IN_PROGRESS"
    world.answer("a__1", output={"x": 1})
    assert (world.status, world.newest("loop").output_data["1"]) == (WorkflowStatus.COMPLETED, {"a": {"x": 1}})
    assert [row.retry_count for row in world.rows if row.node == "a"] == [0, 1]


def test_e44_p10_p12_five_hundred_iterations_are_one_decision_and_one_commit() -> None:
    body = task("SET_VARIABLE", "v", {"n": "${loop.output.iteration}"})
    world = started(loop(body), around=times(500))
    assert (world.status, world.newest("loop").iteration, world.header.variables) == ("COMPLETED", 500, {"n": 500})
    assert (len(world.rows), len(world.commits)) == (501, 1)


def test_p10_a_loop_without_end_is_stored_now_and_then_and_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(do_while, "MOST_TURNS", 20)
    world = started(loop(task("NOOP", "n")), around=times(10**9))
    for slices in (1, 2, 3):
        assert (world.status, len(world.commits), len(world.rows)) == (
            WorkflowStatus.RUNNING,
            slices,
            slices * 20 + 2,
        )
        assert world.reconciled().commit is None
        assert world.durable.deadlines == {world.newest("loop").task_id: world.clock.now()}
        world.expire_due()
    world.do(Pause())
    world.expire_due()
    world.do(Resume())
    world.do(Terminate("enough"))
    assert (world.newest("loop").status, world.durable.deadlines) == ("CANCELED", {})
    world.do(Retry())
    assert world.newest("loop").status == "IN_PROGRESS"
    world.expire_due()
    assert len(world.rows) > 100


def test_p10_a_long_loop_comes_to_its_end_in_several_decisions() -> None:
    world = started(loop(task("NOOP", "n")), simple("u"), around=times(2500))
    world.forward(0)
    assert (world.newest("loop").status, world.newest("loop").iteration, len(world.commits)) == ("COMPLETED", 2500, 3)
    assert world.open("u").status == "SCHEDULED"


@pytest.mark.parametrize("keep", [2, "2", "${workflow.input.keep}"], ids=["number", "text", "expression"])
def test_e45_n5_only_the_last_iterations_are_kept(keep: Any) -> None:
    node = loop(simple("a"), given={"keepLastN": keep})
    world = started(node, around=times(5), header={"input": {"keep": 2}})
    for number in range(1, 6):
        world.answer(f"a__{number}", output={"n": number})
    assert world.newest("loop").output_data == {"iteration": 5, "4": {"a": {"n": 4}}, "5": {"a": {"n": 5}}}
    assert world.references() == ["loop", "a__4", "a__5"]
    assert {row.reference_task_name for row in world.durable.tasks.values()} == {"loop", "a__4", "a__5"}


@pytest.mark.parametrize("keep", ["many", -1, [2], True])
def test_n5_s1_a_number_that_is_none_fails_the_loop_with_its_name(keep: Any) -> None:
    node = loop(simple("a"), given={"keepLastN": "${workflow.input.keep}"})
    world = started(node, around=times(5), header={"input": {"keep": keep}})
    row = world.newest("loop")
    assert (row.status, world.references()) == ("FAILED_WITH_TERMINAL_ERROR", ["loop"])
    assert str(row.reason_for_incompletion).startswith("keepLastN must be a positive whole number")


@pytest.mark.parametrize("items", ["${workflow.input.none}", "${workflow.input.empty}"])
def test_e46_a_list_without_items_completes_the_loop_without_an_iteration(items: str) -> None:
    world = started(each(items, simple("a")), simple("u"), header={"input": {"empty": []}})
    assert world.newest("loop").output_data == {"iteration": 0}
    assert world.table() == [("loop", "COMPLETED"), ("u", "SCHEDULED")]


@pytest.mark.parametrize("condition", ["", None])
def test_d18_a_list_needs_no_condition(condition: str | None) -> None:
    body = simple("a", input_parameters={"item": "${loop.output.loopItem}", "at": "${loop.output.loopIndex}"})
    node = loop(body, items="${workflow.input.l}", loop_condition=condition)
    world = started(node, header={"input": {"l": ["x", "y"]}})
    assert world.open("a__1").input_data == {"item": "x", "at": 0}
    world.answer("a__1")
    assert world.open("a__2").input_data == {"item": "y", "at": 1}
    world.answer("a__2")
    assert (world.status, world.newest("loop").iteration) == (WorkflowStatus.COMPLETED, 2)


def test_e47_a_loop_in_a_branch_is_joined_when_it_has_ended() -> None:
    tasks = [fork("f", [loop(simple("a"))], [simple("b")]), join("j", "loop", "b"), simple("u")]
    world = started(*tasks, around=times(2))
    for reference in ("a__1", "b", "a__2"):
        assert world.newest("j").status == "IN_PROGRESS"
        world.answer(reference)
    assert world.newest("j").output_data == {"loop": {"iteration": 2, "1": {"a": {}}, "2": {"a": {}}}}
    assert world.references()[-1] == "u"


def test_n3_s5_a_task_inside_of_a_loop_cannot_be_skipped_and_the_loop_runs_on() -> None:
    world = started(simple("t"), loop(simple("a"), simple("b")), simple("u"), around=times(1))
    for _ in range(2):
        with pytest.raises(InvalidInput, match="The task referenced by a is inside of the loop loop"):
            world.do(SkipTask("a", SkipTaskRequest()))
        if not world.newest("t").status.terminal:
            world.answer("t")
    world.answer("a__1")
    world.answer("b__1")
    assert world.open("u").status == "SCHEDULED"


def test_n3_s5_a_whole_loop_is_skipped_with_its_body() -> None:
    world = started(simple("t"), loop(simple("a")), simple("u"), around=times(1))
    world.do(SkipTask("loop", SkipTaskRequest(task_output={"x": 1})))
    world.answer("t")
    assert world.references() == ["t", "loop", "u"]


@pytest.mark.parametrize("name", ["a__b", "a__1", "loop__", "loop__1"])
def test_s17_two_underscores_in_a_name_are_part_of_it(name: str) -> None:
    world = started(loop(simple(name), simple("t", input_parameters={"x": f"${{{name}.output.x}}"})), around=times(2))
    for number in (1, 2):
        world.answer(f"{name}__{number}", output={"x": number})
        assert world.open(f"t__{number}").input_data == {"x": number}
        world.answer(f"t__{number}")
    assert world.status is WorkflowStatus.COMPLETED
    assert world.newest("loop").output_data["2"] == {name: {"x": 2}, "t": {}}


def test_s22_a_loop_that_is_run_again_is_in_progress() -> None:
    world = started(simple("t"), loop(simple("a")), around=times(1))
    world.answer("t")
    world.answer("a__1")
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=world.newest("loop").task_id)))
    assert world.table() == [("t", "COMPLETED"), ("loop", "IN_PROGRESS"), ("a__1", "SCHEDULED")]
    world.answer("a__1")
    assert world.status is WorkflowStatus.COMPLETED


def test_d13_loops_may_stand_in_loops() -> None:
    inner = task("DO_WHILE", "inner", loop_condition=CONDITION, loop_over=[simple("a")])
    world = started(each("${workflow.input.l}", inner, simple("b")), around=times(2), header={"input": {"l": [1, 2]}})
    order = ["a__1__1", "a__1__2", "b__1", "a__2__1", "a__2__2", "b__2"]
    for reference in order:
        assert [row.reference_task_name for row in world.rows.open() if row.task_type != "DO_WHILE"] == [reference]
        world.answer(reference, output={"at": reference})
    output = world.newest("loop").output_data
    assert world.status is WorkflowStatus.COMPLETED
    assert output["2"]["b"] == {"at": "b__2"}
    assert output["2"]["inner"] == {"iteration": 2, "1": {"a": {"at": "a__2__1"}}, "2": {"a": {"at": "a__2__2"}}}


ENDS: list[tuple[str, Any, bool]] = [
    ("true", True, True),
    ("false", False, False),
    ("a number above 0", 0.5, True),
    ("0", 0, False),
    ("below 0", -1, False),
    ("a text", "true", False),
    ("null", None, False),
    ("a map", {"a": 1}, False),
]


@pytest.mark.parametrize(("value", "goes_on"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_what_a_condition_means(value: Any, goes_on: bool) -> None:
    world = started(loop(simple("a")), around=Surroundings(evaluate=lambda _: Evaluated(value)))
    world.answer("a__1")
    assert ("a__2" in world.references(), world.status.terminal) == (goes_on, not goes_on)


def test_a_condition_that_fails_ends_the_loop_for_good_and_is_quoted() -> None:
    world = started(loop(simple("a")), around=Surroundings(evaluate=lambda _: Evaluated(error="x is not defined")))
    world.answer("a__1")
    row = world.newest("loop")
    assert (row.status, world.status) == ("FAILED_WITH_TERMINAL_ERROR", WorkflowStatus.FAILED)
    assert row.reason_for_incompletion == f"Unable to evaluate condition {CONDITION}, exception x is not defined"


def test_the_condition_sees_inputs_the_loop_and_the_newest_outputs_of_the_body() -> None:
    asked: list[Evaluate] = []
    world: World = started(
        loop(simple("a"), given={"n": "${workflow.input.n}"}), around=times(2, asked), header={"input": {"n": 7}}
    )
    world.answer("a__1", output={"x": 1})
    world.answer("a__2", output={"x": 2})
    assert [question.data for question in asked] == [
        {"n": 7, "a": {"x": turn}, "loop": {"iteration": turn}} for turn in (1, 2)
    ]
