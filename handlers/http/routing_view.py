"""What Connexion is shown of the contract.

Connexion 3.3 loads OpenAPI 3.0 only and refuses 3.1 documents. It gets a skeleton that it can load: servers, paths
and operationIds. Parameters and bodies stay out: they are checked against the untouched 3.1 document (`validation`).
"""

from __future__ import annotations

from typing import Any

from handlers.http.contract import Document, operation_nodes

_INFO = ("title", "version", "description")


def routing_view(document: Document) -> Document:
    """A 3.0.3 document with the same servers, paths, methods and operationIds."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, node in operation_nodes(document):
        paths.setdefault(path, {})[method] = {
            "operationId": node["operationId"],
            "responses": {"default": {"description": "See the contract."}},
        }
    info = {key: value for key, value in document["info"].items() if key in _INFO}
    return {"openapi": "3.0.3", "info": info, "servers": document.get("servers", []), "paths": paths}
