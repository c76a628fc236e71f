"""Searches for tasks as SQL.

Tasks that have ended stand in indexes of their own, by start time, workflow type, type, name and outcome, and are
counted in `task_tally`; open ones are few and stand in none of them. So a step writes no index but those of the task
that ends, and a search asks each part for its share.
"""

from __future__ import annotations

import sqlite3

import msgspec

from engine.model import Task
from engine.ports import FoundTasks
from engine.search import And, Comparison, HasTask, OneOf, Query, Search
from engine.status import TaskStatus
from storage.search import task_order_of
from storage.sqlite.conditions import Condition, compiled, condition, fields
from storage.sqlite.parts import (
    ENDED,
    NOT_COMPLETED,
    OPEN,
    Part,
    by_outcome,
    counted,
    exact,
    merged,
    never_completed,
    part,
    says,
    spread,
    total_of,
)
from storage.sqlite.reads import one_state

_FEW = frozenset({"workflowId", "taskId"})
"""A value of these leaves few hits, found by an index of their own and sorted."""
_TALLIED = frozenset({"workflowType", "taskType", "status"})
_LISTED = _TALLIED | {"taskDefName"}
_OUTCOMES = tuple(status.value for status in TaskStatus if status.terminal and status is not TaskStatus.COMPLETED)
_AS_TYPE: Condition = ("task_def_name = task_type", [])
_OWN_NAME: Condition = ("task_def_name <> task_type", [])

_task = msgspec.json.Decoder(Task)


def tasks_of(db: sqlite3.Connection, wanted: Search) -> FoundTasks:
    """One page of tasks, and the exact number of hits."""
    statement, values = tasks_statement(wanted)
    with one_state(db):
        total = total_of(db, task_counts(wanted))
        hits = db.execute(statement, [*values, wanted.size, wanted.start]).fetchall()
        found = [_document(db, *hit[:2]) for hit in hits]
    return FoundTasks(total, tuple([_task.decode(doc) for doc in found]))


def tasks_statement(wanted: Search) -> Condition:
    """Selects the places of one page of tasks; lacks the values of the last two parameters, size and start."""
    return merged("task", ["workflow_id", "seq"], owners(wanted), task_order_of(wanted))


def task_counts(wanted: Search) -> list[Condition]:
    """Each counts a share of the tasks that fit."""
    if wanted.free_text or not fields(wanted.query) <= _TALLIED:
        return [counted("task", each) for each in owners(wanted)]
    where, values = compiled(wanted.query)
    still_open = counted("task", part(OPEN, (where, values)))
    return [(f"select coalesce(sum(n), 0) from task_tally where {where}", values), still_open]  # noqa: S608


def owners(wanted: Search | HasTask) -> list[Part]:
    """Parts of all tasks that fit; each can use the index that is made for it."""
    asked = condition(wanted.query, wanted.free_text)
    if says(wanted.query, lambda clause: exact(clause, _FEW)):
        return [part(asked)]
    queries = [each for query in spread(wanted.query, _LISTED) for each in by_outcome(query, _OUTCOMES)]
    return [part(OPEN, asked), *(each for query in queries for each in _ended(query, wanted.free_text))]


def _ended(query: Query, free_text: str) -> list[Part]:
    """A worker task has the name of its type, so only the names of other tasks stand in an index of their own."""
    asked = condition(query, free_text)
    kind = [ENDED, NOT_COMPLETED] if says(query, never_completed) else [ENDED]
    name = _named(query)
    if name is None:
        return [part(*kind, asked)]
    as_type = compiled(msgspec.structs.replace(name, field="taskType"))
    return [part(*kind, _AS_TYPE, as_type, asked), part(*kind, _OWN_NAME, asked)]


def _named(query: Query) -> Comparison | OneOf | None:
    """The part of a query that names task definitions exactly, if all that fits it must have one of these names."""
    match query:
        case And(parts):
            return next((found for part in parts if (found := _named(part))), None)
        case Comparison() | OneOf() if exact(query, frozenset({"taskDefName"})):
            return query
        case _:
            return None


def _document(db: sqlite3.Connection, workflow_id: str, seq: int) -> bytes:
    found = db.execute("select doc from task where workflow_id = ? and seq = ?", (workflow_id, seq)).fetchone()
    document: bytes = found[0]
    return document
