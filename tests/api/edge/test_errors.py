"""Errors as answers (api/errors)."""

from __future__ import annotations

import pytest

from engine import errors
from engine.errors import ConductorError, InvalidInput, Violation
from handlers.errors import STATUSES, body_of, status_of


def subclasses(base: type[ConductorError]) -> list[type[ConductorError]]:
    return [base, *(inner for direct in base.__subclasses__() for inner in subclasses(direct))]


def test_every_error_of_the_engine_has_a_status_but_the_root() -> None:
    without = {error for error in subclasses(ConductorError) if not any(base in STATUSES for base in error.__mro__)}
    assert without == {ConductorError}


@pytest.mark.parametrize(
    ("error", "status", "retryable"),
    [
        (errors.NotFound("gone"), 404, False),
        (errors.AlreadyExists("twice"), 409, False),
        (errors.IllegalTransition("no"), 409, False),
        (errors.InvalidInput("bad"), 400, False),
        (errors.PayloadTooLarge("big"), 413, False),
        (errors.Unavailable("later"), 503, True),
        (errors.VersionConflict("again"), 503, True),
        (ConductorError("odd"), 500, False),
    ],
)
def test_an_error_has_the_body_of_the_reference(error: ConductorError, status: int, retryable: bool) -> None:
    body = body_of(error)
    assert body.pop("instance")
    assert body == {"status": status, "message": error.message, "retryable": retryable}
    assert status_of(error) == status


def test_violations_are_listed_and_the_instance_is_left_out() -> None:
    found = [Violation("a.arg0.name", "is empty", ""), Violation("a.arg0", "is odd")]
    assert body_of(InvalidInput("Validation failed", found)) == {
        "status": 400,
        "message": "Validation failed",
        "retryable": False,
        "validationErrors": [
            {"path": "a.arg0.name", "message": "is empty", "invalidValue": ""},
            {"path": "a.arg0", "message": "is odd"},
        ],
    }
