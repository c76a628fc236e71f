"""Where the `${...}` are in a text: one pass, linear in its length (§3.2 steps 1 and 2, P5)."""

from __future__ import annotations

import re

import msgspec

MAX_NESTING = 32
"""References may stand inside references this deep; a text that goes deeper is taken as it is."""

_BRACES = re.compile(r"\$\{|[{}]")


class Reference(msgspec.Struct, frozen=True):
    """One `${...}`: all of it, and the parts between its braces."""

    raw: str
    inside: tuple[Part, ...]


Part = str | Reference


class _Open(msgspec.Struct):
    """A reference that is not closed yet: where it starts, how far its text is read, its plain braces."""

    start: int
    read: int
    parts: list[Part] = []
    braces: int = 0


def parse_references(text: str) -> tuple[Part, ...]:
    """The text cut into literal pieces and references.

    Inside a reference all braces are balanced, so it ends at its matching one. `$${` opens none. From a `${` that is
    never closed the rest of the text is literal, whatever it contains.
    """
    opened = [_Open(0, 0)]
    for brace in _BRACES.finditer(text):
        start, end = brace.span()
        if end - start == 2 and text[start - 1 : start] != "$":
            if len(opened) > MAX_NESTING:
                return (text,)
            _keep(opened[-1], text, start)
            opened.append(_Open(start, end))
        elif len(opened) > 1:
            _count(opened, text, end)
    if len(opened) == 1:
        _keep(opened[0], text, len(text))
    else:
        opened[0].parts.append(text[opened[1].start :])
    return tuple(opened[0].parts)


def _count(opened: list[_Open], text: str, end: int) -> None:
    """A plain brace inside a reference, which may be the one that closes it."""
    innermost = opened[-1]
    if text[end - 1] == "{":
        innermost.braces += 1
    elif innermost.braces:
        innermost.braces -= 1
    else:
        _keep(innermost, text, end - 1)
        opened.pop()
        opened[-1].parts.append(Reference(text[innermost.start : end], tuple(innermost.parts)))
        opened[-1].read = end


def _keep(around: _Open, text: str, until: int) -> None:
    if until > around.read:
        around.parts.append(text[around.read : until])
