"""The text of a JSONPath while it is being parsed, and the literals that filters and functions hold."""

from __future__ import annotations

import re
from typing import NoReturn

from engine.definitions import Json

MAX_DEPTH = 40
"""How deep parentheses, lists and filters may stand inside each other."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?(?![\w.])")
_WORD = re.compile(r"(true|false|null)(?!\w)")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_LONGEST_NUMBER = 400


class BadPath(ValueError):
    """This text is no JSONPath."""


class Scanner:
    """A position in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.roots: set[str] = set()
        """The top-level keys that paths in this text begin with."""

    def fail(self) -> NoReturn:
        """The text makes no sense from here."""
        raise BadPath(f"cannot read {self.text!r} at position {self.at}")

    @property
    def ended(self) -> bool:
        """Nothing is left."""
        return self.at >= len(self.text)

    def blanks(self) -> None:
        """Move over blanks."""
        while self.text.startswith(" ", self.at):
            self.at += 1

    def sees(self, *options: str) -> bool:
        """Does one of these come next?"""
        return self.text.startswith(options, self.at)

    def take(self, expected: str) -> bool:
        """Move over this text if it comes next."""
        found = self.text.startswith(expected, self.at)
        if found:
            self.at += len(expected)
        return found

    def expect(self, expected: str) -> None:
        """Move over this text, which must come next but for blanks."""
        self.blanks()
        if not self.take(expected):
            self.fail()

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Move over what the pattern matches here."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def enter(self) -> None:
        """One level deeper; call `leave` behind it."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail()

    def leave(self) -> None:
        """One level up."""
        self.depth -= 1

    def quoted(self) -> str:
        """A string in single or double quotes; a backslash keeps the character behind it."""
        quote = self.text[self.at]
        self.at += 1
        out: list[str] = []
        while not self.take(quote):
            self.take("\\")
            if self.ended:
                self.fail()
            out.append(self.text[self.at])
            self.at += 1
        return "".join(out)

    def literal(self) -> Json:
        """A string, number, boolean, null or list of these."""
        if self.sees("'", '"'):
            return self.quoted()
        if self.sees("["):
            return self._list()
        word = self.match(_WORD)
        if word is not None:
            return _WORDS[word]
        number = self.match(_NUMBER)
        if number is None or len(number) > _LONGEST_NUMBER:
            self.fail()
        return int(number) if number.lstrip("-").isdigit() else float(number)

    def _list(self) -> list[Json]:
        self.enter()
        self.expect("[")
        items: list[Json] = []
        self.blanks()
        while not self.take("]"):
            items.append(self.literal())
            self.blanks()
            if not self.sees("]"):
                self.expect(",")
                self.blanks()
        self.leave()
        return items
