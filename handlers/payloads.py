"""Operations on payloads outside of the store: the addresses to read and write them at, and the bytes themselves."""

from __future__ import annotations

from engine.api import Engine
from engine.definitions import JsonObject
from engine.errors import InvalidInput, NotFound
from engine.payload_limits import KB, LIMIT_KB
from engine.ports import PayloadFiles


class Payloads:
    """The payload operations of one engine; every method is one operation of the contract. `files` are payloads that
    this server hands out itself; without any, the addresses lead elsewhere or nowhere."""

    def __init__(self, engine: Engine, files: PayloadFiles | None) -> None:
        self._engine, self._files = engine, files

    async def get_payload_location(self, operation: str, payload_type: str, path: str = "") -> JsonObject:
        """The address of a payload."""
        location = await self._engine.payloads.location(path, operation, payload_type)
        return {"path": location.path, **({"uri": location.uri} if location.uri else {})}

    async def download_payload(
        self, entity: str, direction: str, name: str, expires: int = 0, signature: str = ""
    ) -> bytes:
        """A payload, to whoever has its address."""
        path = f"{entity}/{direction}/{name}"
        return await self._admitted("GET", path, expires, signature).read(path, LIMIT_KB * KB)

    async def upload_payload(
        self, entity: str, direction: str, name: str, expires: int = 0, signature: str = "", body: str | None = None
    ) -> None:
        """Take a payload from whoever has its address."""
        path, content = f"{entity}/{direction}/{name}", (body or "").encode()
        files = self._admitted("PUT", path, expires, signature)
        if len(content) > LIMIT_KB * KB:
            raise InvalidInput(f"A payload may have {LIMIT_KB} kilobytes.")
        await files.write(path, content)

    def _admitted(self, method: str, path: str, expires: int, signature: str) -> PayloadFiles:
        """As if it were not there for everybody else."""
        if self._files is None or not self._files.admits(method, path, expires, signature):
            raise NotFound(f"There is nothing at {path}, or its address has expired.")
        return self._files
