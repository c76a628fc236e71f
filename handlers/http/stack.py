"""The whole edge in one place: Connexion's FlaskApp with the middlewares of this package.

Order: errors, routing, security (when there is a guard), validation, lifespan, operations, and behind them Flask with
the pages that are not in the contract. Everything is compiled when the application is built; a contract and handlers
that do not fit stop it there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import flask
import werkzeug.exceptions
from connexion import FlaskApp
from connexion.apps.abstract import AbstractApp
from connexion.apps.flask import FlaskASGIApp
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.server_error import ServerErrorMiddleware
from connexion.resolver import Resolver
from connexion.spec import Specification

from handlers.errors import add_error_handlers
from handlers.http.binding import Operations, check_binding
from handlers.http.contract import load_document, read, without_absent
from handlers.http.operation import OperationMiddleware
from handlers.http.router import RouterMiddleware
from handlers.http.routing_view import routing_view
from handlers.http.security import Guard, SecurityMiddleware
from handlers.http.validation import ValidationMiddleware

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]
Pages = Callable[[flask.Flask], None]

MIDDLEWARES = [
    ServerErrorMiddleware,
    ExceptionMiddleware,
    RouterMiddleware,
    ValidationMiddleware,
    LifespanMiddleware,
    OperationMiddleware,
]


class _Pages(FlaskASGIApp):  # type: ignore[misc]
    """Flask behind the edge: it has the pages and none of the operations."""

    def add_api(self, specification: Specification, **_: Any) -> None:
        """Called by Connexion; operations are answered before Flask is reached."""


class ContractApp(FlaskApp):  # type: ignore[misc]
    """Connexion's FlaskApp, less the second routing and the views that Connexion would build for each request."""

    def __init__(self, import_name: str, *, lifespan: Lifespan, resolver: Resolver, guarded: bool = False) -> None:
        self._middleware_app = _Pages(import_name, {})
        middlewares: list[Any] = list(MIDDLEWARES)
        if guarded:
            middlewares.insert(middlewares.index(ValidationMiddleware), SecurityMiddleware)
        AbstractApp.__init__(self, import_name, lifespan=lifespan, middlewares=middlewares, resolver=resolver)
        self.app = self._middleware_app.app
        self.app.register_error_handler(werkzeug.exceptions.HTTPException, self._http_exception)


def build_app(
    document_path: Path, operations: Operations, lifespan: Lifespan, pages: Pages, guard: Guard | None = None
) -> ContractApp:
    """The ASGI application of a contract. Raises ContractError, with a sentence for each thing that does not fit.

    Without a guard nothing is asked of anybody, whatever the contract says of security.
    """
    contract = read(without_absent(load_document(document_path), operations))
    check_binding(contract, operations)
    resolver = Resolver(operations.__getitem__)
    app = ContractApp("handlers", lifespan=lifespan, resolver=resolver, guarded=guard is not None)
    add_error_handlers(app)
    pages(app.app)
    app.add_api(routing_view(contract.document), contract=contract, guard=guard)
    return app
