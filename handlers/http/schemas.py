"""Values against the schemas of the contract: compiled once, and every violation named in the words of the contract.

A schema may carry `x-message`: the sentence for the person whose value does not fit it, and `x-messages`: sentences of
their own for some of its keywords (`minItems: ...`). A property with
`x-checked-later` may be missing or null as far as the contract is concerned: the rules of the engine say so together
with everything else that is wrong, so that all problems of a definition are in one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

from engine.errors import InvalidInput, Violation
from handlers.http.contract import Document, Schema, resolve

VALIDATION_FAILED = "Validation failed, check below errors for detail."

_MOST_VIOLATIONS = 50
_LONGEST_TEXT = 300
_INTO_LIST_OR_MAP = ("items", "additionalProperties")


class SchemaCheck:
    """One schema of a contract; `at` starts the path of each violation."""

    def __init__(self, schema: Schema, document: Document, at: str) -> None:
        self._schema = {"allOf": [schema], "components": document.get("components", {})}
        self._validator = jsonschema_rs.Draft202012Validator(self._schema, validate_formats=False)
        self._at = at

    def __call__(self, value: Any) -> None:
        """Raise InvalidInput with the violations (at most 50) when the value does not fit."""
        if not self._validator.is_valid(value):
            found = [_most_telling(error) for error in islice(self._validator.iter_errors(value), _MOST_VIOLATIONS)]
            if not all(self._is_checked_later(error) for error in found):
                raise InvalidInput(VALIDATION_FAILED, [self._violation(error) for error in found])

    def _is_checked_later(self, error: jsonschema_rs.ValidationError) -> bool:
        missing = _missing(error)
        if missing is None and error.instance is not None:
            return False
        return "x-checked-later" in _schema_of(self._schema, error.evaluation_path, missing)

    def _violation(self, error: jsonschema_rs.ValidationError) -> Violation:
        missing = _missing(error)
        path = [*error.instance_path, missing] if missing else error.instance_path
        return Violation(
            path=self._at + "".join(_step(part) for part in path),
            message=_own_message(self._schema, error.evaluation_path, missing) or _plain_message(error, missing),
            invalid_value=None if missing else scalar_text(error.instance),
        )


def _missing(error: jsonschema_rs.ValidationError) -> str | None:
    """The property that an error misses."""
    return getattr(error.kind, "property", None) if error.kind.name == "required" else None


def scalar_text(value: Any) -> str | None:
    """A text, number or boolean as text; None for anything else (api/errors, `invalidValue`)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return shortened(str(value)) if isinstance(value, str | int | float) else None


def shortened(text: str) -> str:
    """A text that is short enough to be part of an error."""
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."


def _plain_message(error: jsonschema_rs.ValidationError, missing: str | None) -> str:
    if missing is not None:
        return f"{missing} is required"
    options = getattr(error.kind, "options", None)  # of an enum; the validator's own text shows only two of them
    if options is not None:
        return "must be one of " + ", ".join(str(option) for option in options if option is not None)
    return shortened(error.message)


def _step(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


def _most_telling(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of an alternative that failed: the error of the branch that got furthest, else the first that fits the type."""
    while True:
        branches: Sequence[Sequence[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", None) or ()
        errors = [inner for branch in branches for inner in branch]
        if not errors:
            return error
        error = max(errors, key=lambda inner: (len(inner.instance_path), inner.kind.name != "type"))


def _own_message(schema: Schema, evaluation_path: Sequence[str | int], missing: str | None) -> str | None:
    """The outermost `x-message` of the place that an error is about."""
    if missing is not None:
        return _schema_of(schema, evaluation_path, missing).get("x-message")
    message: str | None = None
    keyword = str(evaluation_path[-1])
    for node, entered in _schemas_along(schema, evaluation_path):
        words = node.get("x-messages", {}).get(keyword) or node.get("x-message")
        message = words if entered else message or words
    return message


def _schema_of(schema: Schema, evaluation_path: Sequence[str | int], missing: str | None) -> Schema:
    """The schema of the place an error is about; with a missing property that of the property, its own words first."""
    *_, node = [schema, *(node for node, _ in _schemas_along(schema, evaluation_path))]
    if missing is None:
        return node
    inner: Schema = node.get("properties", {}).get(missing, {})
    return {**resolve(schema, inner), **inner}


def _schemas_along(schema: Schema, evaluation_path: Sequence[str | int]) -> Iterator[tuple[Schema, bool]]:
    """The schemas that a path of keywords leads through; True with those of a new place in the value."""
    node: Any = schema
    steps = iter(evaluation_path[:-1])
    for keyword in steps:
        if keyword == "$ref":
            node = resolve(schema, {"$ref": node["$ref"]})
        elif keyword in _INTO_LIST_OR_MAP:
            node = node[keyword]
        else:
            node = node[keyword][next(steps)]
        yield node, keyword == "properties" or keyword in _INTO_LIST_OR_MAP
