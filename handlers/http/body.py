"""Request bodies: read whole, bounded, and decoded by what the contract declares rather than by what the label says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.types import Receive

from engine.errors import InvalidInput, PayloadTooLarge
from handlers.http.contract import Body, Document
from handlers.http.schemas import SchemaCheck

MAX_BODY_BYTES = 16 * 1024 * 1024
"""Above the engine's own limits for payloads, so that those meet the engine's rule and text."""

MAX_DEPTH = 250
"""Levels of arrays and objects: what recursive code can walk without fear for its stack."""

NO_BODY: Any = object()
"""An optional body that was not sent."""

Headers = Iterable[tuple[bytes, bytes]]

_JSON = "application/json"
_ANY = "*/*"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Some editors and shells put it in front of UTF-8."""
_decode = msgspec.json.Decoder().decode


class ClientGone(Exception):
    """The client closed the connection before its request was complete; nobody waits for an answer."""


class BodyReader:
    """The body of one operation, compiled."""

    def __init__(self, body: Body, document: Document) -> None:
        self._body = body
        self._is_json = next(iter(body.content)) == _JSON
        self._check = SchemaCheck(body.content[_JSON], document, body.at) if self._is_json else None

    async def read(self, headers: Headers, receive: Receive) -> Any:
        """The body, parsed and checked, or NO_BODY. Raises InvalidInput, PayloadTooLarge, HTTPException 415."""
        labels, length = _labels(headers)
        if length > MAX_BODY_BYTES:
            raise _too_large()
        raw = await _all_of(receive)
        if self._check is None:
            return _text(raw)
        if not raw:
            if self._body.required:
                raise InvalidInput("The request needs a body, and there is none.")
            return NO_BODY
        _refuse_other_labels(labels)
        value = parse_json(raw)
        self._check(value)
        return value


def parse_json(raw: bytes) -> Any:
    """The value of a JSON text, integers exact. InvalidInput when it is malformed, has NaN, or is nested too deeply."""
    try:
        value = _decode(raw.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The body is not valid JSON: {error}") from None
    except RecursionError:
        raise _too_deep() from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _is_deep(value):
        raise _too_deep()
    return value


def _is_deep(value: Any) -> bool:
    """Level by level, so that the check itself needs no stack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for container in level:
            parts = container.values() if isinstance(container, dict) else container
            inner += [part for part in parts if isinstance(part, dict | list)]
        if not inner:
            return False
        level = inner
    return True


def _labels(headers: Headers) -> tuple[list[str], int]:
    """Every media type that the request claims to have (Q29: there may be two), and its Content-Length or 0."""
    labels: list[str] = []
    length = 0
    for name, value in headers:
        if name == b"content-type":
            parts = value.decode("latin-1").split(",")
            labels += [part.split(";", 1)[0].strip().lower() for part in parts]
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    return labels, length


def _refuse_other_labels(labels: list[str]) -> None:
    """No label is taken as JSON; of several, one JSON is enough (Q29)."""
    if labels and not any(label == _JSON or label.endswith("+json") for label in labels):
        raise HTTPException(415, f"Content-Type '{labels[0]}' is not supported here, send {_JSON}")


async def _all_of(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        if not message.get("more_body"):
            return b"".join([*parts, part]) if parts else part
        parts.append(part)


def _text(raw: bytes) -> str:
    """A raw text body; whatever its label says (Q4)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The body is not valid UTF-8: {error.reason} at byte {error.start}") from None


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")


def _too_deep() -> InvalidInput:
    return InvalidInput(f"The body is nested more than {MAX_DEPTH} levels deep.")
