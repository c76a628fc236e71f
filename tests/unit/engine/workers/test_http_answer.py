"""An answer as the output of an HTTP task (§2.15; bodies as recorded on 3.32.1)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.status import TaskStatus
from engine.workers.http_answer import outcome_of, unanswered
from engine.workers.http_client import HttpAnswer, HttpRequest

REQUEST = HttpRequest("GET", "http://example.com/raw?code=404")


def body_of(content: bytes, kind: str = "application/json") -> Any:
    return outcome_of(REQUEST, HttpAnswer(200, (("Content-Type", kind),), content), False).output["response"]["body"]


def test_success_in_all_its_parts() -> None:
    headers = (("Content-Type", "application/json"), ("X-A", "1"), ("Set-Cookie", "a"), ("X-A", "2"))
    outcome = outcome_of(REQUEST, HttpAnswer(201, headers, b'{"a":1}'), False)
    assert (outcome.status, outcome.reason) == (TaskStatus.COMPLETED, None)
    assert outcome.output == {
        "response": {
            "headers": {"Content-Type": ["application/json"], "X-A": ["1", "2"], "Set-Cookie": ["a"]},
            "reasonPhrase": "Created",
            "body": {"a": 1},
            "statusCode": 201,
        }
    }


def test_what_others_complete_is_in_progress() -> None:
    assert outcome_of(REQUEST, HttpAnswer(202), True).status is TaskStatus.IN_PROGRESS
    assert outcome_of(REQUEST, HttpAnswer(404), True).status is TaskStatus.FAILED


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b'{"a":12345678901234567890,"b":1.0,"c":1e3}', {"a": 12345678901234567890, "b": 1.0, "c": 1000.0}),
        (b" [1] ", [1]),
        (b"7", 7.0),
        (b"1.50", 1.5),
        (b"123456789012345678901234567890", 1.2345678901234568e29),
        (b"true", "true"),
        (b" false ", "false"),
        (b'"hi"', "hi"),
        (b"null", "null"),
        (b"{oops", "{oops"),
        (b"1e999", "1e999"),
        (b"9" * 400, "9" * 400),
        (b"[" * 100_000, "[" * 100_000),
        (b"", None),
        (b"  ", ""),
    ],
)
def test_bodies(content: bytes, body: Any) -> None:
    found = body_of(content)
    assert (found, type(found)) == (body, type(body))


@pytest.mark.parametrize("text", ['{"a":1} {"b":2}', '{"a":1}\n{"b":2}\n', "12 apples"])
def test_text_that_only_begins_like_json_is_text(text: str) -> None:
    """The reference keeps the first value and loses the rest."""
    assert body_of(text.encode()) == text


@pytest.mark.parametrize(
    ("content", "kind", "body"),
    [
        (b'{"a":1}', "text/plain", {"a": 1}),
        (b"<a>", "text/html", "<a>"),
        ("é€".encode(), "text/plain; charset=utf-8", "é€"),
        ("é€".encode(), "text/plain", "é€"),
        (b"\xe9", "text/plain", "é"),
        (b"\xe9", 'text/plain; charset="ISO-8859-1"', "é"),
        (b"\xe9", "text/plain; charset=utf-8", "\ufffd"),
        (b"\x00\xff", "application/octet-stream", "\x00ÿ"),
        (b"x", "text/plain; charset=nonsense", "x"),
    ],
)
def test_character_sets(content: bytes, kind: str, body: Any) -> None:
    assert body_of(content, kind) == body


def test_d16_a_failure_has_the_form_of_a_success_and_the_references_reason() -> None:
    outcome = outcome_of(REQUEST, HttpAnswer(404, (("X-A", "1"),), b'{"e":1}'), False)
    assert outcome.status is TaskStatus.FAILED
    assert outcome.reason == (
        "Failed to invoke HTTP task due to: java.lang.Exception: 404 Not Found on GET request for "
        '"http://example.com/raw": "{"e":1}"'
    )
    response = outcome.output["response"]
    assert (response["statusCode"], response["body"], response["headers"]) == (404, {"e": 1}, {"X-A": ["1"]})


def test_a_failure_without_a_body() -> None:
    assert str(outcome_of(REQUEST, HttpAnswer(500), False).reason).endswith('"http://example.com/raw": [no body]')


def test_a_long_body_does_not_make_a_long_reason() -> None:
    assert len(str(outcome_of(REQUEST, HttpAnswer(500, (), b"a" * 100_000), False).reason)) < 1200


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_that_leads_nowhere_is_no_answer(status: int) -> None:
    outcome = outcome_of(REQUEST, HttpAnswer(status), False)
    assert (outcome.status, outcome.reason) == (TaskStatus.FAILED, "No response from the remote service")
    assert outcome.output["response"]["statusCode"] == status


def test_a_status_that_nobody_knows() -> None:
    assert outcome_of(REQUEST, HttpAnswer(299), False).output["response"]["reasonPhrase"] == ""


def test_no_answer_at_all() -> None:
    outcome = unanswered('I/O error on GET request for "http://h": Read timed out')
    error = 'java.lang.Exception: I/O error on GET request for "http://h": Read timed out'
    assert (outcome.reason, outcome.output) == (f"Failed to invoke HTTP task due to: {error}", {"response": error})
