"""From what a handler returns to the bytes of an answer, by the successful responses that the contract declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from handlers.http.contract import Response

_encode = msgspec.json.Encoder().encode
_JSON = "application/json"
_CONTENT_TYPES = {"text/plain": b"text/plain; charset=utf-8"}


class Answer(NamedTuple):
    """An answer that is ready to send; no content type goes with no body."""

    status: int
    body: bytes
    content_type: bytes | None


class AnswerWriter:
    """The answers of one operation, compiled.

    A handler may return: a value for the first response with a body; None for the first without one; `(value, status)`
    for a certain status. A value is encoded as JSON, a `str` of a text/plain operation as it is; `bytes` and
    `msgspec.Raw` are ready JSON.
    """

    def __init__(self, responses: Sequence[Response]) -> None:
        self._media = {response.status: response.media for response in responses}
        self._full = next((response for response in responses if response.media), responses[0])
        self._empty = next((response for response in responses if not response.media), responses[0])

    def write(self, result: Any) -> Answer:
        """The answer for what a handler returned."""
        if result.__class__ is tuple:
            value, status = result
            return _answer(status, self._media.get(status, _JSON), value)
        response = self._empty if result is None else self._full
        return _answer(response.status, response.media, result)


def _answer(status: int, media: str | None, value: Any) -> Answer:
    if media is None:
        return Answer(status, b"", None)
    if media != _JSON:
        content_type = _CONTENT_TYPES.get(media) or media.encode("latin-1")
        return Answer(status, b"" if value is None else _text(value), content_type)
    if value is None:
        return Answer(status, b"", None)
    return Answer(status, value if isinstance(value, bytes) else _encode(value), b"application/json")


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8")
