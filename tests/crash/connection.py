"""A keep-alive HTTP/1.1 connection in asyncio, far cheaper than httpx: the load shall be on the server, not on us."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec


class Answer(NamedTuple):
    """Status and undecoded body of one response."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """True for any 2xx: the server has promised what was asked."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body decoded; None when it is empty."""
        return msgspec.json.decode(self.body) if self.body else None

    def text(self) -> str:
        """The body as text (identifiers are answered as text/plain)."""
        return self.body.decode()


class Connection:
    """One connection to a server's API, opened when needed; any failure closes it and is raised as ConnectionError.

    With several servers, as behind a load balancer, a failure makes the next one the server of the next request.
    """

    def __init__(self, *base_urls: str, within: float = 10.0) -> None:
        self._servers = itertools.cycle([urlsplit(base_url) for base_url in base_urls])
        self._turn()
        self.within = within
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: object = None) -> Answer:
        """One exchange; after a ConnectionError nobody knows whether the server has carried the request out."""
        try:
            async with asyncio.timeout(self.within):
                return await self._exchange(method, path, body)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            await self.close()
            self._turn()
            raise ConnectionError(f"{method} {path}: {error!r}") from error

    def _turn(self) -> None:
        url = next(self._servers)
        self.host, self.port, self.root = url.hostname or "127.0.0.1", url.port or 80, url.path

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _exchange(self, method: str, path: str, body: object) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        writer.write(self._head_and_body(method, path, body))
        await writer.drain()
        answer, keep = await _read_answer(reader)
        if not keep:
            await self.close()
        return answer

    def _head_and_body(self, method: str, path: str, body: object) -> bytes:
        payload = b"" if body is None else msgspec.json.encode(body)
        lines = [f"{method} {self.root}{path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        elif method != "GET":
            lines.append("Content-Length: 0")
        return "\r\n".join([*lines, "", ""]).encode() + payload


async def _read_answer(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    if headers.get("transfer-encoding") == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(status, body), headers.get("connection", "").lower() != "close"


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := int(await reader.readline(), 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return b"".join(parts)
