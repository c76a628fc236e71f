"""The middleware between routing and operations: what a request holds, checked against the contract, as arguments."""

from __future__ import annotations

from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.http.body import NO_BODY, BodyReader, ClientGone
from handlers.http.contract import Contract, Operation
from handlers.http.parameters import ParametersReader

ARGUMENTS = "segue.arguments"
"""Where in the scope's extensions the arguments of the handler stand."""

BODY = "body"
"""The name of the argument that takes the request body."""


class RequestReader:
    """The request of one operation, compiled."""

    def __init__(self, operation: Operation, contract: Contract, next_app: ASGIApp) -> None:
        self._next_app = next_app
        self._parameters = ParametersReader(operation.parameters, contract.document)
        self._body = BodyReader(operation.body, contract.document) if operation.body is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what the readers raise; a body that the contract does not declare is not looked at (Q1)."""
        arguments = self._parameters.read(scope["path_params"], scope["query_string"])
        if self._body is not None:
            try:
                body = await self._body.read(scope["headers"], receive)
            except ClientGone:
                return
            if body is not NO_BODY:
                arguments[BODY] = body
        scope["extensions"][ARGUMENTS] = arguments
        await self._next_app(scope, receive, send)


class _ValidationAPI(RoutedAPI):  # type: ignore[misc]
    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._contract = contract
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> RequestReader:
        return RequestReader(self._contract.operations[operation.operation_id], self._contract, self.next_app)


class ValidationMiddleware(RoutedMiddleware):  # type: ignore[misc]
    """Takes the place of Connexion's request validation."""

    api_cls = _ValidationAPI
