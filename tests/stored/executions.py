"""Ended executions as the lines of an export: eight months of a shop with an assistant, the same from the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from engine.catalog import SNAPSHOT
from engine.definitions import WorkflowDef, WorkflowTask
from engine.model import Task, Workflow, summary_of
from engine.status import TaskStatus, WorkflowStatus
from engine.transfer import Definition, Execution
from handlers.export_lines import Line, encoded

FIRST, LAST = 1_740_000_000_000, 1_760_000_000_000
"""When the first and the last execution start, in epoch milliseconds."""


class Kind(NamedTuple):
    """A workflow type: its share of all executions, and its tasks as (task definition, type)."""

    name: str
    share: int
    tasks: tuple[tuple[str, str], ...]
    classifier: str | None = None
    child: bool = False
    """Its executions have parents."""


KINDS = (
    Kind("order", 30, (("reserve_stock", "SIMPLE"), ("charge_card", "SIMPLE"), ("send_mail", "SIMPLE"))),
    Kind("payment", 25, (("check_fraud", "SIMPLE"), ("book_payment", "HTTP")), child=True),
    Kind("shipment", 20, (("pick", "SIMPLE"), ("pack", "SIMPLE"), ("call_carrier", "HTTP"), ("track", "WAIT"))),
    Kind("refund", 14, (("approve", "HUMAN"), ("return_money", "HTTP")), child=True),
    Kind("assistant", 11, (("think", "SIMPLE"), ("use_tool", "HTTP"), ("answer", "SIMPLE")), classifier="agent"),
)
ENDS = (
    (WorkflowStatus.COMPLETED, TaskStatus.COMPLETED, 80),
    (WorkflowStatus.FAILED, TaskStatus.FAILED, 12),
    (WorkflowStatus.TERMINATED, TaskStatus.CANCELED, 5),
    (WorkflowStatus.TIMED_OUT, TaskStatus.TIMED_OUT, 3),
)
"""How executions end, how their last task does then, and in how many of a hundred cases."""


def definitions() -> Iterator[bytes]:
    """The lines of the definitions that the executions ran on."""
    for kind in KINDS:
        nodes = [WorkflowTask(name=name, task_reference_name=name, type=of) for name, of in kind.tasks]
        metadata = {"classifier": kind.classifier} if kind.classifier else {}
        body = encoded(WorkflowDef(name=kind.name, tasks=nodes, metadata=metadata)).decode()
        yield encoded(Line(document=Definition(SNAPSHOT, kind.name, body))) + b"\n"


def lines(count: int, spread_over: int, seed: int) -> Iterator[bytes]:
    """So many executions as lines, out of `spread_over` that fill the time from `FIRST` to `LAST` evenly."""
    chance = Random(seed)
    every = spread_over / count
    for number in range(count):
        yield encoded(Line(execution=execution(int(number * every), spread_over, chance))) + b"\n"


def identity(number: int, spread_over: int, role: int = 0) -> str:
    """The id of an execution or, with a role, of one of its tasks: a UUID of version 7, as the server makes them."""
    digits = f"{_start(number, spread_over):012x}"
    return f"{digits[:8]}-{digits[8:]}-7{role:03x}-8{number >> 48:03x}-{number & (1 << 48) - 1:012x}"


def correlation(number: int) -> str:
    """What an execution belongs to: two have the same."""
    return f"customer-{number // 2}"


def _start(number: int, spread_over: int) -> int:
    return FIRST + (LAST - FIRST) * number // spread_over


def execution(number: int, spread_over: int, chance: Random) -> Execution:
    """One of them, with a summary as the server writes it."""
    (kind,) = chance.choices(KINDS, [kind.share for kind in KINDS])
    (end,) = chance.choices(ENDS, [share for *_, share in ENDS])
    start = _start(number, spread_over)
    name, status = identity(number, spread_over), end[0]
    rows = _tasks(number, spread_over, kind, end[1], chance)
    ended = rows[-1].end_time
    failed = [rows[-1].reference_task_name] if status is WorkflowStatus.FAILED else []
    header = Workflow(
        name, kind.name, 1, kind.name, status=status, version=1, create_time=start, update_time=ended, end_time=ended,
        input={"customer": number % 10_007, "amount": chance.randrange(100_000), "note": "as agreed by telephone"},
        output={"last": rows[-1].output_data}, correlation_id=correlation(number), priority=number % 3,
        parent_workflow_id=identity(max(0, number - 1), spread_over) if kind.child else None,
        failed_reference_task_names=failed, failed_task_names=failed, last_seq=len(rows),
        reason_for_incompletion="the other side has refused" if failed else None,
    )  # fmt: skip
    return Execution(header, rows, summary_of(header, kind.classifier))


def _tasks(number: int, spread_over: int, kind: Kind, last: TaskStatus, chance: Random) -> tuple[Task, ...]:
    at, rows = _start(number, spread_over), []
    reached = len(kind.tasks) if last is TaskStatus.COMPLETED else chance.randrange(2, len(kind.tasks) + 1)
    for seq, (name, of) in enumerate(kind.tasks[:reached], 1):
        began = at + chance.randrange(5, 2_000)
        ended = began + chance.randrange(10, 60_000)
        row = Task(
            identity(number, spread_over, seq), identity(number, spread_over), name, name if of == "SIMPLE" else of,
            name, seq, status=last if seq == reached else TaskStatus.COMPLETED, rev=1, node=name, executed=True,
            input_data={"customer": number % 10_007, "attempt": seq}, output_data={"result": chance.getrandbits(20)},
            scheduled_time=at, start_time=began, end_time=ended, update_time=ended, poll_count=1,
            correlation_id=correlation(number), workflow_type=kind.name, worker_id=f"worker-{number % 20}",
        )  # fmt: skip
        rows.append(row)
        at = ended
    return tuple(rows)
