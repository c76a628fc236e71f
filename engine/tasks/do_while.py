"""DO_WHILE: its body once per iteration, as long as a condition holds or items are left (§2.9). Loops may be nested."""

from __future__ import annotations

from collections.abc import Iterable

from engine.definitions import Json, JsonObject, WorkflowTask
from engine.draft import Attempt, Draft, Scope, replace
from engine.loops import keep_last, reads_iterations, state, whole_output
from engine.model import Task
from engine.parameters import task_input
from engine.questions import Evaluate, Evaluated, Steps
from engine.rows import finished
from engine.status import TaskStatus
from engine.tasks.base import TaskType, asks_nothing, own_input, started
from engine.template import compile_template

MOST_TURNS = 1000
"""Turns of loops in one decision. Then it is stored, where it can be seen and ended, and the next one goes on (P10)."""


def _create(draft: Draft, node: WorkflowTask, scope: Scope, attempt: Attempt) -> Task:
    row = started(draft, node, scope, attempt)
    row = replace(row, input_data=own_input(draft, node, attempt, row.task_id), iteration=1)
    items = _items(draft, node, row)
    if items == []:
        empty = replace(row, iteration=0, status=TaskStatus.COMPLETED, end_time=draft.now)
        return draft.add(replace(empty, output_data={"iteration": 0}))
    if row.input_data.get("keepLastN") is not None and keep_last(row.input_data) is None:
        # S1: a bad value ends the task, with a reason that names the input
        text = f"keepLastN must be a positive whole number, but is '{row.input_data['keepLastN']}'"
        failed = replace(row, status=TaskStatus.FAILED_WITH_TERMINAL_ERROR, end_time=draft.now)
        return draft.add(replace(failed, reason_for_incompletion=text))
    return draft.add(replace(row, output_data=_turn(1, items)))


def _items(draft: Draft, node: WorkflowTask, row: Task) -> list[Json] | None:
    """The list to go through, looked up anew in every iteration; None = no list mode. One value is a list of one."""
    if node.items:
        value = compile_template(node.items).resolve(draft.lookup, row.task_id)
    elif "_items" in node.input_parameters:
        value = task_input(draft.graph.template(node), draft.lookup, row.task_id)["_items"]
    else:
        return None
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def turn(draft: Draft, loop: Task, iteration: int) -> JsonObject:
    """What a loop shows at the beginning of an iteration."""
    return _turn(iteration, _items(draft, draft.node_of(loop), loop))


def _turn(iteration: int, items: list[Json] | None) -> JsonObject:
    if items is None:
        return {"iteration": iteration}
    item = items[iteration - 1] if iteration <= len(items) else None
    return {"loopIndex": iteration - 1, "iteration": iteration, "loopItem": item}


def _children(draft: Draft, task: Task) -> tuple[WorkflowTask, ...]:
    return () if task.status.terminal else tuple(draft.node_of(task).loop_over[:1])


def _inner(draft: Draft, task: Task) -> Scope:
    return draft.scope_of(task).within(task.task_id, task.iteration)


def iteration_over(draft: Draft, loop: Task) -> bool:
    """Nothing of the present iteration is open or unsettled, and it has begun."""
    rows = _present(draft, loop).values()
    return bool(rows) and all(finished(row) for row in rows)


def next_turn(draft: Draft, loop: Task) -> Steps[bool]:
    """The present iteration is over: end the loop, or begin another iteration (True)."""
    node = draft.node_of(loop)
    _forget_old(draft, loop)
    failed = _failed(draft, loop)
    if failed:
        _fail(draft, loop, failed)
        return False
    items = _items(draft, node, loop)
    going_on: bool = items is None or loop.iteration < len(items)
    if going_on and (items is None or node.loop_condition):
        answer = yield from _condition(draft, node, loop)
        if answer.error is not None:
            text = f"Unable to evaluate condition {node.loop_condition}, exception {answer.error}"
            _end(draft, loop, TaskStatus.FAILED_WITH_TERMINAL_ERROR, text)
            return False
        going_on = _holds(answer.value)
    if not going_on:
        _end(draft, loop, TaskStatus.COMPLETED, None)
        return False
    draft.turns += 1
    draft.change(loop, iteration=loop.iteration + 1, output_data=state(loop) | _turn(loop.iteration + 1, items))
    return True


