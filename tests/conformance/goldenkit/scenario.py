"""Scenario files: loading, validating, saving in a diff-friendly layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Any

STEP_KINDS = (
    "start",
    "request",
    "op",
    "work",
    "auto",
    "idle",
    "wait",
    "bind",
    "snapshot",
    "sleep",
)
LINE_WIDTH = 110


class ScenarioError(ValueError):
    """The scenario file itself is wrong."""


@dataclass
class Scenario:
    """One scenario file: what to register, what to do, what must come out."""

    path: Path
    data: dict[str, Json]

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def steps(self) -> list[dict[str, Json]]:
        steps: list[dict[str, Json]] = self.data["steps"]
        return steps

    @property
    def ordered(self) -> bool:
        """True when the order of the task list is part of the expectation."""
        return bool(self.data.get("ordered", False))

    @property
    def strict_nulls(self) -> bool:
        """True when a null value and a missing key are different things in payloads."""
        return bool(self.data.get("strictNulls", False))

    @property
    def definitions(self) -> dict[str, list[Json]]:
        definitions: dict[str, list[Json]] = self.data.get("definitions", {})
        return definitions

    def save(self) -> None:
        """Write the scenario back to its file."""
        self.path.write_text(pretty(self.data) + "\n", encoding="utf-8")


def kind_of(step: dict[str, Json]) -> str:
    """Return the one action key of a step."""
    kinds = [key for key in step if key in STEP_KINDS]
    if len(kinds) != 1:
        raise ScenarioError(f"a step needs exactly one of {', '.join(STEP_KINDS)}: {step}")
    return kinds[0]


def load(path: Path) -> Scenario:
    """Read one scenario file and check its outline."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{path}: {error}") from error
    for key in ("name", "shows", "steps"):
        if key not in data:
            raise ScenarioError(f"{path}: '{key}' is missing")
    for step in data["steps"]:
        kind_of(step)
    return Scenario(path, data)


def find(paths: list[Path], text: str = "") -> Iterator[Scenario]:
    """Yield the scenarios below the given files or folders whose name contains `text`."""
    for root in paths:
        files = sorted(root.rglob("*.json")) if root.is_dir() else [root]
        for file in files:
            scenario = load(file)
            if text in scenario.name:
                yield scenario


def pretty(value: Json, indent: int = 0, prefix: int = 0) -> str:
    """JSON with short objects and lists kept on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return flat
    if indent + prefix + len(flat) <= LINE_WIDTH and indent > 0:
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        rows = []
        for key, item in value.items():
            head = json.dumps(key, ensure_ascii=False) + ": "
            rows.append(pad + head + pretty(item, indent + 1, len(head)))
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    rows = [pad + pretty(item, indent + 1) for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + " " * indent + "]"
