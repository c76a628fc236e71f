"""What can go wrong, as one small tree; `handlers.errors` maps each class to a status and a body.

ConductorError
├── NotFound             404  the object that the request names does not exist
├── Conflict             409  the object is in a state that does not allow this
│   ├── AlreadyExists    409  an object of that name exists
│   └── IllegalTransition 409  a status change that `engine.transitions` does not list
├── InvalidInput         400  the request itself is wrong; carries every violation found
├── PayloadTooLarge      413  a body above the limit of the server
├── QueueFull            429  as much waits there as may; the client may retry
└── Unavailable          503  the store cannot answer now; the client may retry
    └── VersionConflict  503  another writer committed this workflow first (the runner retries)
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class ConductorError(Exception):
    """The request could not be done."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)

    @property
    def message(self) -> str:
        """The sentence for the person who reads the answer."""
        return str(self)


class NotFound(ConductorError):
    """There is no such object."""


class Conflict(ConductorError):
    """The present state does not allow this."""


class AlreadyExists(Conflict):
    """An object of that name exists already."""


class IllegalTransition(Conflict):
    """That status may not follow the present one."""


class Violation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One thing that is wrong with an input: where, what, and the value if it is a scalar."""

    path: str
    message: str
    invalid_value: str | None = None


class InvalidInput(ConductorError):
    """The request is not valid."""

    def __init__(self, message: str | None = None, violations: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.violations = tuple(violations)


class PayloadTooLarge(ConductorError):
    """The body is larger than the server accepts."""


class QueueFull(ConductorError):
    """As much waits there as may; try again when some of it has been taken."""


class Unavailable(ConductorError):
    """The store cannot answer at the moment; try again."""


class VersionConflict(Unavailable):
    """Another writer changed this workflow first."""
