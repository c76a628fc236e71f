"""Payloads in a folder of this machine, or of one that all servers share.

The addresses lead to this server, are signed with a key that lies in the folder, and end after some time.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlencode

from engine.errors import InvalidInput, NotFound
from engine.ports import Clock

_PATH = re.compile(r"(workflow|task)/(input|output)/[A-Za-z0-9-]{1,64}([.][0-9]{1,18})?\.json")
UPLOAD, DOWNLOAD = "PUT", "GET"


class DiskPayloads:
    """`url` is where clients reach this server's API; addresses are good for `seconds`."""

    def __init__(self, folder: Path, url: str, clock: Clock, seconds: int) -> None:
        self._folder, self._url, self._clock, self._seconds = folder, url.rstrip("/"), clock, seconds
        self._key: bytes | None = None

    def upload_url(self, path: str) -> str:
        """Where to PUT it."""
        return self._signed(UPLOAD, path)

    def download_url(self, path: str) -> str:
        """Where to GET it."""
        return self._signed(DOWNLOAD, path)

    def admits(self, method: str, path: str, expires: int, signature: str) -> bool:
        """True for an address that this folder's servers have handed out and that is still good."""
        fresh = self._clock.now() <= expires
        return fresh and hmac.compare_digest(self._signature(method, path, expires), signature)

    async def has(self, path: str) -> bool:
        """True when something is there."""
        return await asyncio.to_thread(self._file(path).is_file)

    async def read(self, path: str, most: int) -> bytes:
        """What is there; `NotFound`, or `InvalidInput` when it is more than `most` bytes."""
        return await asyncio.to_thread(self._read, path, most)

    async def write(self, path: str, content: bytes) -> None:
        """Put it there, whole or not at all; what is there already is replaced."""
        await asyncio.to_thread(self._write, path, content)

    def _read(self, path: str, most: int) -> bytes:
        file = self._file(path)
        try:
            if file.stat().st_size > most:
                raise InvalidInput(f"What is at {path} has more than {most} bytes.")
            return file.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is nothing at {path}.") from None

    def _write(self, path: str, content: bytes) -> None:
        file = self._file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        beside.write_bytes(content)
        beside.replace(file)

    def _file(self, path: str) -> Path:
        if _PATH.fullmatch(path) is None:
            raise NotFound(f"There is nothing at {path}.")
        return self._folder / path

    def _signed(self, method: str, path: str) -> str:
        self._file(path)
        expires = self._clock.now() + self._seconds * 1000
        query = urlencode({"expires": expires, "signature": self._signature(method, path, expires)})
        return f"{self._url}/external/{path}?{query}"

    def _signature(self, method: str, path: str, expires: int) -> str:
        self._key = self._key or _key_in(self._folder)
        return hmac.new(self._key, f"{method}\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _key_in(folder: Path) -> bytes:
    """The key of the folder, made by whoever comes first; nobody else may read it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "key"
    mine = folder / f"key.{secrets.token_hex(4)}"
    if not file.is_file():
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secrets.token_bytes(32))
        try:
            os.link(mine, file)
        except FileExistsError:
            pass  # another server was faster
        finally:
            mine.unlink()
    return file.read_bytes()
