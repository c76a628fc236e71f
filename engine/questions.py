"""What the core asks of the shell while it decides, sans I/O: `answer = yield question`.

A decision is a generator: it yields questions, is sent their answers, and returns when it is done. Whoever drives it
(`engine.runner`, or a test) may answer at once or after a wait; it holds the workflow's lock meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import msgspec

from engine.definitions import Json, WorkflowTask


class Evaluate(msgspec.Struct, frozen=True):
    """The value of an expression in another language. Answer: `Evaluated`."""

    language: str
    expression: str
    data: Json


class Evaluated(msgspec.Struct, frozen=True):
    """A value, or the error text when `error` is not None."""

    value: Json = None
    error: str | None = None
    interrupted: bool = False
    """The error is that it took too long or its process ended; another attempt may fare better."""


class WorkerActive(msgspec.Struct, frozen=True):
    """Has a worker polled this task type in this domain a moment ago (§4.8)? Answer: bool."""

    task_type: str
    domain: str


class MissingDefinition(msgspec.Struct, frozen=True):
    """Can this workflow be started? Answer: None, or the sentence that says why not."""

    name: str
    version: int | None = None


class Jitter(msgspec.Struct, frozen=True):
    """A random whole number from 0 to `limit`, inclusive. Answer: int."""

    limit: int


class Complete(msgspec.Struct, frozen=True):
    """Nodes made at run time, each with the task definition that counts for it (§2.0.6). Answer: list[WorkflowTask]."""

    nodes: tuple[WorkflowTask, ...]


Question = Evaluate | WorkerActive | MissingDefinition | Complete | Jitter
T = TypeVar("T")
Steps = Generator[Question, Any, T]
