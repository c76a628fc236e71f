"""The port through which HTTP tasks speak to the world: one request, one answer, and nothing kept in between."""

from __future__ import annotations

from typing import Protocol

import msgspec

Headers = tuple[tuple[str, str], ...]


class HttpRequest(msgspec.Struct, frozen=True):
    """One request; time-outs in seconds, None = no limit."""

    method: str
    uri: str
    headers: Headers = ()
    content: bytes = b""
    connect_timeout: float | None = 3.0
    read_timeout: float | None = 3.0


class HttpAnswer(msgspec.Struct, frozen=True):
    """What came back, the body decoded as its Content-Encoding says."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class NoAnswer(Exception):
    """No usable answer came; the text says why, for the author of the workflow."""


class HttpClient(Protocol):
    """Sends requests."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send, following redirects; raises `NoAnswer`, or `ValueError` for a request that cannot be sent at all."""
        ...

    async def close(self) -> None:
        """Close what connections there are; safe to call twice."""
        ...
