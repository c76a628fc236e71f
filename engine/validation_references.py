"""Do the `${...}` in a task's input parameters name something that exists (reference §3.10)?

Only top-level tasks are looked at, as in the reference: definitions with a dangling name inside a branch are out there
and run, with a null in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from engine.definitions import Json, WorkflowTask
from engine.jsonpath import is_valid_path

SYSTEM_PARAMETERS = frozenset({"CPEWF_TASK_ID", "NETFLIX_ENV", "NETFLIX_STACK"})
"""Bare names that are no reference to a task (§3.5). Others come from the server's allow-list of environment names."""

_SCRIPT_KEYS = frozenset({"expression", "scriptExpression", "queryExpression"})
_ESCAPE = "; this text is read as a reference: write $${...} where the script shall see ${...}"
_SHOWN = 500
"""How much of a text is repeated in a message."""


class Reference(NamedTuple):
    """One `${...}`: its first name and its whole inside, each None where a nested reference decides it at run time."""

    root: str | None
    path: str | None


class _Brace(NamedTuple):
    """An open brace: where the inside of a reference begins (0 = a plain brace), and that of the first one inside."""

    start: int
    nested: int = 0


def reference_violations(task: WorkflowTask, names: Collection[str]) -> Iterator[str]:
    """One sentence for each bad reference; `names` holds `workflow`, all task references and the system parameters."""
    for key, text in _texts("", task.input_parameters):
        for reference in references(text):
            problem = _problem(reference, names, task.name, key, text)
            if problem:
                yield problem + (_ESCAPE if key in _SCRIPT_KEYS else "")


def references(text: str) -> Iterator[Reference]:
    """All `${...}` of a text, nested ones first, in linear time; `$${` opens none, an unbalanced one is plain text."""
    opened: list[_Brace] = []
    for position, character in enumerate(text):
        if character == "{":
            opened.append(_Brace(position + 1 if _opens_reference(text, position) else 0))
        elif character == "}" and opened:
            closed = opened.pop()
            if closed.start:
                yield _reference(text, closed, position)
            if opened and not opened[-1].nested:
                opened[-1] = _Brace(opened[-1].start, closed.start or closed.nested)


def _opens_reference(text: str, brace: int) -> bool:
    return text[brace - 1 : brace] == "$" and text[brace - 2 : brace - 1] != "$"


def _reference(text: str, brace: _Brace, end: int) -> Reference:
    if not brace.nested:
        path = text[brace.start : end]
        return Reference(path.split(".", 1)[0], path)
    root, dot, _ = text[brace.start : brace.nested - len("${")].partition(".")
    return Reference(root if dot else None, None)


def _texts(key: str, value: Json) -> Iterator[tuple[str, str]]:
    """Every string of a value with the nearest key above it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(name, item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(key, item)


def _problem(reference: Reference, names: Collection[str], task_name: str, key: str, text: str) -> str | None:
    root, path = reference
    if root is None or path in names:
        return None
    if path is not None and not is_valid_path(path):
        return f"key: {key} input parameter value: {path[:_SHOWN]} is not valid"
    if root in names and root not in SYSTEM_PARAMETERS:
        return None
    return (
        f"taskReferenceName: {root[:_SHOWN]} for given task: {task_name} input value: {key} of input parameter: "
        f"{text[:_SHOWN]} is not defined in workflow definition."
    )
