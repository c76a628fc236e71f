"""Bodies unpacked as they arrive, and never to more than a limit: a few packed bytes can stand for gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator


class TooLong(Exception):
    """The unpacked body is longer than the limit."""


class Unreadable(Exception):
    """The body is not packed as its Content-Encoding says."""


async def unpacked(parts: AsyncIterator[bytes], encoding: str, limit: int) -> bytes:
    """The whole body, unpacked where the encoding is gzip or deflate. Raises `TooLong` and `Unreadable`."""
    body = bytearray()
    unpack = _Unpacker(encoding.strip().lower())
    async for part in parts:
        # one byte more than allowed tells that there is more
        body += unpack(part, limit + 1 - len(body))
        if len(body) > limit:
            raise TooLong
    unpack.end()
    return bytes(body)


class _Unpacker:
    """One body; whatever else than gzip and deflate it is packed with, it passes as it is."""

    def __init__(self, encoding: str) -> None:
        bits = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}.get(encoding)
        self._stream = zlib.decompressobj(bits) if bits is not None else None
        # some servers send deflate without its header
        self._may_be_bare = encoding == "deflate"
        self._begun = False

    def end(self) -> None:
        """There is no more; what has begun must be complete."""
        if self._stream is not None and self._begun and not self._stream.eof:
            raise Unreadable("it ends too early")

    def __call__(self, part: bytes, most: int) -> bytes:
        self._begun = True
        if self._stream is None:
            return part
        try:
            found = self._stream.decompress(part, most)
        except zlib.error as error:
            if not self._may_be_bare:
                raise Unreadable(str(error)) from error
            self._may_be_bare, self._stream = False, zlib.decompressobj(-zlib.MAX_WBITS)
            return self(part, most)
        self._may_be_bare = False
        return found
