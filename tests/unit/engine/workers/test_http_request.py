"""The input of an HTTP task as a request (§2.15; what the reference sends was probed on 3.32.1)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.workers.http_request import BadRequest, Incomplete, read_request

URI = "http://example.com/x"


def read(**fields: Any) -> Any:
    return read_request({"http_request": {"uri": URI, "method": "GET"} | fields})


def headers(**fields: Any) -> dict[str, str]:
    return dict(read(**fields).headers)


def test_the_defaults() -> None:
    request = read()
    assert (request.method, request.uri, request.content) == ("GET", URI, b"")
    assert (request.connect_timeout, request.read_timeout) == (3.0, 3.0)
    assert dict(request.headers) == {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": "Segue",
    }


def test_the_same_fields_directly_in_the_input() -> None:
    flat = read_request({"uri": URI, "method": "POST", "body": "b", "asyncComplete": False, "other": {}})
    assert (flat.method, flat.uri, flat.content) == ("POST", URI, b"b")
    assert read_request({"http_request": None, "uri": URI, "method": "GET"}).uri == URI


def test_http_request_wins_over_fields_beside_it() -> None:
    given = {"http_request": {"uri": URI, "method": "GET"}, "uri": "http://other.com", "method": "POST"}
    assert (read_request(given).uri, read_request(given).method) == (URI, "GET")


@pytest.mark.parametrize("given", [{}, {"http_request": {}}, {"http_request": {"method": "GET", "uri": None}}])
def test_a_missing_uri(given: dict[str, Any]) -> None:
    with pytest.raises(Incomplete, match=r"^Missing HTTP URI\.  See documentation for HttpTask for required"):
        read_request(given)


def test_a_missing_method() -> None:
    with pytest.raises(Incomplete, match=r"^No HTTP method specified$"):
        read_request({"http_request": {"uri": URI}})


@pytest.mark.parametrize("method", ["get", "BREW", "", "GET "])
def test_a_method_that_is_none(method: str) -> None:
    with pytest.raises(ValueError, match=f"^Invalid HTTP method: {method}"):
        read(method=method)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ("nope", "http_request must be an object with uri and method, not the text nope"),
        ([1], "http_request must be an object with uri and method, not the list [1]"),
        (5, "http_request must be an object with uri and method, not the value 5"),
        ({"uri": {"a": 1}}, "uri must be a text, not the value {a=1}"),
        ({"method": ["GET"]}, "method must be a text, not the list [GET]"),
        ({"headers": "nope"}, "headers must be an object of names and values, not the text nope"),
        ({"accept": {}}, "accept must be a text or a list of texts, not the value {}"),
        ({"contentType": ["text/plain"]}, "contentType must be a text, not the list [text/plain]"),
        (
            {"readTimeOut": "soon"},
            "readTimeOut must be a number of milliseconds (0 = no limit), not the text soon",
        ),
        (
            {"connectionTimeOut": -1},
            "connectionTimeOut must be a number of milliseconds (0 = no limit), not the value -1",
        ),
        ({"readTimeOut": True}, "readTimeOut must be a number of milliseconds (0 = no limit), not the value true"),
        ({"readTimeOut": [1]}, "readTimeOut must be a number of milliseconds (0 = no limit), not the list [1]"),
        ({"readTimeOut": float("inf")}, "readTimeOut must be a number of milliseconds"),
    ],
)
def test_s2_a_shape_that_makes_no_sense_is_told_in_a_sentence(fields: Any, complaint: str) -> None:
    given = {"uri": URI, "method": "GET"} | fields if isinstance(fields, dict) else fields
    with pytest.raises(BadRequest) as error:
        read_request({"http_request": given})
    assert str(error.value).startswith(complaint)


@pytest.mark.parametrize(
    ("given", "seconds"), [(None, 3.0), (500, 0.5), ("500", 0.5), (500.7, 0.5), (0, None), ("0", None)]
)
def test_time_outs(given: Any, seconds: float | None) -> None:
    assert read(readTimeOut=given).read_timeout == seconds
    assert read(connectionTimeOut=given).connect_timeout == seconds


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (None, b""),
        ("", b""),
        ("hello", b"hello"),
        ("é€", "é€".encode()),
        ({"a": 1}, b'{"a":1}'),
        ({"a": "é"}, '{"a":"é"}'.encode()),
        ([1, None], b"[1,null]"),
        (5, b"5"),
        (1.0, b"1.0"),
        (True, b"true"),
        (False, b"false"),
        ({}, b"{}"),
    ],
)
def test_bodies_of_json(body: Any, content: bytes) -> None:
    assert read(method="POST", body=body).content == content
    assert read(method="GET", body=body).content == content
    assert read(method="DELETE", body=body, contentType="application/vnd.x+json").content == content


@pytest.mark.parametrize(
    ("kind", "body", "content"),
    [
        ("text/plain", "é", "é".encode()),
        ("text/plain; charset=ISO-8859-1", "é€", b"\xe9?"),
        ("text/plain;charset=nonsense", "é", "é".encode()),
        ("application/x-www-form-urlencoded", "a=1&b=2", b"a=1&b=2"),
        ("application/x-www-form-urlencoded", {"a": 1, "b": "x y&", "c": None}, b"a=1&b=x+y%26&c=null"),
    ],
)
def test_other_bodies(kind: str, body: Any, content: bytes) -> None:
    assert read(method="POST", body=body, contentType=kind).content == content


@pytest.mark.parametrize("body", [{"a": 1}, [1], 5])
def test_a_body_that_fits_no_other_type(body: Any) -> None:
    with pytest.raises(ValueError, match=r"^A body of text/plain must be a text, not the"):
        read(method="POST", body=body, contentType="text/plain")


def test_trace_has_no_body() -> None:
    assert read(method="TRACE").content == b""
    with pytest.raises(ValueError, match="TRACE"):
        read(method="TRACE", body="x")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, "application/json"),
        ("text/plain", "text/plain"),
        (["text/plain", "application/xml"], "text/plain, application/xml"),
        ("text/plain, application/xml;q=0.5", "text/plain, application/xml;q=0.5"),
        ("*/*", "*/*"),
        ([], "application/json"),
    ],
)
def test_accept(given: Any, sent: str) -> None:
    assert headers(accept=given)["Accept"] == sent


@pytest.mark.parametrize("field", ["accept", "contentType"])
def test_a_mime_type_that_is_none(field: str) -> None:
    with pytest.raises(ValueError, match=f'^Invalid mime type "nonsense" in {field}'):
        read(**{field: "nonsense"})


def test_headers_are_text_as_java_writes_it_and_null_is_none() -> None:
    given = {
        "N": 5,
        "F": 1.5,
        "B": True,
        "L": ["a", "b"],
        "O": {"a": 1},
        "Null": None,
        "Lines": "a\r\nb",
        "End": "Bearer ",
    }
    sent = headers(headers=given)
    assert {name: sent[name] for name in ("N", "F", "B", "L", "O", "Lines", "End")} == {
        "N": "5", "F": "1.5", "B": "true", "L": "[a, b]", "O": "{a=1}", "Lines": "a b",
        "End": "Bearer",
    }  # fmt: skip
    assert "Null" not in sent


def test_headers_of_the_author_win_and_those_of_the_connection_are_ours() -> None:
    given = {"content-type": "text/csv", "USER-AGENT": "me", "Content-Length": "99", "Connection": "close", "Host": "h"}
    sent = headers(method="POST", body="a,b", headers=given)
    assert sent == {
        "Accept": "application/json",
        "content-type": "text/csv",
        "Accept-Encoding": "gzip, deflate",
        "USER-AGENT": "me",
        "Host": "h",
    }
