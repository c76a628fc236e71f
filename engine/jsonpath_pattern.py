"""Matches whole texts against the patterns of `=~`, in one pass whatever pattern and text are.

A pattern becomes an automaton whose states are sets of places in it, found as texts lead there and kept. Finding them
is paid from an allowance: a pattern that would need too many of them matches nothing more when it is used up. So no
definition can stop the server with a pattern, as it could with backtracking.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from engine.jsonpath_pattern_parser import (
    LAST,
    LINE_ENDS,
    WORDS,
    BadPattern,
    Chars,
    Choice,
    Edge,
    Node,
    Range,
    Repeat,
    Sequence,
    parse_pattern,
)

__all__ = ["BadPattern", "Pattern"]

MOST_PLACES = 1000
MOST_PARTS = 10 * MOST_PLACES
"""Parts are counted as often as they are repeated; an empty one takes no place."""
ALLOWANCE = 300_000
"""Steps of finding states, for the whole life of a pattern; about a tenth of a second."""
_END = -1
"""The class of "no more characters"; also of "none before"."""


class Pattern:
    """A compiled pattern. Raises `BadPattern` for what is not understood, or too large."""

    def __init__(self, text: str, flags: str = "") -> None:
        tree, self._lines = parse_pattern(text, flags)
        self._places = _Places()
        self._final = self._places.add(tree, self._places.new())
        self._starts = _classes(self._places)
        self._ascii = [bisect_right(self._starts, code) - 1 for code in range(128)]
        self._states: dict[tuple[frozenset[int], int], _State] = {}
        self._allowance = ALLOWANCE
        self._first = self._state(frozenset((0,)), _END)

    def matches(self, text: str) -> bool:
        """Does the whole text match?"""
        state, starts, table = self._first, self._starts, self._ascii
        for character in text:
            code = ord(character)
            kind = table[code] if code < 128 else bisect_right(starts, code) - 1
            found = state.after[kind] if kind in state.after else self._step(state, kind)
            if found is None:
                return False
            state = found
        if state.final is None:
            state.final = self._final in self._reached(state, _END)
        return state.final

    def _step(self, state: _State, kind: int) -> _State | None:
        """The state behind one more character of this class; None = no match can come of it."""
        if self._allowance <= 0:
            return None
        start = self._starts[kind]
        targets = (
            target
            for place in self._reached(state, kind)
            for ranges, target in self._places.steps[place]
            if _among(ranges, start)
        )
        places = frozenset(targets)
        found = self._state(places, kind) if places else None
        state.after[kind] = found
        return found

    def _state(self, places: frozenset[int], before: int) -> _State:
        known = self._states.get((places, before))
        if known is None:
            known = self._states[places, before] = _State(places, before)
        return known

    def _reached(self, state: _State, behind: int) -> set[int]:
        """All places that can be gone to without a character, between these two classes of characters."""
        reached, waiting = set(state.places), list(state.places)
        while waiting:
            place = waiting.pop()
            for edge, target in self._places.jumps[place]:
                if target not in reached and (edge is None or self._holds(edge, state.before, behind)):
                    reached.add(target)
                    waiting.append(target)
        self._allowance -= len(reached)
        return reached

    def _holds(self, edge: str, before: int, behind: int) -> bool:
        if edge in "bB":
            return (self._is(WORDS, before) != self._is(WORDS, behind)) == (edge == "b")
        if edge in "^A":
            return before == _END or (edge == "^" and self._lines and self._is(LINE_ENDS, before))
        return behind == _END or (edge == "$" and self._lines and self._is(LINE_ENDS, behind))

    def _is(self, ranges: tuple[Range, ...], kind: int) -> bool:
        return kind != _END and _among(ranges, self._starts[kind])


class _State:
    """A set of places in the pattern, with what stood before it; `after` is filled as texts come by."""

    __slots__ = ("after", "before", "final", "places")

    def __init__(self, places: frozenset[int], before: int) -> None:
        self.places, self.before = places, before
        self.after: dict[int, _State | None] = {}
        self.final: bool | None = None


class _Places:
    """The places in a pattern, and the ways between them: by a character, or by none."""

    def __init__(self) -> None:
        self.steps: list[list[tuple[tuple[Range, ...], int]]] = []
        self.jumps: list[list[tuple[str | None, int]]] = []
        self._parts = 0

    def new(self) -> int:
        if len(self.steps) >= MOST_PLACES:
            raise BadPattern("the pattern is too large")
        self.steps.append([])
        self.jumps.append([])
        return len(self.steps) - 1

    def add(self, node: Node, begin: int) -> int:
        """Lay out a part of the pattern from this place on; returns the place behind it."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise BadPattern("the pattern is too large")
        match node:
            case Chars(ranges):
                end = self.new()
                self.steps[begin].append((ranges, end))
                return end
            case Edge(kind):
                end = self.new()
                self.jumps[begin].append((kind, end))
                return end
            case Sequence(parts):
                for part in parts:
                    begin = self.add(part, begin)
                return begin
            case Choice(options):
                return self._choice(options, begin)
            case Repeat(part, least, most):
                return self._repeat(part, least, most, begin)

    def _choice(self, options: tuple[Node, ...], begin: int) -> int:
        ends = [self.add(option, self._jump(begin)) for option in options]
        end = self.new()
        for each in ends:
            self.jumps[each].append((None, end))
        return end

    def _repeat(self, part: Node, least: int, most: int | None, begin: int) -> int:
        for _ in range(least):
            begin = self.add(part, begin)
        if most is None:
            loop = self._jump(begin)
            self.jumps[self.add(part, loop)].append((None, loop))
            return self._jump(loop)
        leaving = [begin]
        for _ in range(most - least):
            begin = self.add(part, self._jump(begin))
            leaving.append(begin)
        end = self.new()
        for each in leaving:
            self.jumps[each].append((None, end))
        return end

    def _jump(self, begin: int) -> int:
        end = self.new()
        self.jumps[begin].append((None, end))
        return end


def _classes(places: _Places) -> list[int]:
    """The first characters of the classes: no range of the pattern begins or ends within one."""
    used = (ranges for steps in places.steps for ranges, _ in steps)
    return sorted({0, *(at for ranges in (*used, WORDS, LINE_ENDS) for at in _bounds(ranges))})


def _bounds(ranges: tuple[Range, ...]) -> Iterator[int]:
    for low, high in ranges:
        yield low
        if high < LAST:
            yield high + 1


def _among(ranges: tuple[Range, ...], code: int) -> bool:
    return any(low <= code <= high for low, high in ranges)
