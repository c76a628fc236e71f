"""The regular expressions of `=~`, read into a small tree (§3.6). The syntax is Java's, as far as it is regular.

What can only be found by backtracking is refused: back references, look-around, possessive and atomic groups. So are
Unicode properties. What is left can be matched in one pass over the text (`engine.jsonpath_pattern`).
"""

from __future__ import annotations

from typing import NoReturn

import msgspec

Range = tuple[int, int]
LAST = 0x10FFFF
DEEPEST = 40
MOST_REPEATS = 1000


class BadPattern(ValueError):
    """This text is no regular expression that is understood here."""


class Chars(msgspec.Struct, frozen=True):
    """One character out of these ranges."""

    ranges: tuple[Range, ...]


class Edge(msgspec.Struct, frozen=True):
    """A place between two characters: `^`, `$`, `A`, `z`, `Z`, `b` or `B`."""

    kind: str


class Sequence(msgspec.Struct, frozen=True):
    """One after the other."""

    parts: tuple[Node, ...]


class Choice(msgspec.Struct, frozen=True):
    """One of these."""

    options: tuple[Node, ...]


class Repeat(msgspec.Struct, frozen=True):
    """Again and again; `most` None = without end."""

    part: Node
    least: int
    most: int | None


Node = Chars | Edge | Sequence | Choice | Repeat

DIGITS: tuple[Range, ...] = ((48, 57),)
WORDS: tuple[Range, ...] = ((48, 57), (65, 90), (95, 95), (97, 122))
BLANKS: tuple[Range, ...] = ((9, 13), (32, 32))
LINE_ENDS: tuple[Range, ...] = ((10, 10), (13, 13), (0x85, 0x85), (0x2028, 0x2029))
_SETS = {"d": DIGITS, "w": WORDS, "s": BLANKS, "h": ((9, 9), (32, 32), (0xA0, 0xA0)), "v": ((10, 13), (0x85, 0x85))}
_CONTROLS = {"t": 9, "n": 10, "f": 12, "r": 13, "a": 7, "e": 27, "0": 0}
_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_FLAGS = frozenset("imsxdu")


