"""`openapi.yaml` as values: the operations, what each takes and what it answers. References are resolved here, once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from connexion.decorators.parameter import pythonic

Schema = dict[str, Any]
Document = dict[str, Any]

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


class ContractError(Exception):
    """The contract cannot be served; the message names every operation concerned."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path or query parameter; `argument` is its name in Python, `at` where an error says it is."""

    name: str
    argument: str
    where: str
    required: bool
    schema: Schema
    deep: bool = False
    any_case: bool = False
    at: str | None = None
    message: str | None = None

    @property
    def always_given(self) -> bool:
        """True when a handler needs no default for it."""
        return self.required or "default" in self.schema


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: the schema of each media type, in the contract's order; `at` starts the paths of its errors."""

    required: bool
    content: Mapping[str, Schema]
    at: str


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer; `media` is None when it has no body."""

    status: int
    media: str | None


@dataclass(frozen=True, slots=True)
class Credential:
    """Where a request carries its token: a header, in lower case, and the word that stands before it or nothing."""

    header: bytes
    word: str

    def __str__(self) -> str:
        name = self.header.decode("latin-1").title()
        return f"{name}: {self.word.capitalize()}" if self.word else name

    def token(self, text: str) -> str:
        """The token in the text of that header, empty when there is none. `Bearer` may always stand before it."""
        word, blank, token = text.strip().partition(" ")
        if blank and word.lower() == (self.word or "bearer"):
            return token.strip()
        return "" if self.word else text.strip()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. It is open to everybody when it has no credentials; one of them is enough."""

    operation_id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[Response, ...]
    credentials: tuple[Credential, ...] = ()

    def __str__(self) -> str:
        return f"{self.operation_id} ({self.method.upper()} {self.path})"


@dataclass(frozen=True, slots=True)
class Contract:
    """The document, its integer formats made ranges, and its operations by operationId."""

    document: Document
    operations: Mapping[str, Operation]


def load_document(path: Path) -> Document:
    """The YAML document at `path`. Raises ContractError when there is none or it is not a mapping."""
    try:
        document = yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, yaml.YAMLError) as error:
        raise ContractError(f"The contract {path.name} cannot be read: {error}") from error
    if not isinstance(document, dict) or "paths" not in document:
        raise ContractError(f"The contract {path.name} is not an OpenAPI document: it has no paths.")
    return document


def read(document: Document) -> Contract:
    """The operations of a document. Raises ContractError for what this edge cannot serve."""
    document = _bounded(document)
    operations: dict[str, Operation] = {}
    for path, method, node in operation_nodes(document):
        operation = _operation(document, path, method, node)
        if operation.operation_id in operations:
            raise ContractError(f"Two operations are called {operation.operation_id}; the second is {path}.")
        operations[operation.operation_id] = operation
    return Contract(document, operations)


def without_absent(document: Document, served: Collection[str]) -> Document:
    """The same document less the operations that say `x-optional` and are not served; the others have to be."""
    absent = [
        (path, method)
        for path, method, node in operation_nodes(document)
        if node.get("x-optional") and node.get("operationId") not in served
    ]
    paths = {
        path: {key: value for key, value in item.items() if (path, key) not in absent}
        for path, item in document["paths"].items()
    }
    return {**document, "paths": {path: item for path, item in paths.items() if item}}


def operation_nodes(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and node of every operation, in the contract's order."""
    for path, item in document["paths"].items():
        for method, node in item.items():
            if method in METHODS:
                yield path, method, node


def resolve(document: Document, node: dict[str, Any]) -> dict[str, Any]:
    """The node that a `$ref` leads to, or the node itself."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            try:
                target = target[part.replace("~1", "/").replace("~0", "~")]
            except (KeyError, TypeError):
                raise ContractError(f"The contract refers to {node['$ref']}, which does not exist.") from None
        node = target
    return node


def _bounded(node: Any) -> Any:
    """The same schema with the integer formats as ranges (for JSON Schema a format is only a remark)."""
    if isinstance(node, list):
        return [_bounded(part) for part in node]
    if not isinstance(node, dict):
        return node
    ranges = _RANGES.get(node["format"]) if isinstance(node.get("format"), str) else None
    limits = {"minimum": ranges[0], "maximum": ranges[1]} if ranges else {}
    return {**limits, **{key: _bounded(value) for key, value in node.items()}}


def _operation(document: Document, path: str, method: str, node: dict[str, Any]) -> Operation:
    operation_id = node.get("operationId")
    if not operation_id:
        raise ContractError(f"{method.upper()} {path} has no operationId.")
    shared = document["paths"][path].get("parameters", [])
    parameters = [resolve(document, parameter) for parameter in [*shared, *node.get("parameters", [])]]
    return Operation(
        operation_id,
        method,
        path,
        tuple(_parameter(document, operation_id, parameter) for parameter in parameters),
        _body(document, operation_id, node),
        tuple(_responses(document, operation_id, node)),
        tuple(_credentials(document, operation_id, node)),
    )


def _parameter(document: Document, operation_id: str, node: dict[str, Any]) -> Parameter:
    schema = resolve(document, node.get("schema", {}))
    if node["in"] not in ("path", "query"):
        raise ContractError(
            f"{operation_id}: parameter {node['name']} is in {node['in']}; only path and query are read."
        )
    if not isinstance(schema.get("type"), str):
        raise ContractError(f"{operation_id}: parameter {node['name']} needs one schema type.")
    return Parameter(
        name=node["name"],
        argument=pythonic(node["name"]),
        where=node["in"],
        required=node.get("required", False),
        schema=schema,
        deep=node.get("style") == "deepObject",
        any_case=node.get("x-any-case", False),
        at=node.get("x-argument"),
        message=node.get("x-message"),
    )


def _body(document: Document, operation_id: str, node: dict[str, Any]) -> Body | None:
    if "requestBody" not in node:
        return None
    body = resolve(document, node["requestBody"])
    content = {media.lower(): value.get("schema", {}) for media, value in body["content"].items()}
    return Body(body.get("required", False), content, body.get("x-argument", f"{operation_id}.body"))


def _responses(document: Document, operation_id: str, node: dict[str, Any]) -> Iterator[Response]:
    good = {code: value for code, value in node.get("responses", {}).items() if str(code).startswith("2")}
    if not good:
        raise ContractError(f"{operation_id} has no successful response.")
    for code, value in good.items():
        media = resolve(document, value).get("content")
        yield Response(int(code), next(iter(media)) if media else None)


def _credentials(document: Document, operation_id: str, node: dict[str, Any]) -> Iterator[Credential]:
    """One for each alternative of `security`. An empty alternative only says that authentication may be off."""
    for alternative in node["security"] if "security" in node else document.get("security", []):
        if len(alternative) > 1:
            raise ContractError(f"{operation_id} asks for {' and '.join(alternative)} at once; this server takes one.")
        for name in alternative:
            yield _credential(document, operation_id, name)


def _credential(document: Document, operation_id: str, name: str) -> Credential:
    scheme = document.get("components", {}).get("securitySchemes", {}).get(name, {})
    if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
        return Credential(scheme["name"].lower().encode("latin-1"), "")
    if scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer":
        return Credential(b"authorization", "bearer")
    raise ContractError(f"{operation_id} declares security {name}, which this server would not enforce.")
