"""The operation that exchanges an access key for a token; served only when there are access keys."""

from __future__ import annotations

from typing import Protocol

from engine.definitions import JsonObject


class Keys(Protocol):
    """Access keys and the tokens they buy."""

    def issue(self, key_id: str, secret: str) -> str:
        """A token; raises `Unauthenticated`."""
        ...


class Tokens:
    """The token operation over some access keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def issue_token(self, body: JsonObject) -> dict[str, str]:
        """The SDKs send it from then on in the header X-Authorization."""
        return {"token": self._keys.issue(body["keyId"], body["keySecret"])}
