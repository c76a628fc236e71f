"""What a worker of the server does with one task, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from engine.definitions import JsonObject
from engine.model import Task, Workflow
from engine.status import TaskStatus


class Outcome(msgspec.Struct, frozen=True):
    """How a task went: COMPLETED, FAILED, FAILED_WITH_TERMINAL_ERROR, or IN_PROGRESS when others will end it."""

    status: TaskStatus
    output: JsonObject = {}
    reason: str | None = None


Work = Callable[[Task, Workflow], Awaitable[Outcome]]
"""Does one task, again if a crash came between. `Unavailable` means: try again later; any other exception fails the
task with its text.
"""


def failed(reason: str, output: JsonObject | None = None, *, terminal: bool = False) -> Outcome:
    """The task failed; `terminal` rules a retry out."""
    status = TaskStatus.FAILED_WITH_TERMINAL_ERROR if terminal else TaskStatus.FAILED
    return Outcome(status, output or {}, reason)
