"""A thin HTTP client: one call in, status and decoded body out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

Json = Any


@dataclass
class Answer:
    """Status code and body of a response: JSON when it parses, text otherwise, None when empty."""

    status: int
    body: Json

    @property
    def ok(self) -> bool:
        return self.status < 400


class Client:
    """Calls one server; `base_url` ends in /api."""

    def __init__(self, base_url: str, timeout: float = 60.0) -> None:
        self.base_url = base_url.rstrip("/")
        self.http = httpx.Client(timeout=timeout, trust_env=False)

    def call(
        self,
        method: str,
        path: str,
        body: Json = ...,
        query: dict[str, Json] | None = None,
        raw: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request. `raw` sends the text as it stands; `body` is sent as JSON."""
        sent = dict(headers or {})
        content: bytes | None = None
        if raw is not None:
            content = raw.encode()
            sent.setdefault("Content-Type", "application/json")
        elif body is not ...:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        response = self.http.request(method, self.base_url + path, content=content, params=query, headers=sent)
        return Answer(response.status_code, decode(response))

    def close(self) -> None:
        self.http.close()


def decode(response: httpx.Response) -> Json:
    """Decode a body by its content type; ids come as plain text."""
    if not response.content:
        return None
    if "json" in response.headers.get("content-type", ""):
        try:
            return response.json()
        except ValueError:
            return response.text
    return response.text
