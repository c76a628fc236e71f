"""The door: which header is read, which operations are open, and that nothing else of a request is looked at before."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import ASGIApp

from handlers.http.contract import ContractError, Credential, load_document, read, without_absent
from handlers.http.security import Forbidden, Unauthenticated
from handlers.http.stack import build_app
from tests.api.edge.asgi import CONTRACT, JSON, Headers, Recorder, call, no_lifespan, one_page, recorder


class OneToken:
    """A guard that lets `good` in, knows who `known` is, and nobody else."""

    def admit(self, token: str) -> None:
        if token == "known":
            raise Forbidden("INSUFFICIENT_SCOPE", "not for you")
        if token != "good":
            raise Unauthenticated("EXPIRED_TOKEN", f"{token} is too old")


@pytest.fixture
def recorded() -> Recorder:
    return recorder()


@pytest.fixture
def app(recorded: Recorder) -> ASGIApp:
    return build_app(CONTRACT, recorded.operations(), no_lifespan, one_page, OneToken())


@pytest.mark.parametrize(
    "headers",
    [
        [(b"x-authorization", b"good")],
        [(b"x-authorization", b"Bearer good")],
        [(b"authorization", b"Bearer good")],
        [(b"authorization", b"bearer  good ")],
        [(b"authorization", b"Basic abc"), (b"x-authorization", b"good")],
    ],
)
def test_the_token_stands_in_either_header(app: ASGIApp, recorded: Recorder, headers: Headers) -> None:
    recorded.results["getWorkflow"] = {}
    assert call(app, "GET", "/api/workflow/w", headers=headers).status == 200


@pytest.mark.parametrize("headers", [[], [(b"authorization", b"Basic good")], [(b"x-authorization", b" ")]])
def test_without_a_token_nothing_happens(app: ASGIApp, recorded: Recorder, headers: Headers) -> None:
    reply = call(app, "POST", "/api/workflow", headers=[*headers, *JSON], chunks=[b"{"])
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert reply.json == {
        "status": 401,
        "message": "This needs a token, in the header X-Authorization or Authorization: Bearer.",
        "instance": reply.json["instance"],
        "retryable": False,
        "error": "INVALID_TOKEN",
    }
    assert recorded.calls == []


def test_the_reason_of_the_guard_is_the_answer(app: ASGIApp) -> None:
    old = call(app, "GET", "/api/workflow/w?includeTasks=nonsense", headers=[(b"x-authorization", b"old")])
    assert (old.status, old.json["error"], old.json["message"]) == (401, "EXPIRED_TOKEN", "old is too old")
    known = call(app, "GET", "/api/workflow/w", headers=[(b"x-authorization", b"known")])
    assert (known.status, known.json["error"], known.json["message"]) == (403, "INSUFFICIENT_SCOPE", "not for you")
    assert "www-authenticate" not in known.headers


def test_what_the_contract_leaves_open_is_open(app: ASGIApp, recorded: Recorder) -> None:
    recorded.results["issueToken"] = {"token": "good"}
    reply = call(app, "POST", "/api/token", headers=JSON, chunks=[b'{"keyId": "a", "keySecret": "b"}'])
    assert (reply.status, reply.json) == (200, {"token": "good"})
    assert call(app, "GET", "/health").status == 200
    assert call(app, "GET", "/api/nothing").status == 404
    assert call(app, "DELETE", "/api/tasks/queue/sizes").status == 405


def test_every_other_operation_of_the_contract_wants_a_token() -> None:
    # The addresses of payloads are signed: clients fetch them as they are, without headers.
    still_open = {"issueToken", "uploadPayload", "downloadPayload"}
    wanted = (Credential(b"x-authorization", ""), Credential(b"authorization", "bearer"))
    operations = read(load_document(CONTRACT)).operations
    assert {name for name, operation in operations.items() if operation.credentials == ()} == still_open
    assert {operation.credentials for operation in operations.values()} == {(), wanted}


def test_without_a_guard_everything_is_open(recorded: Recorder) -> None:
    recorded.results["getWorkflow"] = {}
    open_app = build_app(CONTRACT, recorded.operations(), no_lifespan, one_page)
    assert call(open_app, "GET", "/api/workflow/w").status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"keyId": "a", "keySecret": "b"}'])
def test_q6_an_operation_that_may_be_absent_is_not_there_without_a_handler(recorded: Recorder, body: bytes) -> None:
    operations = {name: handler for name, handler in recorded.operations().items() if name != "issueToken"}
    absent = build_app(CONTRACT, operations, no_lifespan, one_page)
    assert call(absent, "POST", "/api/token", headers=JSON, chunks=[body]).status == 404
    assert call(absent, "GET", "/api/token").status == 404


def test_only_what_says_so_may_be_absent() -> None:
    document = load_document(CONTRACT)
    assert read(without_absent(document, {"issueToken"})) == read(document)
    assert set(read(document).operations) - set(read(without_absent(document, ())).operations) == {"issueToken"}


KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


@pytest.mark.parametrize(
    ("security", "schemes", "sentence"),
    [
        ([{"a": []}], {}, "declares security a, which this server would not enforce"),
        ([{"a": []}], {"a": {"type": "apiKey", "in": "query", "name": "a"}}, "declares security a, which"),
        ([{"a": []}], {"a": {"type": "http", "scheme": "basic"}}, "declares security a, which"),
        ([{"a": [], "b": []}], {"a": KEY, "b": KEY}, "asks for a and b at once; this server takes one"),
    ],
)
def test_security_that_cannot_be_enforced_stops_the_start(
    security: list[Any], schemes: dict[str, Any], sentence: str
) -> None:
    operation = {"operationId": "o", "responses": {"200": {"description": "ok"}}, "security": security}
    with pytest.raises(ContractError, match=sentence):
        read({"paths": {"/a": {"get": operation}}, "components": {"securitySchemes": schemes}})
