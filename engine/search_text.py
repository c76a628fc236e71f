"""A search query's text cut into tokens.

Words run to the next blank, comma, parenthesis or quote; in a quoted text the quote itself is written twice. Operators
are read only where one may stand, so that a value such as `abc==` stays one word.
"""

from __future__ import annotations

import re
from typing import NamedTuple

OPERATORS = ("<=", ">=", "!=", "=", "<", ">")

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_OPERATOR = re.compile("|".join(OPERATORS))
_WORD = re.compile(r"""[^\s,()"']+""")
_QUOTED = re.compile(r"""'((?:[^']|'')*+)'|"((?:[^"]|"")*+)\"""")
_BLANKS = re.compile(r"\s*")


class Unreadable(ValueError):
    """The text breaks the grammar at `position`; the message says what was expected there."""

    def __init__(self, position: int, expected: str) -> None:
        super().__init__(expected)
        self.position = position


class Value(NamedTuple):
    """A value as it was written, and where."""

    text: str
    position: int


class SearchText:
    """A cursor over a query. A `take_` method answers what stands next and steps behind it, or stays where it is.

    `fields` are the names that mean something in this query.
    """

    def __init__(self, text: str, fields: frozenset[str] = frozenset()) -> None:
        self._text = text
        self.fields = fields
        self._position = 0
        self._skip_blanks()

    @property
    def position(self) -> int:
        """Where the cursor stands, from 0, blanks skipped."""
        return self._position

    @property
    def at_end(self) -> bool:
        """True when nothing is left."""
        return self._position == len(self._text)

    def expected(self, what: str) -> Unreadable:
        """The error to raise when something else stands here."""
        return Unreadable(self._position, what)

    def take_sign(self, sign: str) -> bool:
        """One of `(`, `)`, `,`."""
        found = self._text.startswith(sign, self._position)
        if found:
            self._move_to(self._position + len(sign))
        return found

    def take_keyword(self, keyword: str, *, any_case: bool = True) -> bool:
        """A whole word that is this keyword."""
        word = _WORD.match(self._text, self._position)
        if word is None or (word[0].upper() if any_case else word[0]) != keyword:
            return False
        self._move_to(word.end())
        return True

    def take_field(self) -> str | None:
        """A field name."""
        return self._take(_FIELD)

    def take_operator(self) -> str | None:
        """One of `OPERATORS`."""
        return self._take(_OPERATOR)

    def take_value(self, end_words: frozenset[str]) -> Value:
        """A quoted text, or words up to a comma, a parenthesis, a quote or one of `end_words`.

        Blanks between words are kept. A value that is not there, or whose quote is never closed, raises `Unreadable`.
        """
        start = self._position
        quoted = _QUOTED.match(self._text, start)
        if quoted is not None:
            self._move_to(quoted.end())
            single, double = quoted.groups()
            return Value(double.replace('""', '"') if single is None else single.replace("''", "'"), start)
        if self._text[start : start + 1] in {"'", '"'}:
            raise self.expected(f"a closing {self._text[start]}")
        return Value(self._words(end_words), start)

    def _words(self, end_words: frozenset[str]) -> str:
        start = end = self._position
        while (word := _WORD.match(self._text, self._position)) and word[0] not in end_words:
            end = word.end()
            self._move_to(end)
        if start == end:
            raise self.expected("a value")
        return self._text[start:end]

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self._text, self._position)
        if match is None:
            return None
        self._move_to(match.end())
        return match[0]

    def _move_to(self, position: int) -> None:
        self._position = position
        self._skip_blanks()

    def _skip_blanks(self) -> None:
        blanks = _BLANKS.match(self._text, self._position)
        self._position = blanks.end() if blanks else self._position