def complement(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """All other characters."""
    out: list[Range] = []
    begin = 0
    for low, high in sorted(ranges):
        if low > begin:
            out.append((begin, low - 1))
        begin = max(begin, high + 1)
    return (*out, (begin, LAST)) if begin <= LAST else tuple(out)


def parse_pattern(text: str, flags: str = "") -> tuple[Node, bool]:
    """The tree of a pattern, and whether `^` and `$` mean lines; raises `BadPattern`."""
    parser = _Parser(text, flags)
    tree = parser.choice()
    if not parser.ended:
        parser.fail()
    return tree, "m" in parser.flags


class _Parser:
    def __init__(self, text: str, flags: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.flags = set(flags)
        if not self.flags <= _FLAGS:
            self.fail()
        self._leading_flags()

    def fail(self) -> NoReturn:
        raise BadPattern(f"cannot read the pattern {self.text!r} at position {self.at}")

    @property
    def ended(self) -> bool:
        return self.at >= len(self.text)

    def _take(self, expected: str) -> bool:
        found = self.text.startswith(expected, self.at)
        self.at += len(expected) if found else 0
        return found

    def _next(self) -> str:
        if self.ended:
            self.fail()
        self.at += 1
        return self.text[self.at - 1]

    def _leading_flags(self) -> None:
        """`(?i)` counts at the beginning only."""
        end = self.text.find(")")
        letters = self.text[2:end]
        if self.text.startswith("(?") and letters and set(letters) <= _FLAGS:
            self.flags |= set(letters)
            self.at = end + 1

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail()
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        self.depth -= 1
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while not self.ended and self.text[self.at] not in "|)":
            if "x" in self.flags and self._skipped():
                continue
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _skipped(self) -> bool:
        """Blanks and comments say nothing under the flag x."""
        if self._take("#"):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
            return True
        blank = self.text[self.at].isspace()
        self.at += blank
        return blank

    def _repeated(self, part: Node) -> Node:
        while not self.ended and self.text[self.at] in "*+?{":
            least, most = self._count()
            if self._take("+"):
                self.fail()  # possessive: it cannot be told without trying
            self._take("?")  # for a match of the whole text greed makes no difference
            part = Repeat(part, least, most)
        return part

    def _count(self) -> tuple[int, int | None]:
        sign = self._next()
        if sign != "{":
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        end = self.text.find("}", self.at)
        least, comma, most = self.text[self.at : end].partition(",")
        if end < 0 or not _is_count(least) or (most and not _is_count(most)):
            self.fail()
        self.at = end + 1
        low, high = int(least), int(most) if most else None
        high = high if comma else low
        if low > MOST_REPEATS or (high is not None and not low <= high <= MOST_REPEATS):
            self.fail()
        return low, high

    def _atom(self) -> Node:
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign == "[":
            return Chars(self._cased(self._set()))
        if sign == ".":
            return Chars(((0, LAST),) if "s" in self.flags else complement(LINE_ENDS))
        if sign in "^$":
            return Edge(sign)
        if sign == "\\":
            return self._escape()
        if sign in "*+?{":
            self.fail()
        return Chars(self._cased(((ord(sign), ord(sign)),)))

    def _group(self) -> Node:
        if self._take("?") and not self._take(":"):
            name, _, rest = self.text[self.at :].partition(">")
            if not name.startswith("<") or not name[1:].isalnum() or not rest:
                self.fail()
            self.at += len(name) + 1
        inside = self.choice()
        if not self._take(")"):
            self.fail()
        return inside

    def _escape(self) -> Node:
        letter = self._next()
        if letter in "bBAzZ":
            return Edge(letter)
        if letter == "Q":
            quoted, _, _ = self.text[self.at :].partition("\\E")
            self.at = min(self.at + len(quoted) + 2, len(self.text))
            return Sequence(tuple(Chars(self._cased(((ord(sign), ord(sign)),))) for sign in quoted))
        return Chars(self._cased(self._escaped(letter)))

    def _escaped(self, letter: str) -> tuple[Range, ...]:
        """The characters that a backslash and a letter stand for."""
        if letter.lower() in _SETS:
            ranges = _SETS[letter.lower()]
            return ranges if letter.islower() else complement(ranges)
        if letter in "xu":
            code = self._hexadecimal(2 if letter == "x" else 4)
        elif letter in _CONTROLS:
            code = _CONTROLS[letter]
        elif letter.isalnum():
            self.fail()
        else:
            code = ord(letter)
        return ((code, code),)

    def _hexadecimal(self, length: int) -> int:
        digits = self.text[self.at : self.at + length]
        if len(digits) < length or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            self.fail()
        self.at += length
        return int(digits, 16)

    def _set(self) -> tuple[Range, ...]:
        """Between brackets; sets inside sets and `&&` are not understood."""
        negative, ranges = self._take("^"), list[Range]()
        first = True
        while first or not self._take("]"):
            first = False
            if self.ended or self.text[self.at] == "[" or self.text.startswith("&&", self.at):
                self.fail()
            low = self._member()
            if len(low) == 1 and low[0][0] == low[0][1] and self._is_range():
                self.at += 1
                high = self._member()
                if len(high) != 1 or high[0][0] < low[0][0]:
                    self.fail()
                low = ((low[0][0], high[0][1]),)
            ranges += low
        cased = self._cased(tuple(ranges))
        return complement(cased) if negative else cased

    def _is_range(self) -> bool:
        return self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at)

    def _member(self) -> tuple[Range, ...]:
        sign = self._next()
        return self._escaped(self._next()) if sign == "\\" else ((ord(sign), ord(sign)),)

    def _cased(self, ranges: tuple[Range, ...]) -> tuple[Range, ...]:
        """Both cases of the letters A to Z, as Java has it without further flags."""
        if "i" not in self.flags:
            return ranges
        other = [(low + by, high + by) for low, high, by in _letters(ranges)]
        return (*ranges, *other)


def _letters(ranges: tuple[Range, ...]) -> list[tuple[int, int, int]]:
    found = []
    for first, last, by in ((65, 90, 32), (97, 122, -32)):
        found += [(max(low, first), min(high, last), by) for low, high in ranges if low <= last and high >= first]
    return found


def _is_count(text: str) -> bool:
    return 0 < len(text) <= 4 and text.isascii() and text.isdigit()
