"""The input of an HTTP task as a request (§2.15); a shape that makes no sense is told in a sentence (S2)."""

from __future__ import annotations

import codecs
import re
from urllib.parse import urlencode

import msgspec

from engine.definitions import Json, JsonObject
from engine.java_text import java_text
from engine.workers.http_client import HttpRequest

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
DEFAULT_TIMEOUT_MS = 3000
OURS = frozenset({"content-length", "transfer-encoding", "connection"})
"""Headers that follow from the request and cannot be given."""
AGENT, ENCODINGS = "Segue", "gzip, deflate"
_MIME = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+(?:\s*;.*)?")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


class BadRequest(Exception):
    """The input has the wrong shape; the text names the field and what it must be."""


class Incomplete(Exception):
    """The input lacks what no request can do without; the text is the reference's."""


def read_request(given: JsonObject) -> HttpRequest:
    """The request of `http_request`, or of the same fields directly in the input.

    Raises `Incomplete`, `BadRequest`, or `ValueError` for a value of the right shape that cannot be sent.
    """
    fields = given.get("http_request")
    if fields is None:
        fields = given
    if not isinstance(fields, dict):
        raise BadRequest(f"http_request must be an object with uri and method, not {_shown(fields)}")
    uri, method = _text(fields, "uri"), _text(fields, "method")
    if uri is None:
        raise Incomplete("Missing HTTP URI.  See documentation for HttpTask for required input parameters")
    if method is None:
        raise Incomplete("No HTTP method specified")
    if method not in METHODS:
        raise ValueError(f"Invalid HTTP method: {method} (one of {', '.join(sorted(METHODS))})")
    headers = _headers(fields)
    return HttpRequest(
        method,
        uri,
        tuple(headers.values()),
        _content(fields.get("body"), headers["content-type"][1], method),
        _seconds(fields, "connectionTimeOut"),
        _seconds(fields, "readTimeOut"),
    )


def charset_of(content_type: str | None) -> str | None:
    """The character set that a Content-Type names, if Python knows it."""
    found = _CHARSET.search(content_type or "")
    try:
        return codecs.lookup(found[1]).name if found else None
    except LookupError:
        return None


def _shown(value: Json) -> str:
    kind = "text" if isinstance(value, str) else "list" if isinstance(value, list) else "value"
    return f"the {kind} {java_text(value)[:100]}"


def _text(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    if isinstance(value, dict | list):
        raise BadRequest(f"{name} must be a text, not {_shown(value)}")
    return None if value is None else java_text(value)


def _seconds(fields: JsonObject, name: str) -> float | None:
    """A time-out; 0 means no limit."""
    value = fields.get(name)
    try:
        millis = DEFAULT_TIMEOUT_MS if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        millis = -1
    if millis < 0 or isinstance(value, bool):
        raise BadRequest(f"{name} must be a number of milliseconds (0 = no limit), not {_shown(value)}")
    return millis / 1000 or None


def _headers(fields: JsonObject) -> dict[str, tuple[str, str]]:
    """Name and value of each header by its lower-case name; what the author gives wins over what follows from the
    other fields.
    """
    given = fields.get("headers")
    if given is not None and not isinstance(given, dict):
        raise BadRequest(f"headers must be an object of names and values, not {_shown(given)}")
    pairs = [
        ("Accept", _accept(fields.get("accept"))),
        ("Content-Type", _mime("contentType", _text(fields, "contentType") or JSON)),
        ("Accept-Encoding", ENCODINGS),
        ("User-Agent", AGENT),
        *((name, _line(java_text(value))) for name, value in (given or {}).items() if value is not None),
    ]
    return {name.lower(): (name, value) for name, value in pairs if name.lower() not in OURS}


def _line(text: str) -> str:
    """A text as it may stand in a header: on one line, without blanks around it."""
    return re.sub(r"[\r\n]+", " ", text).strip()


def _accept(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(_mime("accept", java_text(item)) for item in value) or JSON
    if isinstance(value, dict):
        raise BadRequest(f"accept must be a text or a list of texts, not {_shown(value)}")
    return JSON if value is None else ", ".join(_mime("accept", item.strip()) for item in java_text(value).split(","))


def _mime(field: str, text: str) -> str:
    if not _MIME.fullmatch(text):
        raise ValueError(f'Invalid mime type "{text}" in {field}: write it like {JSON}')
    return text


def _content(body: Json, content_type: str, method: str) -> bytes:
    """Text as it is; everything else as JSON, or as a form where the content type says so."""
    if body is None:
        return b""
    if method == "TRACE":
        raise ValueError("TRACE requests may not include a body")
    if isinstance(body, str):
        return body.encode(charset_of(content_type) or "utf-8", "replace")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON or kind.endswith("+json"):
        return msgspec.json.encode(body)
    if kind == FORM and isinstance(body, dict):
        return urlencode({name: java_text(value) for name, value in body.items()}).encode("ascii")
    raise ValueError(f"A body of {content_type} must be a text, not {_shown(body)}")
