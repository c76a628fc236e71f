"""When a WAIT is over, and what a bad time makes of it: S1, S3, N7 (§2.13)."""

from __future__ import annotations

import pytest

from engine.definitions import JsonObject
from engine.status import WorkflowStatus
from tests.unit.engine.flows import simple, started, task
from tests.world import BEGINNING, SECOND

ENDS: list[tuple[str, JsonObject, float | None]] = [
    ("a duration", {"duration": "5 seconds"}, 5),
    ("days and hours", {"duration": "1 days 2h"}, 26 * 3600),
    ("a moment", {"until": "2023-11-14 22:14 UTC"}, 40),
    ("by an update only", {}, None),
    ("an empty text", {"duration": ""}, None),
]


@pytest.mark.parametrize(("given", "seconds"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_when_a_wait_is_over(given: JsonObject, seconds: float | None) -> None:
    world = started(task("WAIT", "w", given), simple("t"))
    row = world.open("w")
    assert row.status == "IN_PROGRESS"
    assert row.wait_timeout == row.deadline == (0 if seconds is None else BEGINNING + seconds * SECOND)
    if seconds is None:
        world.forward(10**6)
        world.answer("w", output={"by": "hand"})
    else:
        world.forward(seconds - 0.001)
        assert not world.newest("w").status.terminal
        world.forward(0.001)
    assert world.table() == [("w", "COMPLETED"), ("t", "SCHEDULED")]


@pytest.mark.parametrize("given", [{"duration": "0 s"}, {"until": "1999-12-31"}])
def test_a_wait_for_what_has_passed_is_over_at_the_next_look(given: JsonObject) -> None:
    world = started(task("WAIT", "w", given), simple("t"))
    world.expire_due()
    assert world.table() == [("w", "COMPLETED"), ("t", "SCHEDULED")]


BAD: list[tuple[JsonObject, str]] = [
    ({"duration": "${workflow.input.soon}"}, "soon"),
    ({"until": "${workflow.input.soon}"}, "soon"),
    ({"until": "${workflow.input.date}", "duration": "5s"}, "Both 'duration' and 'until' specified"),
]


@pytest.mark.parametrize(("given", "quoted"), BAD)
def test_s1_s3_n7_a_bad_time_fails_the_wait_at_once_and_says_what_it_is(given: JsonObject, quoted: str) -> None:
    world = started(task("WAIT", "w", given), header={"input": {"soon": "soon", "date": "2030-01-01"}})
    assert world.table() == [("w", "FAILED_WITH_TERMINAL_ERROR")]
    assert world.status is WorkflowStatus.FAILED
    assert quoted in str(world.newest("w").reason_for_incompletion)


def test_s1_s3_a_bad_time_of_an_optional_wait_is_passed_over() -> None:
    world = started(
        task("WAIT", "w", {"duration": "${workflow.input.soon}"}, optional=True),
        simple("t"),
        header={"input": {"soon": "soon"}},
    )
    assert world.table() == [("w", "COMPLETED_WITH_ERRORS"), ("t", "SCHEDULED")]
