"""Compares an expected with an actual normalised value; tolerant where servers may differ."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .normalise import PAYLOAD_FIELDS

Json = Any

ID = re.compile(r"<id:\d+>")
MISSING = object()


@dataclass
class Difference:
    """One place where the server behaved differently."""

    path: str
    expected: Json
    actual: Json

    def __str__(self) -> str:
        return f"{self.path}: expected {show(self.expected)}, got {show(self.actual)}"


@dataclass
class Comparer:
    """Walks two values; ids may be numbered differently as long as they match one to one.

    Inside users' data (`PAYLOAD_FIELDS`) every key counts; elsewhere a server may add fields.
    """

    strict_nulls: bool = False
    differences: list[Difference] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)
    back: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, expected: Json, actual: Json) -> None:
        self.differences.append(Difference(path, expected, actual))

    def compare(self, expected: Json, actual: Json, path: str, closed: bool = False) -> None:
        """Note every difference between the two values."""
        if isinstance(expected, dict) and isinstance(actual, dict):
            self.compare_objects(expected, actual, path, closed)
        elif isinstance(expected, list) and isinstance(actual, list):
            self.compare_lists(expected, actual, path, closed)
        elif isinstance(expected, str) and isinstance(actual, str):
            if not self.same_text(expected, actual):
                self.add(path, expected, actual)
        elif isinstance(expected, bool) != isinstance(actual, bool) or expected != actual:
            self.add(path, expected, actual)

    def compare_objects(self, expected: dict[str, Json], actual: dict[str, Json], path: str, closed: bool) -> None:
        for key, value in expected.items():
            found = actual.get(key, MISSING)
            where = f"{path}.{key}"
            if found is MISSING and value is None and not (closed and self.strict_nulls):
                continue
            if found is MISSING:
                self.add(where, value, MISSING)
            else:
                self.compare(value, found, where, closed or key in PAYLOAD_FIELDS)
        if not closed and not is_projection(expected):
            return
        for key in actual.keys() - expected.keys():
            if actual[key] is not None or self.strict_nulls:
                self.add(f"{path}.{key}", MISSING, actual[key])

    def compare_lists(self, expected: list[Json], actual: list[Json], path: str, closed: bool) -> None:
        if is_task_list(expected) and is_task_list(actual):
            self.compare_tasks(expected, actual, path)
            return
        for index, (left, right) in enumerate(zip(expected, actual, strict=False)):
            self.compare(left, right, f"{path}[{index}]", closed)
        for index in range(len(actual), len(expected)):
            self.add(f"{path}[{index}]", expected[index], MISSING)
        for index in range(len(expected), len(actual)):
            self.add(f"{path}[{index}]", MISSING, actual[index])

    def compare_tasks(self, expected: list[Json], actual: list[Json], path: str) -> None:
        """Compare task lists: their order in one line, then each task with its namesake."""
        left, right = task_keys(expected), task_keys(actual)
        if list(left) != list(right):
            self.add(f"{path} (which, in which order)", list(left), list(right))
        for key, task in left.items():
            if key in right:
                self.compare(task, right[key], f"{path}[{key}]")

    def same_text(self, expected: str, actual: str) -> bool:
        """Equal text, with ids matched one to one over the whole scenario."""
        if ID.sub("<id>", expected) != ID.sub("<id>", actual):
            return False
        for left, right in zip(ID.findall(expected), ID.findall(actual), strict=True):
            if self.pairs.setdefault(left, right) != right or self.back.setdefault(right, left) != left:
                return False
        return True

    def compare_shape(self, expected: Json, actual: Json, path: str) -> None:
        """Compare types and keys only; a server may add keys."""
        if type_name(expected) != type_name(actual):
            self.add(path, type_name(expected), type_name(actual))
        elif isinstance(expected, dict):
            for key, value in expected.items():
                if key not in actual:
                    self.add(f"{path}.{key}", type_name(value), MISSING)
                else:
                    self.compare_shape(value, actual[key], f"{path}.{key}")
        elif isinstance(expected, list) and expected and actual:
            self.compare_shape(expected[0], actual[0], f"{path}[0]")


def is_projection(value: dict[str, Json]) -> bool:
    """True for a workflow or task reduced by this tool: both sides then have the same set of fields."""
    if "taskId" in value or "workflowId" in value:
        return False
    return "referenceTaskName" in value or ("workflowName" in value and "tasks" in value)


def type_name(value: Json) -> str:
    """The JSON type of a value."""
    if value is None:
        return "<null>"
    if isinstance(value, bool):
        return "<boolean>"
    if isinstance(value, (int, float)):
        return "<number>"
    if isinstance(value, str):
        return "<string>"
    return "<list>" if isinstance(value, list) else "<object>"


def is_task_list(items: list[Json]) -> bool:
    """True for a list of tasks reduced by this tool."""
    return bool(items) and all(isinstance(item, dict) and "referenceTaskName" in item for item in items)


def task_keys(tasks: list[dict[str, Json]]) -> dict[str, dict[str, Json]]:
    """Tasks by name: reference, attempt behind #, and a counter when that is not unique."""
    named: dict[str, dict[str, Json]] = {}
    for task in tasks:
        retry = task.get("retryCount", 0)
        key = f"{task['referenceTaskName']}#{retry}" if retry else task["referenceTaskName"]
        while key in named:
            key += "'"
        named[key] = task
    return named


def show(value: Json) -> str:
    """Short text of a value for the report."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:297] + "..."
