"""Workers as users of the SDK write them; `python -m tests.acceptance.workers URL LEDGER` runs them.

Every execution of a task is one line of the ledger file, so that a task handed out twice is seen even when the server
would ignore its second result.
"""

# No `from __future__ import annotations`: the SDK looks for parameters whose annotation *is* Task.

import argparse
import os
import sys
import threading
from pathlib import Path
from typing import Any

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.context.task_context import get_task_context
from conductor.client.http.models import Task, TaskDef, TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.exception import NonRetryableException
from conductor.client.worker.worker import Worker
from conductor.client.worker.worker_task import worker_task

LEDGER_VARIABLE = "ACCEPTANCE_LEDGER"
FLEET_THREADS = 10


def note(task_id: str) -> None:
    """Add one line to the ledger; appends of this size are atomic between processes."""
    ledger = os.environ[LEDGER_VARIABLE]  # noqa: TID251 - the SDK's worker processes inherit nothing else
    handle = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, f"{task_id} {os.getpid()} {threading.get_ident()}\n".encode())
    finally:
        os.close(handle)


GREET_DEF = TaskDef(name="greet", retry_count=2, retry_delay_seconds=0, timeout_seconds=0, response_timeout_seconds=60)


@worker_task("greet", poll_interval_millis=10, register_task_def=True, task_def=GREET_DEF)  # type: ignore[untyped-decorator]
def greet(name: str) -> dict[str, Any]:
    """A synchronous worker that registers its task definition."""
    context = get_task_context()
    note(context.get_task_id())
    context.add_log(f"greeting {name}")
    return {"greeting": f"Hello {name}", "attempt": context.get_retry_count()}


@worker_task(task_definition_name="count_letters", poll_interval_millis=10)  # type: ignore[untyped-decorator]
async def count_letters(text: str) -> int:
    """An asynchronous worker; its plain value becomes `result`."""
    note(get_task_context().get_task_id())
    return len(text)


@worker_task(task_definition_name="fails_once", poll_interval_millis=10)  # type: ignore[untyped-decorator]
def fails_once(final: bool = False) -> str:
    """An exception is a FAILED task with logs; NonRetryableException fails it for good."""
    context = get_task_context()
    note(context.get_task_id())
    if final:
        raise NonRetryableException("cannot be done")
    if context.get_retry_count() == 0:
        raise RuntimeError("not the first time")
    return "second time"


def fleet_worker(task: Task) -> TaskResult:
    """The older style: a Task in, a TaskResult out."""
    note(task.task_id)
    answer: TaskResult = task.to_task_result(TaskResultStatus.COMPLETED)
    answer.output_data = {"n": task.input_data["n"]}
    return answer


def fleet(kind: str) -> Worker:
    """One worker of the fleet with ten tasks at a time."""
    return Worker(kind, fleet_worker, poll_interval=10, thread_count=FLEET_THREADS, worker_id=f"worker-of-{kind}")


def main() -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--fleet", nargs="*", default=[], help="task types: one plain worker each, nothing else")
    options = parser.parse_args()
    os.environ[LEDGER_VARIABLE] = str(options.ledger)  # noqa: TID251 - as above
    configuration = Configuration(server_api_url=options.url)
    workers = [fleet(kind) for kind in options.fleet]
    with TaskHandler(workers, configuration, scan_for_annotated_workers=not workers) as handler:
        handler.start_processes()
        sys.stdin.read()


if __name__ == "__main__":
    # Worker processes import this module by its name; as __main__ they would not find its functions.
    from tests.acceptance import workers

    workers.main()
