"""The recorded stories: what the reference registered is accepted, what it refused is refused at the same paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from engine.definitions import EventHandler, TaskDef, WorkflowDef
from engine.errors import Violation
from engine.validation import validate_task_defs, validate_workflow_def, validate_workflow_defs
from engine.validation_requests import validate_event_handler
from tests.serving import PROJECT

SCENARIOS = sorted((PROJECT / "tests" / "conformance" / "scenarios").rglob("*.json"))

Story = dict[str, Any]


def no_task_defs(_: str) -> None:
    return None


def read(index: int) -> Story:
    story: Story = json.loads(SCENARIOS[index].read_text(encoding="utf-8").replace("{{run}}", "1"))
    return story


def convert(body: Any, kind: Any) -> Any:
    return msgspec.convert(body, kind, strict=False)


def violations(method: str, path: str, body: Any) -> list[Violation] | None:
    """What this server says to a registration; None for any other request, and for a body that is no definition."""
    try:
        match method, path:
            case "POST", "/metadata/workflow":
                return validate_workflow_def(convert(body, WorkflowDef), no_task_defs)
            case "PUT", "/metadata/workflow":
                return validate_workflow_defs(convert(body, list[WorkflowDef]), no_task_defs)
            case "POST", "/metadata/taskdefs":
                return validate_task_defs(convert(body, list[TaskDef]))
            case "POST", "/event":
                return validate_event_handler(convert(body, EventHandler))
    except msgspec.ValidationError:
        return None
    return None


def structural(found: list[Violation]) -> list[Violation]:
    return [violation for violation in found if "is not supported yet" not in violation.message]


def registrations(story: Story) -> Iterator[tuple[str, str, Any, list[dict[str, str]]]]:
    """Method, path, body and recorded errors of everything that the story registers."""
    definitions = story.get("definitions", {})
    for workflow in definitions.get("workflowDefs", []):
        yield "POST", "/metadata/workflow", workflow, []
    for handler in definitions.get("eventHandlers", []):
        yield "POST", "/event", handler, []
    if definitions.get("taskDefs"):
        yield "POST", "/metadata/taskdefs", definitions["taskDefs"], []
    for step in story["steps"]:
        request, expected = step.get("request"), step.get("expect", {})
        recorded = (expected.get("body") or {}) if isinstance(expected.get("body"), dict) else {}
        if request and "body" in request and (expected["status"] < 300 or "validationErrors" in recorded):
            yield request["method"], request["path"], request["body"], recorded.get("validationErrors", [])


@pytest.mark.parametrize("index", range(len(SCENARIOS)), ids=[path.stem for path in SCENARIOS])
def test_a_story_is_answered_as_recorded(index: int) -> None:
    for method, path, body, recorded in registrations(read(index)):
        found = violations(method, path, body)
        if found is not None:
            answered = sorted(violation.path for violation in structural(found))
            assert answered == sorted(error["path"] for error in recorded), body


def test_the_stories_hold_refusals_of_every_kind() -> None:
    refused = {
        (method, path)
        for index in range(len(SCENARIOS))
        for method, path, body, recorded in registrations(read(index))
        if recorded and violations(method, path, body)
    }
    assert refused == {
        ("POST", "/metadata/workflow"),
        ("PUT", "/metadata/workflow"),
        ("POST", "/metadata/taskdefs"),
        ("POST", "/event"),
    }
