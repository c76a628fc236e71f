"""Filters of JSONPath: what stands in `[?(…)]` (§3.6).

A path that is not there counts as null in a comparison and as false alone. Numbers and texts are equal when they read
the same (`1 == '1'`), but neither is less than the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from engine.definitions import Json
from engine.java_text import java_text
from engine.jsonpath_pattern import BadPattern, Pattern
from engine.jsonpath_scanner import Scanner
from engine.jsonpath_steps import MISSING, Condition, JsonPath, Lookup

ReadPath = Callable[[Scanner], JsonPath]

_OPERATOR = re.compile(
    r"===|!==|==|!=|<=|>=|=~|<|>|(?:in|nin|contains|size|empty|subsetof|anyof|noneof|all)(?!\w)", re.IGNORECASE
)
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*)/([a-zA-Z]*)")


class Exists(msgspec.Struct, frozen=True):
    """A path alone: is there anything? A null is something."""

    path: JsonPath

    def holds(self, value: Json, lookup: Lookup) -> bool:
        """True when it is there; always for an indefinite path, whose value is a list."""
        return _find(self.path, value, lookup) is not MISSING


class Compare(msgspec.Struct, frozen=True):
    """Two operands and the operator between them."""

    left: Json | JsonPath
    test: Callable[[Json, Json], bool]
    right: Json | JsonPath

    def holds(self, value: Json, lookup: Lookup) -> bool:
        """The operator's answer."""
        return self.test(_operand(self.left, value, lookup), _operand(self.right, value, lookup))


class Not(msgspec.Struct, frozen=True):
    """`!condition`."""

    inner: Condition

    def holds(self, value: Json, lookup: Lookup) -> bool:
        """The opposite."""
        return not self.inner.holds(value, lookup)


class Combined(msgspec.Struct, frozen=True):
    """Conditions joined by `&&` (all of them) or `||` (any of them)."""

    combine: Callable[[list[bool]], bool]
    inner: tuple[Condition, ...]

    def holds(self, value: Json, lookup: Lookup) -> bool:
        """Of all, or of any."""
        return self.combine([condition.holds(value, lookup) for condition in self.inner])


def parse_condition(scanner: Scanner, read_path: ReadPath) -> Condition:
    """The condition that begins here; raises `BadPath`. `&&` binds tighter than `||`."""
    return _joined(scanner, "||", any, lambda: _joined(scanner, "&&", all, lambda: _unary(scanner, read_path)))


def _joined(
    scanner: Scanner, sign: str, combine: Callable[[list[bool]], bool], part: Callable[[], Condition]
) -> Condition:
    parts = [part()]
    scanner.blanks()
    while scanner.take(sign):
        parts.append(part())
        scanner.blanks()
    return parts[0] if len(parts) == 1 else Combined(combine, tuple(parts))


def _unary(scanner: Scanner, read_path: ReadPath) -> Condition:
    scanner.blanks()
    scanner.enter()
    condition: Condition
    if scanner.sees("!"):
        scanner.take("!")
        condition = Not(_unary(scanner, read_path))
    elif scanner.take("("):
        condition = parse_condition(scanner, read_path)
        scanner.expect(")")
    else:
        condition = _relation(scanner, read_path)
    scanner.leave()
    return condition


def _relation(scanner: Scanner, read_path: ReadPath) -> Condition:
    left = _read_operand(scanner, read_path)
    scanner.blanks()
    operator = scanner.match(_OPERATOR)
    if operator is None:
        return Exists(left) if isinstance(left, JsonPath) else scanner.fail()
    scanner.blanks()
    right = _read_pattern(scanner) if operator == "=~" else _read_operand(scanner, read_path)
    return Compare(left, _OPERATORS[operator.lower()], right)


def _read_operand(scanner: Scanner, read_path: ReadPath) -> Json | JsonPath:
    return read_path(scanner) if scanner.sees("@", "$") else scanner.literal()


def _read_pattern(scanner: Scanner) -> Pattern:
    found = _PATTERN.match(scanner.text, scanner.at)
    if found is None:
        scanner.fail()
    scanner.at = found.end()
    try:
        return Pattern(found.group(1), found.group(2))
    except BadPattern:
        scanner.fail()


def _operand(operand: Json | JsonPath, value: Json, lookup: Lookup) -> Json:
    found = _find(operand, value, lookup) if isinstance(operand, JsonPath) else operand
    return None if found is MISSING else found


def _find(path: JsonPath, value: Json, lookup: Lookup) -> Json:
    return path.find(lookup(path.root) if path.root else value, lookup)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Json) -> object:
    return "number" if _is_number(value) else type(value)


def _identical(left: Json, right: Json) -> bool:
    return bool(_kind(left) == _kind(right) and left == right)


def _equal(left: Json, right: Json) -> bool:
    if (_is_number(left) and isinstance(right, str)) or (_is_number(right) and isinstance(left, str)):
        return java_text(left) == java_text(right)
    return _identical(left, right)


def _ordered(test: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    def compare(left: Json, right: Json) -> bool:
        comparable = _kind(left) == _kind(right) and (_is_number(left) or isinstance(left, str))
        return comparable and test(left, right)

    return compare


def _among(value: Json, items: Json) -> bool:
    return isinstance(items, list) and any(_equal(value, item) for item in items)


def _contains(whole: Json, part: Json) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return _among(part, whole)


def _of_lists(test: Callable[[list[Json], list[Json]], bool]) -> Callable[[Json, Json], bool]:
    return lambda left, right: isinstance(left, list) and isinstance(right, list) and test(left, right)


def _matches(value: Json, pattern: Json) -> bool:
    return (isinstance(value, str) or _is_number(value)) and pattern.matches(java_text(value))


_OPERATORS: dict[str, Callable[[Json, Json], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "===": _identical,
    "!==": lambda left, right: not _identical(left, right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "=~": _matches,
    "in": _among,
    "nin": lambda left, right: isinstance(right, list) and not _among(left, right),
    "contains": _contains,
    "size": lambda left, right: isinstance(left, str | list) and _identical(len(left), right),
    "empty": lambda left, right: isinstance(left, str | list | dict) and (not left) is right,
    "subsetof": _of_lists(lambda left, right: all(_among(item, right) for item in left)),
    "all": _of_lists(lambda left, right: all(_among(item, left) for item in right)),
    "anyof": _of_lists(lambda left, right: any(_among(item, right) for item in left)),
    "noneof": _of_lists(lambda left, right: not any(_among(item, right) for item in left)),
}
