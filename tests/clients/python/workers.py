"""Workers as users of the SDK write them; its own processes run them."""

# No `from __future__ import annotations`: the SDK looks at the types of parameters.

from typing import Any

from conductor.client.context.task_context import get_task_context
from conductor.client.worker.exception import NonRetryableException
from conductor.client.worker.worker_task import worker_task

ADD, FLAKY, DOOMED = "python_add", "python_flaky", "python_doomed"


@worker_task(task_definition_name=ADD, poll_interval_millis=20)  # type: ignore[untyped-decorator]
def add(a: int, b: int) -> dict[str, Any]:
    """A plain worker with a log line."""
    get_task_context().add_log(f"adding {a} and {b}")
    return {"sum": a + b}


@worker_task(task_definition_name=FLAKY, poll_interval_millis=20)  # type: ignore[untyped-decorator]
def flaky() -> str:
    """Fails at the first attempt; a plain value becomes `result`."""
    if get_task_context().get_retry_count() == 0:
        raise RuntimeError("not the first time")
    return "second time"


@worker_task(task_definition_name=DOOMED, poll_interval_millis=20)  # type: ignore[untyped-decorator]
def doomed() -> str:
    """Fails for good."""
    raise NonRetryableException("cannot be done")
