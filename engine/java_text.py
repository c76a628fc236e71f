"""How values look inside text. Clients see Java's own forms there, so these are part of the interface (D7, §3.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from engine.definitions import Json

_LONGEST_INT_BITS = 14_000
"""Below CPython's limit for turning an int into text."""


def java_text(value: Json) -> str:
    """The text of a value as Java prints it: `{a=1, b=[x, null]}`, `1.0E10`, strings as they are. Never raises."""
    return value if isinstance(value, str) else _written(value, _JAVA)


def compact_json(value: Json) -> str:
    """A value as the JSON that the reference puts into text for the matches of an indefinite path (§3.3).

    Slashes, control characters and general punctuation (U+2000 to U+20FF) are escaped; doubles take Java's form.
    """
    return _written(value, _JSON)


def java_double(number: float) -> str:
    """The digits of `Double.toString`: plain from 0.001 up to 10,000,000, otherwise like `1.0E10` or `1.0E-4`."""
    if number != number:
        return "NaN"
    if number in (_INFINITY, -_INFINITY):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = int(exponent) + len(digits) - 1
    if len(digits) == 1:
        # Java writes two digits at least, and picks the two that come closest (4.9E-324)
        mantissa, _, exponent_text = f"{abs(number):.1e}".partition("e")
        return f"{'-' * sign}{mantissa}E{int(exponent_text)}"
    return f"{'-' * sign}{digits[0]}.{''.join(map(str, digits[1:]))}E{power}"


class _Style(NamedTuple):
    separator: str
    key: Callable[[str], str]
    scalar: Callable[[Json], str]


class _Token(str):
    """A piece of output, as opposed to a value that is still to be written."""

    __slots__ = ()


def _written(value: Json, style: _Style) -> str:
    """Iterative, so that deeply nested values cannot exhaust the stack."""
    out: list[str] = []
    pending: list[Json] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _Token):
            out.append(item)
        elif isinstance(item, dict):
            pending.extend(reversed(_map_pieces(item, style)))
        elif isinstance(item, list):
            pending.extend(reversed(_list_pieces(item, style)))
        else:
            out.append(style.scalar(item))
    return "".join(out)


def _map_pieces(value: dict[str, Json], style: _Style) -> list[Json]:
    pieces: list[Json] = []
    before = "{"
    for key, item in value.items():
        pieces += (_Token(before + style.key(key)), item)
        before = style.separator
    return [*pieces, _Token("}" if value else "{}")]


def _list_pieces(value: list[Json], style: _Style) -> list[Json]:
    pieces: list[Json] = []
    before = "["
    for item in value:
        pieces += (_Token(before), item)
        before = style.separator
    return [*pieces, _Token("]" if value else "[]")]


def _scalar(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, int) and value.bit_length() > _LONGEST_INT_BITS:
        return str(Decimal(value))
    return str(value)


def _quoted(value: Json) -> str:
    return f'"{_UNSAFE.sub(_escaped, value)}"' if isinstance(value, str) else _scalar(value)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


_INFINITY = float("inf")
_UNSAFE = re.compile(r'["\\/\x00-\x1f\x7f-\x9f\u2000-\u20ff]')
_SHORT_ESCAPES = {
    '"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
}  # fmt: skip
_JAVA = _Style(", ", lambda key: f"{key}=", _scalar)
_JSON = _Style(",", lambda key: f"{_quoted(key)}:", _quoted)
