"""Scripts that a definition may not be registered with: those that do not parse (E70; asked of 3.32.1).

The reference parses the expression of a SWITCH whose evaluator is `javascript`, and the case expression of a DECISION;
no other script is looked at before it runs. Whether a text parses is for the shell to find out (`engine.catalog`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.definitions import WorkflowDef, WorkflowTask
from engine.errors import Violation
from engine.validation import places


class Script(NamedTuple):
    """A script of a definition, and where it stands."""

    path: str
    task: WorkflowTask
    text: str


def scripts_of(definition: WorkflowDef, path: str) -> Iterator[Script]:
    """Every script that must parse, in the order of the definition."""
    for at, task in places(definition.tasks, f"{path}.tasks"):
        text = _script(task)
        if text:
            yield Script(at, task, text)


def script_violation(script: Script, error: str) -> Violation:
    """What to tell its author."""
    where = f"taskType: {script.task.type} taskName {script.task.name}"
    return Violation(script.path, f"Expression is not well formatted: {error}, {where}")


def _script(task: WorkflowTask) -> str | None:
    if task.type == "SWITCH" and task.evaluator_type == "javascript":
        return task.expression
    return task.case_expression if task.type == "DECISION" else None
