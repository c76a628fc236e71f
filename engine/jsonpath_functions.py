"""The functions a JSONPath may end with: `length() size() keys() min() max() avg() sum() stddev() …` (§3.6).

Each works on one match and the values of its arguments. The numeric ones answer with a double and, like `first` and
`last`, have no answer (`MISSING`, so the whole path is null) where there is nothing to count; the others answer null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import msgspec

from engine.definitions import Json
from engine.java_text import java_text
from engine.jsonpath_steps import MISSING, JsonPath, Lookup


class Call(msgspec.Struct, frozen=True):
    """A function with its arguments; an argument that is a path is read when the function is."""

    name: str
    arguments: tuple[Json | JsonPath, ...] = ()

    def __call__(self, value: Json, lookup: Lookup) -> Json:
        """The function's answer, `MISSING` when it has none or when there is no such function."""
        function = FUNCTIONS.get(self.name)
        if function is None:
            return MISSING
        return function(value, [_argument(argument, lookup) for argument in self.arguments])


def _argument(argument: Json | JsonPath, lookup: Lookup) -> Json:
    return argument.read(lookup) if isinstance(argument, JsonPath) else argument


def _numbers(value: Json, arguments: Iterable[Json]) -> list[float]:
    """The numbers of the list and of the arguments; a list among the arguments counts with its items."""
    items = list(value) if isinstance(value, list) else []
    for argument in arguments:
        items.extend(argument if isinstance(argument, list) else [argument])
    return [_double(item) for item in items if isinstance(item, int | float) and not isinstance(item, bool)]


def _double(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _numeric(calculate: Callable[[list[float]], float]) -> Callable[[Json, list[Json]], Json]:
    def function(value: Json, arguments: list[Json]) -> Json:
        numbers = _numbers(value, arguments)
        result = calculate(numbers) if numbers else math.nan
        # JSON has no word for infinity or "not a number"
        return result if math.isfinite(result) else MISSING

    return function


def _average(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _deviation(numbers: list[float]) -> float:
    # the mean of the squares less the square of the mean: less exact than the usual way, but the reference's last digit
    spread = sum(number * number for number in numbers) / len(numbers) - _average(numbers) * _average(numbers)
    return math.sqrt(spread) if spread > 0 else 0.0


def _length(value: Json, arguments: list[Json]) -> Json:
    target = arguments[0] if arguments else value
    return len(target) if isinstance(target, dict | list) else None


def _keys(value: Json, arguments: list[Json]) -> Json:  # noqa: ARG001 - the common form of a function
    return list(value) if isinstance(value, dict) else None


def _at(value: Json, index: Json) -> Json:
    if not isinstance(value, list) or not isinstance(index, int) or isinstance(index, bool):
        return MISSING
    return value[index] if -len(value) <= index < len(value) else MISSING


def _append(value: Json, arguments: list[Json]) -> Json:
    # the reference changes the list in place, in every task that shares it; here it stays as it is
    return [*value, *arguments] if isinstance(value, list) else value


def _concat(value: Json, arguments: list[Json]) -> Json:
    items = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    for argument in arguments:
        items.extend(argument if isinstance(argument, list) else [argument])
    return "".join(java_text(item) for item in items if item is not None)


FUNCTIONS: dict[str, Callable[[Json, list[Json]], Json]] = {
    "min": _numeric(min),
    "max": _numeric(max),
    "sum": _numeric(sum),
    "avg": _numeric(_average),
    "stddev": _numeric(_deviation),
    "length": _length,
    "size": _length,
    "keys": _keys,
    "first": lambda value, _: _at(value, 0),
    "last": lambda value, _: _at(value, -1),
    "index": lambda value, arguments: _at(value, arguments[0] if arguments else None),
    "append": _append,
    "concat": _concat,
}
