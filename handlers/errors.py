"""What goes wrong, as answers: one table, one body (api/errors).

    {"status": 404, "message": "...", "instance": "host", "retryable": false}

A request that is wrong in several places says so in `validationErrors` and, as in the reference, has no `instance`.
One that may not be made has the code in `error` by which clients renew their token.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import structlog
from connexion import FlaskApp
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from engine.errors import ConductorError, Conflict, InvalidInput, NotFound, PayloadTooLarge, QueueFull, Unavailable
from handlers.http.security import Refused, Unauthenticated

STATUSES: Mapping[type[BaseException], int] = MappingProxyType(
    {
        NotFound: 404,
        Conflict: 409,
        InvalidInput: 400,
        PayloadTooLarge: 413,
        QueueFull: 429,
        Unavailable: 503,
        Refused: 403,
        Unauthenticated: 401,
    }
)
"""A class that is not listed answers as the nearest of its bases; none of them: 500."""

UNEXPECTED = "An unexpected error. The log of the server tells more."

_INSTANCE = socket.gethostname()
_log = structlog.get_logger("http")


def status_of(error: BaseException) -> int:
    """The status for an error."""
    return next((STATUSES[base] for base in type(error).__mro__ if base in STATUSES), 500)


def error_body(status: int, message: str, retryable: bool = False) -> dict[str, Any]:
    """The body of every error but validation."""
    return {"status": status, "message": message, "instance": _INSTANCE, "retryable": retryable}


def body_of(error: ConductorError) -> dict[str, Any]:
    """The body for an error of the engine."""
    status = status_of(error)
    if isinstance(error, InvalidInput) and error.violations:
        return {
            "status": status,
            "message": error.message,
            "retryable": False,
            "validationErrors": [msgspec.to_builtins(violation) for violation in error.violations],
        }
    return error_body(status, error.message, isinstance(error, QueueFull | Unavailable))


def add_error_handlers(app: FlaskApp) -> None:
    """Make every error of an application leave in this shape."""
    app.add_error_handler(ConductorError, _expected)
    app.add_error_handler(Refused, _refused)
    app.add_error_handler(HTTPException, _http)
    app.add_error_handler(Exception, _unexpected)


async def _expected(request: ConnexionRequest, error: ConductorError) -> ConnexionResponse:
    if status_of(error) >= 500:
        _log.error("request failed", method=request.method, path=request.url.path, reason=error.message)
    return _response(body_of(error))


async def _refused(_request: ConnexionRequest, error: Refused) -> ConnexionResponse:
    body = {**error_body(status_of(error), error.message), "error": error.code}
    return _response(body, {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else None)


async def _http(request: ConnexionRequest, error: HTTPException) -> ConnexionResponse:
    message = error.detail
    if error.status_code == 404:
        message = f"There is nothing at {request.method} {request.url.path}."
    elif error.status_code == 405:
        message = f"Request method '{request.method}' is not supported"
    return _response(error_body(error.status_code, message), error.headers)


async def _unexpected(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return _response(error_body(500, UNEXPECTED))


def _response(body: dict[str, Any], headers: Mapping[str, str] | None = None) -> ConnexionResponse:
    return ConnexionResponse(
        status_code=body["status"],
        mimetype="application/json",
        body=msgspec.json.encode(body),
        headers=dict(headers or {}),
    )
