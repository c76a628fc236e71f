"""What may differ is listed for people and for this test alike, and covers nothing beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.differential.ending import Done, Ending
from tests.differential.rules import BLURS, DEPARTURES, EXCUSES, departure, differences, faults
from tests.serving import PROJECT

Json = Any
PAGE = (PROJECT / "docs" / "compatibility.md").read_text(encoding="utf-8")


def execution(*tasks: Json, **fields: Json) -> Json:
    return {"workflowName": "main{{run}}", "status": "FAILED", "tasks": list(tasks), **fields}


def row(reference: str, status: str, kind: str = "SIMPLE", **fields: Json) -> Json:
    return {"referenceTaskName": reference, "taskType": kind, "status": status, **fields}


def paths(reference: Ending, ours: Ending) -> list[str]:
    return [difference.path for difference in differences(reference, ours)]


@pytest.mark.parametrize("rule", [*BLURS, *EXCUSES, *DEPARTURES], ids=lambda rule: rule.name)
def test_every_rule_is_listed(rule: Any) -> None:
    assert f"| {rule.name} |" in PAGE


def test_endings_that_are_alike_do_not_differ() -> None:
    one = Ending([execution(row("t", "FAILED", outputData={"x": 1}))], "", [Done("answer", "t#0 FAILED")])
    assert differences(one, one) == []


def test_every_part_of_an_ending_counts() -> None:
    one = Ending([execution(row("t", "FAILED"), output={"x": 1})])
    others = [
        Ending([execution(row("t", "COMPLETED"), output={"x": 1})]),
        Ending([execution(row("t", "FAILED"), output={"x": 2})]),
        Ending([execution(row("t", "FAILED"), row("u", "CANCELED"), output={"x": 1})]),
        Ending([*one.workflows, execution()]),
        Ending([]),
        one._replace(problem="stuck"),
        one._replace(done=[Done("retry", "main")]),
    ]
    assert [bool(differences(one, other)) for other in others] == [True] * len(others)
    assert [bool(differences(other, one)) for other in others] == [True] * len(others)


def test_a_join_that_ends_with_its_workflow_may_show_anything_but_one_that_succeeds_may_not() -> None:
    def ended(status: str, **fields: Json) -> Ending:
        return Ending([execution(row("t", "FAILED"), row("j", status, "JOIN", **fields))])

    assert differences(ended("CANCELED"), ended("FAILED", outputData={"a": {}})) == []
    assert paths(ended("COMPLETED"), ended("COMPLETED", outputData={"a": {}})) != []


def test_the_order_of_keys_in_a_text_may_differ_and_nothing_else_in_it() -> None:
    def shown(text: str) -> Ending:
        return Ending([execution(row("t", "FAILED", inputData={"x": text}))])

    assert differences(shown("<{a=1, b=2}>"), shown("<{b=2, a=1}>")) == []
    assert differences(shown("<{a=1, b=2}>"), shown("<{b=2, a=3}>")) != []


RERUNS = [
    (Done("rerun from", "t", "SIMPLE", ("FORK_JOIN",)), "a rerun from inside a fork"),
    (Done("rerun from", "s", "SWITCH"), "a rerun from a SWITCH or DECISION"),
    (Done("rerun from", "t", "SIMPLE", ("SWITCH",)), ""),
    (Done("rerun from", "t", "SIMPLE"), ""),
    (Done("answer", "t"), ""),
]


@pytest.mark.parametrize(("done", "name"), RERUNS)
def test_departures_are_known_by_what_was_done(done: Done, name: str) -> None:
    assert departure(Ending(), Ending([], "", [Done("answer", "t"), done])) == name


def test_a_rerun_that_is_refused_after_a_skip_is_known_by_both() -> None:
    skip, rerun = Done("skip", "skip s"), Done("rerun from", "rerun from c", "NOOP")
    refused = rerun._replace(what="rerun from c: refused")
    assert departure(Ending([], "", [skip, refused]), Ending([], "", [skip, rerun])) != ""
    assert departure(Ending([], "", [refused]), Ending([], "", [rerun])) == ""
    assert departure(Ending([], "", [skip, rerun]), Ending([], "", [skip, refused])) == ""


def test_an_earlier_attempt_that_goes_on_is_known_by_its_row() -> None:
    def ended(status: str) -> Ending:
        return Ending([execution(row("k", status, "SUB_WORKFLOW", retried=True))], "", [Done("retry", "retry child")])

    assert departure(ended("COMPLETED"), ended("FAILED")) == "a retry of a child that is not the first of its task"
    assert departure(ended("FAILED"), ended("FAILED")) == ""


def test_an_exclusive_join_that_waits_for_ever_in_a_loop_is_known_by_its_row() -> None:
    def stuck(**fields: Json) -> Ending:
        return Ending([execution(row("x__1", "IN_PROGRESS", "EXCLUSIVE_JOIN", **fields), status="RUNNING")], "stuck")

    assert departure(stuck(iteration=1), Ending()) == "an EXCLUSIVE_JOIN in a loop"
    assert departure(stuck(), Ending()) == ""
    assert departure(stuck(iteration=1)._replace(problem=""), Ending()) == ""


def test_a_loop_that_fails_by_what_is_tolerated_is_known_by_both_rows() -> None:
    def ended(loop: str, status: str) -> Ending:
        body = row("q__1", status, "JSON_JQ_TRANSFORM", iteration=1)
        return Ending([execution(row("l", loop, "DO_WHILE"), body)])

    name = "a loop that fails by a task that is tolerated"
    assert departure(ended("FAILED", "FAILED"), ended("COMPLETED", "COMPLETED_WITH_ERRORS")) == name
    assert departure(ended("CANCELED", "FAILED"), ended("COMPLETED", "COMPLETED_WITH_ERRORS")) == ""
    assert departure(ended("FAILED", "FAILED"), ended("FAILED", "FAILED")) == ""


def test_the_output_of_a_cancelled_loop_may_differ_and_that_of_another_may_not() -> None:
    def ended(status: str, **output: Json) -> Ending:
        return Ending([execution(row("l", status, "DO_WHILE", outputData=output))])

    assert differences(ended("CANCELED", iteration=1), ended("CANCELED")) == []
    assert differences(ended("FAILED", iteration=1), ended("FAILED")) != []


def test_a_call_that_races_with_the_end_may_be_cancelled_and_may_not_fail() -> None:
    def ended(status: str, **fields: Json) -> Ending:
        return Ending([execution(row("h", status, "HTTP", **fields))])

    assert differences(ended("COMPLETED", outputData={"x": 1}), ended("CANCELED")) == []
    assert differences(ended("COMPLETED"), ended("FAILED")) != []


def test_more_rows_are_let_pass_only_beside_what_cannot_be_made() -> None:
    def ended(reason: str, *tasks: Json) -> Ending:
        return Ending([execution(*tasks, reasonForIncompletion=reason)])

    one, two = row("t", "CANCELED"), row("u", "CANCELED")
    reason = "Cannot map a dynamic task based on the parameter and input."
    assert differences(ended(reason, one), ended(reason, one, two)) == []
    assert differences(ended(reason, one, two), ended(reason, one)) != []
    assert differences(ended("no luck", one), ended("no luck", one, two)) != []


def test_what_is_never_right_is_found_without_the_reference() -> None:
    assert faults(Ending([execution(row("t", "FAILED"))])) == []
    assert [fault.path for fault in faults(Ending([], "stuck"))] == ["problem"]
    assert len(faults(Ending([execution(row("t", "IN_PROGRESS"))]))) == 1
    assert faults(Ending([execution(row("t", "IN_PROGRESS"), status="RUNNING")])) == []


def test_retries_that_only_one_of_them_takes_are_known_by_what_was_done() -> None:
    def told(what: str, *tasks: Json) -> Ending:
        return Ending([execution(*tasks)], "", [Done("retry", what)])

    named, one, two = "main, which was ", row("t", "FAILED"), row("t", "COMPLETED", retryCount=1)
    completed, refused = told(f"{named}COMPLETED", one, two), told(f"{named}COMPLETED: refused", one)
    assert departure(completed, refused) == "a retry of what is COMPLETED"
    cancelled = told(f"{named}TERMINATED: refused", one), told(f"{named}TERMINATED", one, two)
    assert departure(*cancelled) == "a retry with nothing but a cancelled JOIN or loop"
    ended = told(f"{named}FAILED", row("e", "COMPLETED", "TERMINATE"))
    assert departure(ended, ended) == "a retry of what a TERMINATE has ended"
    assert departure(told(f"{named}FAILED", one), told(f"{named}FAILED", one, two)) == ""


def test_what_is_left_lying_there_is_no_difference_and_here_a_fault() -> None:
    assert departure(Ending(left_lying=True), Ending()) == "an execution that is left lying"
    assert [fault.path for fault in faults(Ending(left_lying=True))] == ["left lying"]
