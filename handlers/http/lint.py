"""What is wrong with a contract: openapi-spec-validator, and what that does not see (reference/http-stack).

python -m handlers.http.lint [openapi.yaml]
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from handlers.http.contract import ContractError, Document, load_document, operation_nodes, read
from handlers.http.schemas import SchemaCheck

CONTRACT = Path(__file__).parents[2] / "openapi.yaml"

_TEMPLATE = re.compile(r"\{[^}]*\}")


def problems(document: Document) -> list[str]:
    """Everything found, one sentence each; an empty list for a sound contract."""
    return [
        *_specification(document),
        *_unservable(document),
        *_equivalent_templates(document),
        *_undeclared_path_parameters(document),
        *_schemas(document),
        *_undeclared_refusals(document),
    ]


def _specification(document: Document) -> Iterator[str]:
    try:
        for error in OpenAPIV31SpecValidator(document).iter_errors():
            yield f"{'/'.join(map(str, error.path))}: {error.message.splitlines()[0][:200]}"
    except Exception as error:  # a dangling $ref or an integer response key crashes the validator
        yield f"The document cannot be checked: {type(error).__name__}: {str(error)[:200]}"


def _unservable(document: Document) -> Iterator[str]:
    try:
        read(document)
    except ContractError as error:
        yield str(error)


def _equivalent_templates(document: Document) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path in document["paths"]:
        first = seen.setdefault(_TEMPLATE.sub("{}", path), path)
        if first != path:
            yield f"{first} and {path} are the same path by two names; make them one path item."


def _undeclared_path_parameters(document: Document) -> Iterator[str]:
    """The specification's validator looks at operations; a name that is only misspelt may pass there."""
    for path, method, node in operation_nodes(document):
        parameters = [*document["paths"][path].get("parameters", []), *node.get("parameters", [])]
        declared = {parameter.get("name") for parameter in parameters if parameter.get("in") == "path"}
        wanted = {template.group()[1:-1] for template in _TEMPLATE.finditer(path)}
        if declared != wanted:
            yield f"{method.upper()} {path} has parameters {sorted(wanted)} and declares {sorted(map(str, declared))}."


def _undeclared_refusals(document: Document) -> Iterator[str]:
    for path, method, node in operation_nodes(document):
        missing = [code for code in ("401", "403") if code not in node.get("responses", {})]
        if missing and node.get("security", document.get("security")):
            yield f"{method.upper()} {path} may ask for a token and does not declare {' and '.join(missing)}."


def _schemas(document: Document) -> Iterator[str]:
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        if '"nullable"' in json.dumps(schema):
            yield f"Schema {name} says `nullable`, which OpenAPI 3.1 does not know; use type: [..., 'null']."
        yield from _required_but_undeclared(name, schema)
        try:
            SchemaCheck({"$ref": f"#/components/schemas/{name}"}, document, name)
        except ValueError as error:
            yield f"Schema {name} cannot be compiled: {str(error).splitlines()[0][:200]}"


def _required_but_undeclared(name: str, schema: dict[str, Any]) -> Iterator[str]:
    for missing in sorted(set(schema.get("required", [])) - set(schema.get("properties", {}))):
        yield f"Schema {name} requires {missing}, which is not one of its properties."


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is wrong with a contract; 1 when something is."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    path = Path(given[0]) if given else CONTRACT
    found = problems(load_document(path))
    sys.stdout.write("\n".join(found or [f"{path.name}: no problems"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
