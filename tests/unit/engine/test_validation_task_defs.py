"""Registration rules of task definitions; the texts are those of golden errors-taskdefs and of the reference itself."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import TaskDef
from engine.errors import Violation
from engine.validation_task_defs import MINIMA, validate_task_def, validate_task_defs

FIRST = "registerTaskDef.arg0[0]"

FIELDS: list[tuple[str, int, str, str, str | None]] = [
    ("retry_count", -1, ".retryCount", "TaskDef retryCount: 0 must be >= 0", "-1"),
    (
        "response_timeout_seconds",
        0,
        ".responseTimeoutSeconds",
        "TaskDef responseTimeoutSeconds: 0 should be minimum 1 second",
        "0",
    ),
    ("poll_timeout_seconds", -1, ".pollTimeoutSeconds", "TaskDef pollTimeoutSeconds: 0 must be >= 0", "-1"),
    ("backoff_scale_factor", 0, ".backoffScaleFactor", "Backoff scale factor. Applicable for LINEAR_BACKOFF", "0"),
    ("max_retry_delay_seconds", -1, ".maxRetryDelaySeconds", "TaskDef maxRetryDelaySeconds: 0 must be >= 0", "-1"),
    ("backoff_jitter_ms", -1, ".backoffJitterMs", "TaskDef backoffJitterMs: 0 must be >= 0", "-1"),
    ("total_timeout_seconds", -1, ".totalTimeoutSeconds", "TaskDef totalTimeoutSeconds: 0 must be >= 0", "-1"),
    ("timeout_seconds", 60, "", "TaskDef: t responseTimeoutSeconds: 3600 must be less than timeoutSeconds: 60", None),
]

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"retry_count": 1_000},
    {"timeout_seconds": 3600},
    {"timeout_seconds": 60, "response_timeout_seconds": 60, "total_timeout_seconds": 60},
    {"timeout_seconds": 0, "total_timeout_seconds": 1},
    {"poll_timeout_seconds": 0},
    # the reference takes these; they mean "none"
    {"retry_delay_seconds": -1, "concurrent_exec_limit": -1, "rate_limit_per_frequency": -1, "timeout_seconds": -1},
]


@pytest.mark.parametrize(("attribute", "value", "at", "message", "shown"), FIELDS, ids=[case[0] for case in FIELDS])
def test_a_bad_field(attribute: str, value: int, at: str, message: str, shown: str | None) -> None:
    task_def = TaskDef(name="t", **{attribute: value})  # type: ignore[arg-type]
    assert validate_task_defs([task_def]) == [Violation(FIRST + at, message, shown)]


def test_every_minimum_is_tried() -> None:
    assert {rule.attribute for rule in MINIMA} <= {case[0] for case in FIELDS}


@pytest.mark.parametrize("fields", ACCEPTED, ids=str)
def test_a_good_definition(fields: dict[str, Any]) -> None:
    assert validate_task_def(TaskDef(name="t", **fields)) == []


def test_a_definition_needs_a_name() -> None:
    assert validate_task_defs([TaskDef(name="")]) == [
        Violation(f"{FIRST}.name", "TaskDef name cannot be null or empty", "")
    ]


def test_an_empty_list_is_refused() -> None:
    assert validate_task_defs([]) == [Violation("registerTaskDef.arg0", "TaskDefList is empty")]


def test_all_problems_of_all_definitions_are_named() -> None:
    first = TaskDef(name="a", timeout_seconds=60, total_timeout_seconds=50, response_timeout_seconds=70)
    violations = validate_task_defs([first, TaskDef(name="", retry_count=-2)])
    assert [(violation.path, violation.message, violation.invalid_value) for violation in violations] == [
        (FIRST, "TaskDef: a responseTimeoutSeconds: 70 must be less than timeoutSeconds: 60", None),
        (FIRST, "TaskDef: a timeoutSeconds: 60 must be less than or equal to totalTimeoutSeconds: 50", None),
        ("registerTaskDef.arg0[1].name", "TaskDef name cannot be null or empty", ""),
        ("registerTaskDef.arg0[1].retryCount", "TaskDef retryCount: 0 must be >= 0", "-2"),
    ]


def test_one_definition_is_named_by_its_own_argument() -> None:
    assert [violation.path for violation in validate_task_def(TaskDef(name="t", timeout_seconds=5))] == [
        "updateTaskDef.arg0"
    ]
