"""A start request as it stands in a definition or a handler, after substitution: read as leniently as Jackson does."""

from __future__ import annotations

import msgspec

from engine.definitions import Json
from engine.java_text import java_text
from engine.requests import StartWorkflowRequest

_TEXTS = frozenset({"name", "correlationId", "idempotencyKey", "createdBy"})


def read_start_request(given: Json) -> StartWorkflowRequest:
    """The request; nulls count as absent, scalars as texts and numbers as what is wanted, a missing name as empty.

    Raises `msgspec.ValidationError` for what has another shape.
    """
    if isinstance(given, dict):
        present = {key: _text(key, value) for key, value in given.items() if value is not None}
        given = {"name": "", **present}
    return msgspec.convert(given, StartWorkflowRequest, strict=False)


def _text(key: str, value: Json) -> Json:
    return java_text(value) if key in _TEXTS and isinstance(value, int | float) else value
