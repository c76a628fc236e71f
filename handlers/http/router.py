"""Routing by a tree of path segments: one dictionary step a segment, and a literal segment before a template.

Takes the place of Connexion's own router, which tries every template in the document's order, so that a template
could hide a literal path (reference/http-stack, "The path-conflict trap").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connexion.http_facts import METHODS
from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from connexion.spec import Specification
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Route:
    """What a method of a path leads to; `names` are its path parameters from left to right."""

    operation_id: str
    base_path: str
    names: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    template: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """The route of a request, or none; `allowed` are the methods of every path that fits, for a 405."""

    route: Route | None
    values: tuple[str, ...] = ()
    allowed: frozenset[str] = frozenset()


class Trie:
    """Paths with their methods. A path with a trailing slash or an empty segment is another path."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, path: str, operation_id: str, base_path: str = "") -> None:
        """Make `method path` lead to an operation. A GET serves HEAD too."""
        node, names = self._root, []
        for segment in (base_path + path).split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.template = node.template or _Node()
                node = node.template
            else:
                node = node.literals.setdefault(segment, _Node())
        route = Route(operation_id, base_path, tuple(names))
        node.routes[method.upper()] = route
        if method.upper() == "GET":
            node.routes.setdefault("HEAD", route)

    def find(self, method: str, path: str) -> Match:
        """The route for a request. A path that has no such method gives way to a less literal one that has it."""
        allowed: set[str] = set()
        values: list[str] = []
        route = _descend(self._root, method, path.split("/"), 1, values, allowed)
        return Match(route, tuple(values), frozenset(allowed))


def _descend(
    node: _Node, method: str, segments: list[str], index: int, values: list[str], allowed: set[str]
) -> Route | None:
    if index == len(segments):
        allowed.update(node.routes)
        return node.routes.get(method)
    segment = segments[index]
    literal = node.literals.get(segment)
    if literal is not None:
        route = _descend(literal, method, segments, index + 1, values, allowed)
        if route is not None:
            return route
    if node.template is None or not segment:
        return None
    values.append(segment)
    route = _descend(node.template, method, segments, index + 1, values, allowed)
    if route is None:
        values.pop()
    return route


class RouterMiddleware(SpecMiddleware):  # type: ignore[misc]
    """Puts Connexion's routing context into the scope; what is not in the contract goes on to the pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._trie = Trie()

    def add_api(self, specification: Specification, base_path: str | None = None, **_: Any) -> None:
        """Called by Connexion with the routing view."""
        base = specification.base_path if base_path is None else base_path
        for path, item in specification["paths"].items():
            for method, node in item.items():
                if method in METHODS:
                    self._trie.add(method, path, node["operationId"], base)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises 405 for a path of the contract that lacks the method."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        match = self._trie.find(scope["method"], scope["path"])
        if match.route is None and match.allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(match.allowed))})
        await self._app(_routed(scope, match), receive, send)


def _routed(scope: Scope, match: Match) -> Scope:
    route = match.route
    if route is None:
        return {**scope, "extensions": {**(scope.get("extensions") or {}), ROUTING_CONTEXT: {}}}
    context = {"api_base_path": route.base_path, "operation_id": route.operation_id}
    extensions = {**(scope.get("extensions") or {}), ROUTING_CONTEXT: context}
    return {**scope, "extensions": extensions, "path_params": dict(zip(route.names, match.values, strict=True))}
