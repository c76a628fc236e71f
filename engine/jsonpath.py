"""JSONPath as definitions use it inside `${...}` (§3.6).

Own code rather than a library, for the reasons in `docs/decisions/jsonpath.md`: what the reference answers differs from
the standard in many small ways, and almost every path in practice is a chain of names that is quickest walked.
"""

from __future__ import annotations

import re
from functools import lru_cache

from engine.definitions import Json
from engine.jsonpath_filter import parse_condition
from engine.jsonpath_functions import Call
from engine.jsonpath_scanner import BadPath, Scanner
from engine.jsonpath_steps import WHOLE, Descend, Filter, Indexes, JsonPath, Lookup, Name, Names, Slice, Step, Wildcard

_LONGEST = 10_000
"""Longer texts are no paths: nested references can make them of any value, and what is parsed is remembered."""
_NAME = re.compile(r"[^.\[( ]+")
_NAME_IN_FILTER = re.compile(r"[^.\[( )=!<>&|~,\]]+")
_INDEXES = re.compile(r" *-?[0-9]{1,9} *(, *-?[0-9]{1,9} *)*(?=\])")
# §3.6: what stands behind the second colon of a slice is read and ignored
_SLICE = re.compile(r" *(?=[-0-9]|:[-0-9])(-?[0-9]{1,9})?:(-?[0-9]{1,9})?(:[0-9]*)? *(?=\])")
_WILDCARD = re.compile(r" *\* *(?=\])")


def compile_path(text: str) -> JsonPath | None:
    """The path of the text between `${` and `}`, read from the context; None when it is no JSONPath. Never raises."""
    return _compiled(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _compiled(text: str) -> JsonPath | None:
    scanner = Scanner(text.rstrip(" "))
    if not scanner.sees("$", "@"):
        scanner = Scanner(f"$.{scanner.text}")
    try:
        path = _path(scanner, _NAME, whole=True)
        return path if scanner.ended else None
    except BadPath:
        return None


def is_valid_path(text: str) -> bool:
    """Could this stand between `${` and `}`?"""
    return compile_path(text) is not None


def read_path(text: str, lookup: Lookup) -> Json:
    """The value at a path of the context: None where there is none; `[]` where an indefinite one matches nothing."""
    path = compile_path(text)
    return None if path is None else path.read(lookup)


def _path(scanner: Scanner, name: re.Pattern[str], whole: bool = False) -> JsonPath:
    """A path that begins with `$` or `@`; with `whole` both mean the context and the text ends with it."""
    at_hand = scanner.take("@")
    if not at_hand and not scanner.take("$"):
        scanner.fail()
    steps: list[Step] = []
    function: Call | None = None
    while function is None and scanner.sees(".", "["):
        step = _step(scanner, name)
        if isinstance(step, Call):
            function = step
        else:
            steps.append(step)
    if function is not None and whole:
        # §3.6: a function ends the path, whatever is written behind it
        scanner.at = len(scanner.text)
    return _assembled(scanner, steps, function, from_context=whole or not at_hand)


def _assembled(scanner: Scanner, steps: list[Step], function: Call | None, from_context: bool) -> JsonPath:
    root = ""
    if from_context:
        root = WHOLE
        if steps and isinstance(steps[0], Name):
            root = steps.pop(0).name  # type: ignore[attr-defined]
        scanner.roots.add(root)
    steps = [Names(step.names, step is steps[-1]) if isinstance(step, Names) else step for step in steps]
    definite = all(_is_definite(step) for step in steps)
    keys = None if function or not definite else _keys(steps)
    return JsonPath(root, tuple(steps), function, definite, frozenset(scanner.roots), keys)


def _is_definite(step: Step) -> bool:
    match step:
        case Name():
            return True
        case Names():
            return step.last
        case Indexes():
            return len(step.indexes) == 1
    return False


def _keys(steps: list[Step]) -> tuple[str | int, ...] | None:
    keys: list[str | int] = []
    for step in steps:
        match step:
            case Name():
                keys.append(step.name)
            case Indexes():
                keys.append(step.indexes[0])
            case _:
                return None
    return tuple(keys)


def _step(scanner: Scanner, name: re.Pattern[str]) -> Step | Call:
    if scanner.take(".."):
        below = _bracket(scanner) if scanner.sees("[") else _child(scanner, name)
        return scanner.fail() if isinstance(below, Call) else Descend(below)
    if scanner.take(".") and not scanner.sees("["):
        return _child(scanner, name)
    return _bracket(scanner)


def _child(scanner: Scanner, name: re.Pattern[str]) -> Step | Call:
    word = scanner.match(name)
    if word is None:
        scanner.fail()
    if scanner.take("("):
        return Call(word, _arguments(scanner))
    return Wildcard() if word == "*" else Name(word)


def _arguments(scanner: Scanner) -> tuple[Json | JsonPath, ...]:
    arguments: list[Json | JsonPath] = []
    scanner.enter()
    scanner.blanks()
    while not scanner.take(")"):
        arguments.append(_path(scanner, _NAME_IN_FILTER) if scanner.sees("$") else scanner.literal())
        scanner.blanks()
        if not scanner.sees(")"):
            scanner.expect(",")
            scanner.blanks()
    scanner.leave()
    return tuple(arguments)


def _bracket(scanner: Scanner) -> Step:
    scanner.expect("[")
    step = _subscript(scanner)
    scanner.expect("]")
    return step


def _subscript(scanner: Scanner) -> Step:
    if scanner.match(_WILDCARD):
        return Wildcard()
    indexes = scanner.match(_INDEXES)
    if indexes is not None:
        return Indexes(tuple(int(index) for index in indexes.split(",")))
    limits = scanner.match(_SLICE)
    if limits is not None:
        start, stop = (int(limit) if limit.strip() else None for limit in limits.split(":")[:2])
        return Slice(start, stop)
    scanner.blanks()
    return _filter(scanner) if scanner.take("?") else _names(scanner)


def _names(scanner: Scanner) -> Step:
    names: list[str] = []
    while not names or scanner.take(","):
        scanner.blanks()
        if not scanner.sees("'", '"'):
            scanner.fail()
        names.append(scanner.quoted())
        scanner.blanks()
    return Name(names[0]) if len(names) == 1 else Names(tuple(names), last=False)


def _filter(scanner: Scanner) -> Step:
    scanner.enter()
    scanner.expect("(")
    condition = parse_condition(scanner, lambda inner: _path(inner, _NAME_IN_FILTER))
    scanner.expect(")")
    scanner.leave()
    return Filter(condition)
