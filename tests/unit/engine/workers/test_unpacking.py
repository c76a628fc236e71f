"""Bodies are unpacked to no more than the limit."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from engine.workers.unpacking import TooLong, Unreadable, unpacked

TEXT = b"some text " * 100
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
PACKED = {
    "": TEXT,
    "identity": TEXT,
    "br": TEXT,
    "gzip": gzip.compress(TEXT),
    " X-GZIP ": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": BARE.compress(TEXT) + BARE.flush(),
}


async def parts(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def read(body: bytes, encoding: str, limit: int = 10_000, size: int = 7) -> bytes:
    return asyncio.run(unpacked(parts(body, size), encoding, limit))


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("size", [7, 100_000])
def test_every_encoding_in_small_and_large_parts(encoding: str, size: int) -> None:
    assert read(PACKED[encoding], encoding, len(TEXT), size) == TEXT


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("size", [7, 100_000])
def test_one_byte_too_much_is_too_long(encoding: str, size: int) -> None:
    with pytest.raises(TooLong):
        read(PACKED[encoding], encoding, len(TEXT) - 1, size)


def test_what_stands_for_gigabytes_is_not_unpacked() -> None:
    bomb = gzip.compress(gzip.compress(b"0" * 50_000_000))
    with pytest.raises(TooLong):
        read(gzip.decompress(bomb), "gzip", 1000, 100_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_not_packed_at_all(encoding: str) -> None:
    with pytest.raises(Unreadable):
        read(b"\xff\xff plain", encoding)


def test_nothing_is_nothing() -> None:
    assert read(b"", "gzip") == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "Deflate"])
def test_what_ends_too_early_is_not_read(encoding: str) -> None:
    with pytest.raises(Unreadable, match="too early"):
        read(PACKED[encoding][:-4], encoding)
