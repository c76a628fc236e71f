"""Values with `${...}` in them: parsed once, resolved often (§3.2, §3.3).

`compile_template` turns a JSON value into a small tree. Whatever holds no reference becomes a constant that every
resolution shares, so results must never be changed in place; they hold values of the context, not copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.definitions import Json
from engine.java_text import compact_json, java_text
from engine.jsonpath import compile_path
from engine.jsonpath_steps import MISSING, JsonPath, Lookup
from engine.references import Part, Reference, parse_references

__all__ = ["MISSING", "SECRETS", "SYSTEM_PARAMETERS", "Lookup", "Template", "compile_template"]

SECRETS = "workflow.secrets."
TASK_ID = "CPEWF_TASK_ID"
SYSTEM_PARAMETERS = frozenset({TASK_ID, "NETFLIX_ENV", "NETFLIX_STACK"})
"""Names that stay as they are written when they have no value (§3.5)."""

_NOTHING: Mapping[str, str] = {}
_BLANKS = " \t\n\v\f\r"


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed value.

    `references` are the context's top-level keys that it is known to ask for; nested references may ask for more.
    """

    node: Node
    references: frozenset[str]

    @property
    def constant(self) -> bool:
        """True when every resolution gives the same value."""
        return isinstance(self.node, Constant)

    def resolve(self, lookup: Lookup, task_id: str | None = None, environment: Mapping[str, str] = _NOTHING) -> Json:
        """The value with all references replaced; never raises.

        `lookup(root)` is asked for the documents that are needed, and answers `MISSING` for those that are not there.
        `environment` holds the bare names the operator allows (D14). Text that is inserted is not expanded again.
        """
        return self.node.resolve(Scope(lookup, task_id, environment))


@dataclass(frozen=True, slots=True)
class Scope:
    """What references are resolved against."""

    lookup: Lookup
    task_id: str | None
    environment: Mapping[str, str]

    def named(self, name: str) -> str | None:
        """The value of a system parameter or of an allowed environment name (§3.5)."""
        return self.task_id if name == TASK_ID else self.environment.get(name)


class Node(Protocol):
    """A part of a parsed value."""

    def resolve(self, scope: Scope) -> Json:
        """Its value."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """A value without references."""

    value: Json

    def resolve(self, scope: Scope) -> Json:  # noqa: ARG002 - the common form of a node
        return self.value


@dataclass(frozen=True, slots=True)
class PathValue:
    """`${path}`: the value itself, with its type."""

    text: str
    path: JsonPath | None

    def resolve(self, scope: Scope) -> Json:
        if scope.environment and self.text in scope.environment:
            return scope.environment[self.text]
        return None if self.path is None else self.path.read(scope.lookup)


@dataclass(frozen=True, slots=True)
class NamedValue:
    """`${CPEWF_TASK_ID}` and the like: the value, or the reference as it is written when there is none."""

    name: str
    raw: str

    def resolve(self, scope: Scope) -> Json:
        value = scope.named(self.name)
        return self.raw if value is None else value


@dataclass(frozen=True, slots=True)
class NestedValue:
    """A reference whose path is itself put together from references."""

    inside: Text
    raw: str

    def resolve(self, scope: Scope) -> Json:
        return self.target(scope).resolve(scope)

    def target(self, scope: Scope) -> Node:
        """The reference that this is at the moment."""
        return _simple(self.inside.resolve(scope), self.raw)


@dataclass(frozen=True, slots=True)
class Text:
    """Literal pieces and references, joined as text."""

    parts: tuple[str | Node, ...]

    def resolve(self, scope: Scope) -> str:
        return _unescaped("".join([part if isinstance(part, str) else _as_text(part, scope) for part in self.parts]))


@dataclass(frozen=True, slots=True)
class MapNode:
    """A map: everything that is constant, in order, and what is to be put in its place."""

    base: dict[str, Json]
    changing: tuple[tuple[str, Node], ...]

    def resolve(self, scope: Scope) -> Json:
        out = self.base.copy()
        for key, node in self.changing:
            out[key] = node.resolve(scope)
        return out


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list, likewise."""

    base: list[Json]
    changing: tuple[tuple[int, Node], ...]

    def resolve(self, scope: Scope) -> Json:
        out = self.base.copy()
        for index, node in self.changing:
            out[index] = node.resolve(scope)
        return out


def compile_template(value: Json) -> Template:
    """Parse a JSON value; keys are never references, other than strings nothing is looked into but maps and lists."""
    roots: set[str] = set()
    node = _compile(value, roots)
    return Template(node, frozenset(roots))


def _compile(value: Json, roots: set[str]) -> Node:
    if isinstance(value, str):
        return _compile_text(value, roots) if "${" in value else Constant(value)
    if isinstance(value, dict):
        return _compile_map(value, roots)
    if isinstance(value, list):
        return _compile_list(value, roots)
    return Constant(value)


def _compile_map(value: dict[str, Json], roots: set[str]) -> Node:
    nodes = {key: _compile(item, roots) for key, item in value.items()}
    changing = tuple((key, node) for key, node in nodes.items() if not isinstance(node, Constant))
    base = {key: node.value if isinstance(node, Constant) else None for key, node in nodes.items()}
    return MapNode(base, changing) if changing else Constant(base)


def _compile_list(value: list[Json], roots: set[str]) -> Node:
    nodes = [_compile(item, roots) for item in value]
    changing = tuple((index, node) for index, node in enumerate(nodes) if not isinstance(node, Constant))
    base = [node.value if isinstance(node, Constant) else None for node in nodes]
    return ListNode(base, changing) if changing else Constant(base)


def _compile_text(text: str, roots: set[str]) -> Node:
    parts = parse_references(text)
    if len(parts) == 1 and isinstance(parts[0], Reference):
        return _reference(parts[0], roots)
    compiled = _compile_parts(parts, roots)
    if all(isinstance(part, str) for part in parts):
        return Constant(_unescaped(text))
    return Text(compiled)


def _compile_parts(parts: Sequence[Part], roots: set[str]) -> tuple[str | Node, ...]:
    return tuple(part if isinstance(part, str) else _reference(part, roots) for part in parts)


def _reference(reference: Reference, roots: set[str]) -> Node:
    inside = reference.raw[2:-1]
    # §3.2 3b: nothing inside a reference to a secret is resolved
    if inside.startswith(SECRETS) or all(isinstance(part, str) for part in reference.inside):
        node = _simple(inside, reference.raw)
        if isinstance(node, PathValue) and node.path is not None:
            roots |= node.path.roots
        return node
    return NestedValue(Text(_compile_parts(reference.inside, roots)), reference.raw)


def _simple(inside: str, raw: str) -> Node:
    """The meaning of the text between the braces (§3.2 step 3)."""
    if not inside.strip(_BLANKS):
        return Constant("")
    if inside.startswith(SECRETS):
        return Constant(raw)
    if inside in SYSTEM_PARAMETERS:
        return NamedValue(inside, raw)
    return PathValue(inside, compile_path(inside))


def _as_text(node: Node, scope: Scope) -> str:
    if isinstance(node, NestedValue):
        node = node.target(scope)
    value = node.resolve(scope)
    if isinstance(value, list) and isinstance(node, PathValue) and node.path is not None and not node.path.definite:
        return compact_json(value)
    return java_text(value)


def _unescaped(text: str) -> str:
    return text.replace("$${", "${") if "$${" in text else text
