"""Stories told to a server of our own: to their end, and twice the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.goldenkit.stub import Stub
from tests.differential.rules import differences, faults
from tests.differential.stories import story
from tests.differential.telling import Side, Telling
from tests.serving import Server


@pytest.fixture(scope="module")
def stub() -> Iterator[str]:
    with Stub() as url:
        yield url


@pytest.mark.parametrize("number", [2, 4])
def test_a_story_ends_and_ends_twice_the_same(server: Server, stub: str, number: int) -> None:
    side, told = Side(server.base_url, stub), story(number, operated=True)
    first, second = Telling(told, side).tell(), Telling(told, side).tell()
    assert faults(first) == []
    assert first.done
    assert differences(first, second) == []


def test_a_server_that_does_not_answer_is_a_problem(stub: str) -> None:
    ending = Telling(story(0), Side("http://127.0.0.1:9/api", stub)).tell()
    assert ending.problem.startswith("no answer")
    assert faults(ending)
