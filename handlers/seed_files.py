"""Definitions in files: JSON or YAML, one, a list, or `{"taskDefs": [...], "workflowDefs": [...]}` in each.

A file or an item that cannot be used becomes a `Problem`; it never keeps the others from being read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec
import yaml

from engine.definitions import Json, JsonObject

Kind = Literal["task", "workflow"]

SUFFIXES = frozenset({".json", ".yaml", ".yml"})

_LISTS: dict[str, Kind] = {"taskDefs": "task", "workflowDefs": "workflow"}


class Definition(NamedTuple):
    """One definition as its file holds it. `place` names file and item; a task definition has version 0."""

    kind: Kind
    name: str
    version: int
    body: JsonObject
    place: str

    @property
    def title(self) -> str:
        """What it is called in a report."""
        return f"workflow {self.name} version {self.version}" if self.kind == "workflow" else f"task {self.name}"


class Problem(NamedTuple):
    """What cannot be used, and why."""

    place: str
    reason: str


def read_definitions(paths: Iterable[Path]) -> tuple[list[Definition], list[Problem]]:
    """All definitions below files and folders, task definitions first, and everything that could not be read.

    A definition that stands in two places would change to and fro: the second one is a problem.
    """
    items = [item for path in paths for file in _files(path) for item in _items(file)]
    found: dict[tuple[str, str, int], Definition] = {}
    problems = []
    for item in items:
        if isinstance(item, Problem):
            problems.append(item)
        elif (first := found.setdefault(item[:3], item)) is not item:
            problems.append(Problem(item.place, f"{item.title} is defined in {first.place} already"))
    return sorted(found.values(), key=lambda definition: definition.kind), problems


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    else:
        yield path


def _items(file: Path) -> Iterator[Definition | Problem]:
    try:
        documents = _documents(file)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        yield Problem(str(file), _reason(error))
        return
    if not documents:
        yield Problem(str(file), "is empty")
    for number, document in enumerate(documents, 1):
        place = str(file) if len(documents) == 1 else f"{file}, document {number}"
        yield from _split(document, place)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())


def _documents(file: Path) -> list[Json]:
    if file.suffix not in SUFFIXES:
        raise ValueError(f"neither JSON nor YAML by its name; use one of {', '.join(sorted(SUFFIXES))}")
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json":
        return [msgspec.json.decode(text)]
    # Through JSON and back: what JSON cannot hold, such as a list inside itself, is found here.
    return [msgspec.json.decode(msgspec.json.encode(document)) for document in yaml.load_all(text, _JsonLikeYaml)]


def _split(document: Json, place: str) -> Iterator[Definition | Problem]:
    if isinstance(document, list):
        for index, item in enumerate(document):
            yield _definition(item, None, f"{place}[{index}]")
    elif isinstance(document, dict) and document.keys() & _LISTS.keys():
        for key, items in document.items():
            yield from _listed(key, items, f"{place}: {key}")
    else:
        yield _definition(document, None, place)


def _listed(key: str, items: Json, place: str) -> Iterator[Definition | Problem]:
    if key not in _LISTS:
        yield Problem(place, f"cannot be registered from here; a file may hold {' and '.join(_LISTS)}")
    elif not isinstance(items, list):
        yield Problem(place, "is not a list")
    else:
        for index, item in enumerate(items):
            yield _definition(item, _LISTS[key], f"{place}[{index}]")


def _definition(item: Json, kind: Kind | None, place: str) -> Definition | Problem:
    if not isinstance(item, dict):
        return Problem(place, "is not a definition (an object with a name)")
    name = item.get("name")
    if not isinstance(name, str) or not name:
        return Problem(place, "has no name")
    kind = kind or ("workflow" if "tasks" in item else "task")
    if kind == "task":
        return Definition(kind, name, 0, item, place)
    version = item.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        return Problem(place, f"workflow {name}: version {version} is not a whole number")
    return Definition(kind, name, version, item, place)


class _JsonLikeYaml(yaml.SafeLoader):
    """YAML whose keys are the text that was written (`1:`, `true:` and `no:` are decision cases), and so are dates."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {  # type: ignore[misc]
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Called for each mapping before its keys are read."""
        super().flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"
