"""Ids that follow from what they stand for, so that doing a thing again finds the thing itself (C5, E48)."""

from __future__ import annotations

import hashlib


def named_id(name: str) -> str:
    """The UUID (version 3) of a name: the same for the same name, everywhere and always."""
    digest = bytearray(hashlib.md5(name.encode(), usedforsecurity=False).digest())
    digest[6] = digest[6] & 0x0F | 0x30
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
