"""The request list covers the contract: every operation with a request that works and one that does not."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from handlers.http.contract import load_document, operation_nodes
from tests.reference.reasons import DIFFERENCES
from tests.reference.request import Request
from tests.reference.requests import STORIES
from tests.reference.shapes import differences, shape
from tests.serving import PROJECT

REQUESTS = [(story, request) for story, requests in STORIES.items() for request in requests]
ELSEWHERE = ("/scheduler/admin/", "/token", "/external/")
"""The first would stop the reference's scheduler for everybody; the others are not operations of the reference."""
ALWAYS_GOOD = frozenset(
    {
        "getAllTaskQueues", "getAllTaskQueuesVerbose", "getAllPollData", "getEventQueues", "getVersion",
        "getConfiguration", "getEnvironment", "getEnvironmentVariable",
        "getDefaultEventQueues", "getDefaultEventQueueSizes",
        "listEventHandlers", "listTaskDefinitions", "listWorkflowDefinitions", "getLatestWorkflowDefinitions",
        "getWorkflowNames", "getWorkflowNamesAndVersions", "requeueTasks", "getTaskQueueSizes", "pollTask",
    }
)  # fmt: skip
"""Without input that could be wrong."""
OURS_ONLY = frozenset({"pauseScheduleByGet", "resumeScheduleByGet"})
"""Q16: the reference has no such operations."""
OPERATIONS = {
    (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path))): node["operationId"]
    for path, method, node in operation_nodes(load_document(PROJECT / "openapi.yaml"))
    if not path.startswith(ELSEWHERE) and node["operationId"] not in OURS_ONLY
}


def operation_of(request: Request) -> str | None:
    """The operation that a request is for; a literal path before a template."""
    found = [
        (pattern.pattern.count("[^/]+"), name)
        for (method, pattern), name in OPERATIONS.items()
        if method == request.method and pattern.fullmatch(request.path)
    ]
    return min(found)[1] if found else None


def test_names_are_unique_in_their_story() -> None:
    again = [key for key, count in Counter((story, request.name) for story, request in REQUESTS).items() if count > 1]
    assert again == []


@pytest.mark.parametrize("operation", sorted(OPERATIONS.values()))
def test_every_operation_is_asked_well_and_badly(operation: str) -> None:
    asked = [request.name for _, request in REQUESTS if operation_of(request) == operation]
    assert len(asked) >= (1 if operation in ALWAYS_GOOD else 2), asked


def test_listed_differences_name_requests_that_exist() -> None:
    for difference in DIFFERENCES:
        names = {request.name for story, request in REQUESTS if difference.story in ("", story)}
        assert set(difference.requests) <= names, difference


def test_shapes_tell_kinds_and_fields_and_forget_values() -> None:
    theirs = shape({"id": "7f", "n": 1, "list": [{"a": 1}, {"a": 2}], "gone": None}, {"7f": "<id>"})
    ours = shape({"id": "8a", "n": 2.5, "list": [{"a": "x"}], "new": True}, {"8a": "<id>"})
    assert differences(theirs, ours) == [
        "body.gone is missing (null)",
        "body.new is added (boolean)",
        "body.list[0].a is text, not number",
    ]
    assert differences(shape({"7f": 1}, {"7f": "<id>"}), shape({"8a": 1}, {"8a": "<id>"})) == []
    assert differences([], ["text"]) == ["body is ['text'], not []"]
