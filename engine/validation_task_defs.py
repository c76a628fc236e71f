"""What a task definition must be to be registered (reference §0.3; texts recorded on 3.32.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.definitions import TaskDef
from engine.errors import Violation


class Minimum(NamedTuple):
    """A field that must not be less than `least`; `{value}` in the message is what was sent."""

    attribute: str
    field: str
    message: str
    least: int = 0


MINIMA = (
    Minimum("retry_count", "retryCount", "TaskDef retryCount: 0 must be >= 0"),
    Minimum(
        "response_timeout_seconds",
        "responseTimeoutSeconds",
        "TaskDef responseTimeoutSeconds: {value} should be minimum 1 second",
        1,
    ),
    Minimum("poll_timeout_seconds", "pollTimeoutSeconds", "TaskDef pollTimeoutSeconds: 0 must be >= 0"),
    Minimum("backoff_scale_factor", "backoffScaleFactor", "Backoff scale factor. Applicable for LINEAR_BACKOFF", 1),
    Minimum("max_retry_delay_seconds", "maxRetryDelaySeconds", "TaskDef maxRetryDelaySeconds: 0 must be >= 0"),
    Minimum("backoff_jitter_ms", "backoffJitterMs", "TaskDef backoffJitterMs: 0 must be >= 0"),
    Minimum("total_timeout_seconds", "totalTimeoutSeconds", "TaskDef totalTimeoutSeconds: 0 must be >= 0"),
)


def validate_task_defs(definitions: Sequence[TaskDef], path: str = "registerTaskDef.arg0") -> list[Violation]:
    """The violations of all definitions of a list, each under its index; an empty list is one itself."""
    if not definitions:
        return [Violation(path, "TaskDefList is empty")]
    return [
        violation
        for index, definition in enumerate(definitions)
        for violation in validate_task_def(definition, f"{path}[{index}]")
    ]


def validate_task_def(definition: TaskDef, path: str = "updateTaskDef.arg0") -> list[Violation]:
    """Everything that is wrong with one task definition; [] when it may be registered."""
    return [*_field_violations(definition, path), *_timeout_violations(definition, path)]


def _field_violations(definition: TaskDef, path: str) -> Iterator[Violation]:
    if not definition.name:
        yield Violation(f"{path}.name", "TaskDef name cannot be null or empty", "")
    for rule in MINIMA:
        value = getattr(definition, rule.attribute)
        if value is not None and value < rule.least:
            yield Violation(f"{path}.{rule.field}", rule.message.format(value=value), str(value))


def _timeout_violations(definition: TaskDef, path: str) -> Iterator[Violation]:
    """The response time-out defaults to an hour, so a `timeoutSeconds` below 3600 alone is refused (api/schemas)."""
    timeout, total = definition.timeout_seconds, definition.total_timeout_seconds
    if 0 < timeout < definition.response_timeout_seconds:
        message = (
            f"TaskDef: {definition.name} responseTimeoutSeconds: {definition.response_timeout_seconds} "
            f"must be less than timeoutSeconds: {timeout}"
        )
        yield Violation(path, message)
    if 0 < total < timeout:
        message = (
            f"TaskDef: {definition.name} timeoutSeconds: {timeout} "
            f"must be less than or equal to totalTimeoutSeconds: {total}"
        )
        yield Violation(path, message)
