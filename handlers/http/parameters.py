"""Path and query parameters: from the text of a URL to the arguments of a handler, or a 400 that names the parameter.

Forgiving as clients need it (api/clients Q8, Q9): an empty value and the text `None` mean that the parameter is not
given, booleans may be capitalised, of a repeated single value the last one counts, unknown parameters are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from engine.errors import InvalidInput, Violation
from handlers.http.contract import Document, Parameter, resolve
from handlers.http.schemas import VALIDATION_FAILED, SchemaCheck, scalar_text

Arguments = dict[str, Any]

_ABSENT = frozenset({"", "None"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "on", "yes", "1"), True),
    **dict.fromkeys(("false", "off", "no", "0"), False),
}
"""The words that the reference reads, in any case."""
_UNCHECKED = frozenset({"type", "default", "description", "additionalProperties", "examples", "title"})
"""What says nothing of the values that are taken."""


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise ValueError(text)
    return int(text)


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(text) from None


_CASTS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "integer": (_integer, "an integer"),
    "number": (float, "a number"),
    "boolean": (_boolean, "true or false"),
    "string": (str, "a text"),
}


class ParameterReader:
    """One parameter, compiled."""

    def __init__(self, parameter: Parameter, document: Document) -> None:
        schema = parameter.schema
        self.parameter = parameter
        self.is_list = schema["type"] == "array"
        one = resolve(document, schema["items"]) if self.is_list else schema
        self._cast, self._expected = _CASTS[one["type"]]
        self._own_words = frozenset(schema.get("x-messages", {}).values())
        limits = {key: value for key, value in schema.items() if key not in _UNCHECKED}
        self._check = SchemaCheck({"type": schema["type"], **limits}, document, "") if limits else None

    def read(self, text: str) -> Any:
        """The value of one text. Raises InvalidInput."""
        value = [self._one(part) for part in text.split(",") if part] if self.is_list else self._one(text)
        if self._check is not None:
            try:
                self._check(value)
            except InvalidInput as error:
                raise self._refusal(value, error.violations[0].message) from None
        return value

    def _one(self, text: str) -> Any:
        try:
            return self._cast(text.strip().upper() if self.parameter.any_case else text)
        except ValueError:
            raise self._refusal(text, f"'{scalar_text(text)}' is not {self._expected}") from None

    def _refusal(self, value: Any, reason: str) -> InvalidInput:
        parameter = self.parameter
        message = parameter.message or reason
        if parameter.at is not None:
            return InvalidInput(VALIDATION_FAILED, [Violation(parameter.at, message, scalar_text(value))])
        is_own = message == parameter.message or message in self._own_words
        return InvalidInput(message if is_own else f"{parameter.where} parameter '{parameter.name}': {message}")


class ParametersReader:
    """All parameters of one operation."""

    def __init__(self, parameters: Sequence[Parameter], document: Document) -> None:
        readers = [ParameterReader(parameter, document) for parameter in parameters if not parameter.deep]
        self._path = [reader for reader in readers if reader.parameter.where == "path"]
        self._query = {reader.parameter.name: reader for reader in readers if reader.parameter.where == "query"}
        self._deep = {parameter.name: parameter.argument for parameter in parameters if parameter.deep}
        self._required = [parameter for parameter in parameters if parameter.where == "query" and parameter.required]
        self._defaults = {p.argument: p.schema["default"] for p in parameters if "default" in p.schema}

    def read(self, path: Mapping[str, str], query: bytes) -> Arguments:
        """The arguments by their Python names; a parameter that is not given and has no default is left out."""
        arguments = dict(self._defaults)
        for reader in self._path:
            arguments[reader.parameter.argument] = reader.read(path[reader.parameter.name])
        if query and (self._query or self._deep):
            self._read_query(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True), arguments)
        for parameter in self._required:
            if parameter.argument not in arguments:
                raise InvalidInput(f"query parameter '{parameter.name}' is required")
        return arguments

    def _read_query(self, pairs: Iterable[tuple[str, str]], arguments: Arguments) -> None:
        texts: dict[str, str] = {}
        for name, text in pairs:
            reader = self._query.get(name)
            if text in _ABSENT:
                continue
            if reader is None:
                self._read_deep(name, text, arguments)
            elif reader.is_list and name in texts:
                texts[name] += "," + text
            else:
                texts[name] = text
        for name, text in texts.items():
            reader = self._query[name]
            arguments[reader.parameter.argument] = reader.read(text)

    def _read_deep(self, name: str, text: str, arguments: Arguments) -> None:
        """`taskInput[key]=text`; anything else of an unknown name is not for us."""
        head, bracket, key = name.partition("[")
        if bracket and key.endswith("]") and head in self._deep:
            arguments.setdefault(self._deep[head], {})[key[:-1]] = text
