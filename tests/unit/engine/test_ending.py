"""How a workflow ends: names of what failed, and the failure workflow (§1.11, §5.9, D11, S1)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.commands import EffectDone, Retry
from engine.effects import StartWorkflow
from engine.ending import FAILURE_WORKFLOW
from engine.status import WorkflowStatus
from tests.unit.engine.flows import fork, join, simple, started, task
from tests.world import Surroundings, World

KNOWN = Surroundings(registered=frozenset({"after"}))


def failed(**fields: Any) -> World:
    header = {"input": {"x": 1, "which": "after"}, "correlation_id": "c", "task_to_domain": {"*": "one"}}
    world = started(simple("t"), around=KNOWN, header=header, **fields)
    world.answer("t", "FAILED", reason_for_incompletion="no luck")
    return world


def effect(world: World) -> StartWorkflow:
    (posted,) = world.header.outbox
    assert isinstance(posted, StartWorkflow)
    return posted


@pytest.mark.parametrize("name", ["after", "$workflow.input.which"])
def test_the_failure_workflow_is_posted_with_what_happened(name: str) -> None:
    world = failed(failure_workflow=name, failure_workflow_version=3)
    posted = effect(world)
    assert (posted.name, posted.version, posted.failed_workflow) == ("after", 3, True)
    assert (posted.correlation_id, posted.task_to_domain) == ("c", {"*": "one"})
    assert posted.input == {
        "x": 1,
        "which": "after",
        "workflowId": "workflow",
        "reason": world.header.reason_for_incompletion,
        "failureStatus": "FAILED",
        "failureTaskId": world.newest("t").task_id,
    }
    assert world.header.output[FAILURE_WORKFLOW] == posted.workflow_id


def test_d11_every_unsuccessful_end_from_within_starts_it() -> None:
    timed_out = started(
        simple("t"), around=KNOWN, failure_workflow="after", timeout_seconds=5, timeout_policy="TIME_OUT_WF"
    )
    timed_out.forward(5)
    ended = started(task("TERMINATE", "e", {"terminationStatus": "FAILED"}), around=KNOWN, failure_workflow="after")
    assert effect(timed_out).input["failureStatus"] == "TIMED_OUT"
    assert effect(ended).input["failureStatus"] == "FAILED"


def test_s1_a_failure_workflow_that_is_missing_is_told_and_hinders_nothing() -> None:
    world = failed(failure_workflow="nobody")
    assert (world.status, world.header.outbox) == (WorkflowStatus.FAILED, ())
    assert "Error workflow nobody failed to start" in world.header.output[FAILURE_WORKFLOW]


@pytest.mark.parametrize("name", ["$x", "$workflow.input.nothing", "", None])
def test_s1_a_name_that_says_nothing_starts_nothing(name: str | None) -> None:
    world = failed(failure_workflow=name)
    assert (world.status, world.header.outbox) == (WorkflowStatus.FAILED, ())


def test_a_successful_end_starts_none() -> None:
    world = started(simple("t"), around=KNOWN, failure_workflow="after")
    world.answer("t")
    assert (world.status, world.header.outbox) == (WorkflowStatus.COMPLETED, ())


def test_an_effect_is_crossed_out_once_and_its_error_is_told() -> None:
    world = failed(failure_workflow="after")
    key = effect(world).key
    world.do(EffectDone(key, "it was deleted"))
    assert (world.header.outbox, world.header.output[FAILURE_WORKFLOW]) == ((), "it was deleted")
    assert world.do(EffectDone(key)).commit is None


def test_a_second_failure_after_a_retry_starts_another_one() -> None:
    world = failed(failure_workflow="after")
    first = effect(world)
    world.do(EffectDone(first.key))
    world.do(Retry())
    world.answer("t", "FAILED")
    assert effect(world).workflow_id != first.workflow_id


def test_all_tasks_that_failed_are_named_once() -> None:
    world = started(
        fork("f", [simple("a", permissive=True)], [simple("b", name="other")]), join("j", "a", "b"), around=KNOWN
    )
    world.answer("a", "FAILED")
    world.answer("b", "FAILED_WITH_TERMINAL_ERROR")
    header = world.header
    assert header.failed_task_id == world.newest("b").task_id
    assert header.failed_reference_task_names == ["a", "b", "j"]
    assert sorted(header.failed_task_names) == ["JOIN", "other", "work"]
