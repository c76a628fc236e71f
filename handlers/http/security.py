"""The middleware that enforces the contract's `security`: before anything else of a request is read."""

from __future__ import annotations

from typing import Any, Protocol

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.errors import ConductorError
from handlers.http.body import Headers
from handlers.http.contract import Contract, Credential


class Refused(ConductorError):
    """The request may not be made. `code` is what clients look at (api/errors): they renew EXPIRED_TOKEN and
    INVALID_TOKEN, and give up on anything else."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unauthenticated(Refused):
    """It is not known who asks."""


class Forbidden(Refused):
    """It is known who asks, and this is not for them."""


class Guard(Protocol):
    """Decides about tokens."""

    def admit(self, token: str) -> None:
        """Return if the token is accepted; raises `Refused`."""
        ...


class SecuredOperation:
    """The door of one operation; one that the contract leaves open lets everybody in."""

    def __init__(self, credentials: tuple[Credential, ...], guard: Guard, next_app: ASGIApp) -> None:
        self._credentials = credentials
        self._guard = guard
        self._next_app = next_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `Refused`."""
        if self._credentials:
            self._guard.admit(self._token(scope["headers"]))
        await self._next_app(scope, receive, send)

    def _token(self, headers: Headers) -> str:
        given = dict(headers)
        for credential in self._credentials:
            token = credential.token(given.get(credential.header, b"").decode("latin-1"))
            if token:
                return token
        names = " or ".join(str(credential) for credential in self._credentials)
        # Also a client that could not get a token before asks for one now.
        raise Unauthenticated("INVALID_TOKEN", f"This needs a token, in the header {names}.")


class _SecurityAPI(RoutedAPI):  # type: ignore[misc]
    def __init__(self, *args: Any, contract: Contract, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._contract = contract
        self._guard = guard
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> SecuredOperation:
        credentials = self._contract.operations[operation.operation_id].credentials
        return SecuredOperation(credentials, self._guard, self.next_app)


class SecurityMiddleware(RoutedMiddleware):  # type: ignore[misc]
    """Takes the place of Connexion's own; part of the stack only when there is a guard."""

    api_cls = _SecurityAPI
