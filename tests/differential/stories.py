"""Random stories: what is registered and started, what its workers answer, and what operators do in between."""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.differential.definitions import VALUES, Names, Node, definitions

Json = Any

REVIVALS = ("retry", "resume", "restart", "rerun", "rerun from")
"""What is done to executions that have ended; `resume` is a retry in which failed children go on."""
INTERRUPTIONS = ("pause", "terminate", "skip")
"""What is done to executions that run."""
_DRAWN = ("pause", *["terminate"] * 2, "skip", *["retry"] * 2, "resume", "restart", "rerun", *["rerun from"] * 4)


class Answer(NamedTuple):
    """What a worker says of one attempt."""

    status: str
    output: dict[str, Json]


class Operation(NamedTuple):
    """What an operator does, once so many answers have been given, or as soon as nothing else can come."""

    kind: str
    after: int
    execution: int
    """Which of the executions to which it can be done, the root being the first."""
    task: int
    """Which of its tasks, for those operations that name one."""


class Story(NamedTuple):
    """All that is told to a server."""

    definitions: list[Node]
    """The first one is started; the others are its children."""
    given: dict[str, Json]
    answers: dict[str, list[Answer]]
    """By plain reference name, one for each attempt; what is missing is COMPLETED."""
    order: list[int]
    """Which of the open tasks is answered next."""
    operations: list[Operation]


@st.composite
def answers(draw: DrawFn) -> Answer:
    """Mostly a success."""
    status = draw(st.sampled_from((*["COMPLETED"] * 7, "FAILED", "FAILED", "FAILED_WITH_TERMINAL_ERROR")))
    return Answer(status, draw(st.dictionaries(st.just("x"), st.sampled_from(VALUES), max_size=1)))


@st.composite
def operations(draw: DrawFn) -> list[Operation]:
    """One to three of them, mostly on the root."""
    some = st.builds(
        Operation,
        kind=st.sampled_from(_DRAWN),
        after=st.integers(0, 4),
        execution=st.sampled_from((0, 0, 0, 1, 2)),
        task=st.integers(0, 30),
    )
    return draw(st.lists(some, min_size=1, max_size=3))


@st.composite
def stories(draw: DrawFn, operated: bool = False) -> Story:
    """A definition, its children, and all that is said about their tasks; with `operated` also what operators do."""
    names = Names(count(1))
    whole = draw(definitions(names, "main{{run}}", 2))
    begun = {"x": draw(st.sampled_from(VALUES)), "worker": "w0{{run}}", "items": ["i", {"k": 1}]}
    said = {name: draw(st.lists(answers(), max_size=3)) for name in sorted(_references(whole))}
    order = draw(st.lists(st.integers(0, 7), min_size=4, max_size=4))
    done = draw(operations()) if operated else []
    return Story([whole, *names.children], begun, {name: each for name, each in said.items() if each}, order, done)


def _references(value: Json) -> set[str]:
    """Every reference name of a task that somebody outside ends, wherever it stands."""
    if isinstance(value, list):
        return set().union(*map(_references, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(_references, value.values()))
    if value.get("type") in ("SIMPLE", "DYNAMIC", "WAIT", "HUMAN"):
        found.add(value["taskReferenceName"])
    return found


def story(number: int, operated: bool = False) -> Story:
    """The story of that number, always the same one. Each has a seed of its own: they have little in common."""
    found: list[Story] = []

    # of two examples the second: the first one is the simplest there is
    @seed(number)
    @settings(
        max_examples=2, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(told=stories(operated))
    def collect(told: Story) -> None:
        found.append(told)

    collect()
    return found[-1]
