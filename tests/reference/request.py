"""One request of the list, and what may be kept of its answer for later ones.

`<name>` in a path, a query or a body stands for a value: `<stem>` is new in each run and the same for both servers, the
others were kept from earlier answers of the same server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, str]
_PLACE = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Request:
    """`name` is unique in its story. Of `json` and `raw` one is the body; `headers` replace the usual content type."""

    name: str
    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    json: Any = None
    raw: str | None = None
    content_type: str = "application/json"
    keep: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Values to keep from the answer: the parsed body, or its text where it is not JSON."""
    pick: Callable[[Any, Values], Any] | None = None
    """The part of a good answer to compare, where the rest is about what else is on the server."""
    until: Callable[[Any], bool] | None = None
    """Ask again until the body is like this, for a few seconds: what the server still works on."""

    def body(self, values: Values) -> bytes | None:
        """The bytes to send."""
        text = self.raw if self.raw is not None else json.dumps(self.json) if self.json is not None else None
        return filled(text, values).encode() if text is not None else None

    def target(self, values: Values) -> str:
        """The path."""
        return filled(self.path, values)

    def parameters(self, values: Values) -> dict[str, str]:
        """The query."""
        return {name: filled(str(value), values) for name, value in self.query.items()}


def filled(text: str, values: Values) -> str:
    """The text with its places filled; one that nothing is known of stays."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def text_of(body: Any) -> str:
    """Keeps a whole answer."""
    return str(body)


def at(*steps: str | int) -> Callable[[Any], str]:
    """Keeps what stands at this place of an answer."""

    def found(body: Any) -> str:
        for step in steps:
            body = body[step]
        return str(body)

    return found


def named(key: str, place: str) -> Callable[[Any, Values], Any]:
    """Of a list: the items whose `key` is the text with its places filled."""
    return lambda body, values: [item for item in body if item.get(key) == filled(place, values)]


def under(place: str) -> Callable[[Any, Values], Any]:
    """Of a map: only this key."""
    return lambda body, values: {key: value for key, value in body.items() if key == filled(place, values)}
