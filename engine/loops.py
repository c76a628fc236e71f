"""What a DO_WHILE shows of its iterations (§2.9).

An open loop's row holds only where it stands: `iteration`, and with items `loopIndex` and `loopItem`. The outputs of
its iterations are put together from the body's rows when somebody looks, and stored once when the loop ends, so a turn
of a loop costs the same in its tenth and in its ten-thousandth iteration.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from engine.definitions import JsonObject
from engine.graph import Graph
from engine.model import Task
from engine.rows import Rows

STATE = ("iteration", "loopIndex", "loopItem")
"""The keys of an open loop's output."""


def state(loop: Task) -> JsonObject:
    """Where a loop stands."""
    return {key: loop.output_data[key] for key in STATE if key in loop.output_data}


def iteration_output(rows: Rows, graph: Graph, loop: Task, iteration: int) -> JsonObject:
    """The newest output of each body node of one iteration, by plain reference name."""
    suffix = f"{loop.reference_task_name[len(loop.node) :]}__{iteration}"
    found = ((reference, rows.newest(reference + suffix)) for reference in graph.body(loop.node))
    return {reference: row.output_data for reference, row in found if row is not None}


def whole_output(rows: Rows, graph: Graph, loop: Task, through: int) -> JsonObject:
    """The state and the outputs of all iterations that are kept when one of them is over."""
    output = state(loop)
    for iteration in range(first_kept(loop, through), through + 1):
        output[str(iteration)] = iteration_output(rows, graph, loop, iteration)
    return output


def first_kept(loop: Task, through: int) -> int:
    """The first iteration that `keepLastN` leaves when another one is over."""
    kept = keep_last(loop.input_data)
    return max(1, through - kept + 1) if kept else 1


def keep_last(given: JsonObject) -> int | None:
    """`keepLastN` as a number, also when it is written as text (N5); None when there is none or it makes no sense."""
    value = given.get("keepLastN")
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def shown(rows: Rows, graph: Graph, task: Task) -> Task:
    """The task as clients and references see it: an open loop with the outputs of its finished iterations."""
    if task.task_type != "DO_WHILE" or task.status.terminal:
        return task
    return msgspec.structs.replace(task, output_data=whole_output(rows, graph, task, task.iteration - 1))


def broken_off(rows: Rows, graph: Graph, task: Task, by: Task | None) -> JsonObject:
    """The output of a loop that is cancelled: of the iterations before, and of the present one where `by`, a row of
    the engine's own, has ended the workflow. A TERMINATE in it has put nothing out yet.
    """
    if by is None:
        return whole_output(rows, graph, task, task.iteration - 1)
    output = whole_output(rows, graph, task, task.iteration)
    if by.task_type == "TERMINATE" and by.loop_task_id == task.task_id:
        output[str(task.iteration)][by.node] = {}
    return output


@lru_cache(maxsize=4096)
def reads_iterations(text: str, loop: str) -> bool:
    """True when a text may read more of a loop's output than its state: then it must be put together for it.

    `text` is a definition as JSON, or a condition. Cautious: what it does not understand counts as reading.
    """
    name = re.escape(loop)
    states = "|".join(STATE)
    in_template = rf"\b{name}\b(?!(?:__\d+)|\"|\.output\.(?:{states})\b|\.(?:status|taskId|iteration|retryCount)\b)"
    in_script = rf"\$\.{name}\b(?!\.(?:{states})\b|\[['\"](?:{states})['\"]\])"
    return bool(re.search(rf"\$\{{[^}}]*{in_template}", text) or re.search(in_script, text))
