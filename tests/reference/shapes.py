"""The shape of an answer: which fields there are and of what kind, whatever their values."""

from __future__ import annotations

from typing import Any

import httpx

from tests.reference.request import Request, Values

Shape = Any
"""A kind as text, a list of the shapes of its items without repetition, or a map of shapes."""
_KINDS = {bool: "boolean", int: "number", float: "number", str: "text", type(None): "null"}


def parsed(answer: httpx.Response) -> Any:
    """The body: JSON where the label says so, else its text; None when there is none."""
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


def shape_of(answer: httpx.Response, request: Request, values: Values) -> Shape:
    """The shape of what is compared of an answer; `empty` for no body."""
    body = parsed(answer)
    if body is None:
        return "empty"
    if request.pick is not None and answer.is_success:
        body = request.pick(body, values)
    return shape(body, {value: f"<{name}>" for name, value in values.items() if value})


def shape(value: Any, known: dict[str, str]) -> Shape:
    """The shape of a value. Keys that are values of this run are named by their place."""
    if isinstance(value, dict):
        return {_key(key, known): shape(item, known) for key, item in value.items()}
    if isinstance(value, list):
        shapes: list[Shape] = []
        for item in value:
            found = shape(item, known)
            if found not in shapes:
                shapes.append(found)
        return shapes
    return _KINDS[type(value)]


def differences(theirs: Shape, ours: Shape, at: str = "body") -> list[str]:
    """Where two shapes differ, a line each."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing = [f"{at}.{key} is missing ({_short(theirs[key])})" for key in theirs if key not in ours]
        added = [f"{at}.{key} is added ({_short(ours[key])})" for key in ours if key not in theirs]
        shared = [line for key in theirs if key in ours for line in differences(theirs[key], ours[key], f"{at}.{key}")]
        return [*missing, *added, *shared]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        pairs = zip(theirs, ours, strict=True)
        return [line for number, (a, b) in enumerate(pairs) for line in differences(a, b, f"{at}[{number}]")]
    return [] if theirs == ours else [f"{at} is {_short(ours)}, not {_short(theirs)}"]


def _key(key: str, known: dict[str, str]) -> str:
    for value, place in known.items():
        key = key.replace(value, place)
    return key


def _short(found: Shape) -> str:
    text = str(found)
    return text if len(text) <= 80 else text[:77] + "..."
