"""The random stories themselves: valid, the same for the same number, and with something of everything."""

from __future__ import annotations

import json
from functools import cache

import msgspec

from engine.definitions import WorkflowDef
from engine.tasks import TASK_TYPES
from engine.validation import validate_workflow_def
from tests.differential.definitions import places
from tests.differential.stories import INTERRUPTIONS, REVIVALS, story

SOME = range(24)
known = cache(story)
NOT_TOLD = frozenset({"KAFKA_PUBLISH", "PULL_WORKFLOW_MESSAGES"})
"""One needs a broker on one side and is refused on the other; one is turned off in the reference as it comes."""


def test_a_number_names_one_story() -> None:
    assert story(7) == known(7)
    assert story(7, operated=True) == known(7, operated=True) != known(8, operated=True)


def test_every_definition_is_one_that_registration_accepts() -> None:
    for number in SOME:
        for definition in known(number).definitions:
            text = json.dumps(definition).replace("{{run}}", "_run")
            problems = validate_workflow_def(msgspec.json.decode(text, type=WorkflowDef), lambda _: None)
            assert not problems, (number, problems)


def test_every_task_type_occurs() -> None:
    kinds = {kind for number in SOME for each in known(number).definitions for kind, _ in places(each).values()}
    assert kinds == set(TASK_TYPES) - NOT_TOLD


def test_every_operation_occurs() -> None:
    kinds = {operation.kind for number in SOME for operation in known(number, operated=True).operations}
    assert kinds == {*INTERRUPTIONS, *REVIVALS}
    assert not any(known(number).operations for number in SOME)


def test_places_tell_what_stands_around_a_node() -> None:
    inner = {"taskReferenceName": "t", "type": "SIMPLE"}
    looped = {"taskReferenceName": "l", "type": "DO_WHILE", "loopOver": [inner]}
    chosen = {"taskReferenceName": "s", "type": "SWITCH", "decisionCases": {"a": []}, "defaultCase": [looped]}
    assert places({"tasks": [chosen]}) == {
        "s": ("SWITCH", ()),
        "l": ("DO_WHILE", ("SWITCH",)),
        "t": ("SIMPLE", ("SWITCH", "DO_WHILE")),
    }