def broken(draft: Draft, loop: Task) -> None:
    """End an open loop of whose body a task has failed and was tolerated there: other branches are not waited for."""
    now = draft.rows.get(loop.task_id)
    if now is not None and not now.status.terminal and (failed := _failed(draft, now)):
        _fail(draft, now, failed)


def failed_with(draft: Draft, task: Task) -> Task:
    """What ends the workflow when a row fails for good: the row, or the loop that fails with it [rec].

    The reference looks at an open loop as soon as the rows behind another one are made: one that is FAILED then fails
    the loop, which comes before it. A loop does not look at the rows that it has only just made itself.
    """
    loop = draft.rows.get(task.loop_task_id) if task.loop_task_id is not None else None
    if task.task_id not in draft.loop_breakers or loop is None or loop.status.terminal:
        return task
    # not a JOIN that has failed with them: the reference looks at those later
    failed = _reasons(row for row in _present(draft, loop).values() if row.task_id in draft.loop_breakers)
    return task if draft.node_of(loop).optional or not failed else _fail(draft, loop, failed)


def _fail(draft: Draft, loop: Task, reason: str) -> Task:
    """End a loop by its body; of the present iteration it shows what was made until the first failure [rec]."""
    rows = _present(draft, loop)
    first = min(row.seq for row in rows.values() if not row.status.successful)
    output = whole_output(draft.rows, draft.graph, loop, loop.iteration)
    output[str(loop.iteration)] = {name: row.output_data for name, row in rows.items() if row.seq <= first}
    return draft.change(loop, status=TaskStatus.FAILED, output_data=output, reason_for_incompletion=reason)


def _end(draft: Draft, loop: Task, status: TaskStatus, reason: str | None) -> None:
    output = whole_output(draft.rows, draft.graph, loop, loop.iteration)
    draft.change(loop, status=status, output_data=output, reason_for_incompletion=reason)


def _failed(draft: Draft, loop: Task) -> str:
    """The reasons of body rows that failed and were tolerated there, each with a blank behind it [rec]; "" = none."""
    return _reasons(row for row in _present(draft, loop).values() if not row.status.successful)


def _reasons(rows: Iterable[Task]) -> str:
    return "".join(f"{row.reason_for_incompletion or ''} " for row in rows)


def _present(draft: Draft, loop: Task) -> dict[str, Task]:
    """The rows of the present iteration by plain reference name."""
    scope = _inner(draft, loop)
    rows = ((reference, draft.rows.newest(scope.name(reference))) for reference in draft.graph.body(loop.node))
    return {reference: row for reference, row in rows if row is not None}


def _condition(draft: Draft, node: WorkflowTask, loop: Task) -> Steps[Evaluated]:
    condition = node.loop_condition or ""
    if not condition:
        return Evaluated(False)
    data = dict(task_input(draft.graph.template(node), draft.lookup, loop.task_id))
    for reference in draft.graph.body(loop.node):
        newest = draft.rows.newest_of(reference)
        if newest is not None:
            data[reference] = newest.output_data
    whole = reads_iterations(condition, loop.node)
    data[loop.node] = whole_output(draft.rows, draft.graph, loop, loop.iteration) if whole else state(loop)
    answer: Evaluated = yield Evaluate("javascript", condition, data)
    return answer


def _holds(value: Json) -> bool:
    """A boolean as it is, a number above 0; anything else does not hold."""
    if isinstance(value, bool):
        return value
    return isinstance(value, int | float) and value > 0


def _forget_old(draft: Draft, loop: Task) -> None:
    """`keepLastN`: delete the rows of the iteration that is too old now that the present one is over (E45)."""
    kept = keep_last(loop.input_data)
    if kept is not None:
        _forget(draft, loop, loop.iteration - kept)


def _forget(draft: Draft, loop: Task, iteration: int) -> None:
    for row in draft.rows.of_iteration(loop.task_id, iteration):
        for inner in range(1, row.iteration + 1 if row.task_type == "DO_WHILE" else 1):
            _forget(draft, row, inner)
        draft.remove(row)


DO_WHILE = TaskType(
    "DO_WHILE",
    asks_nothing(_create),
    _children,
    inner=_inner,
    retriable=False,
    revived_in_place=True,
    reopened_output=lambda task: state(task),
)
