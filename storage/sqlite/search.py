"""Searches as SQL: for executions over `summary`, for tasks over `task`.

Tasks that have ended stand in indexes of their own, by start time, type, name and outcome, and are counted in
`task_tally`; open ones are few and stand in none of them. So a step writes no index but those of the task that ends,
and a search asks each part for its share.
"""

from __future__ import annotations

import sqlite3

import msgspec

from engine.model import Summary, Task
from engine.ports import FoundTasks, Page
from engine.search import And, Comparison, HasTask, OneOf, Or, Query, Search
from engine.search_rows import Value
from storage.search import COLUMNS, order_of, task_order_of
from storage.sqlite.conditions import Condition, compiled, condition, fields, order
from storage.sqlite.reads import one_state

_TALLIED = frozenset({"workflowType", "status"})
_TASKS_TALLIED = frozenset({"taskType", "status"})
_OPEN: Condition = ("ended = 0", [])
_ENDED: Condition = ("ended = 1", [])
_NAMED: Condition = ("ended = 1 and task_def_name <> task_type", [])

_summary = msgspec.json.Decoder(Summary)
_task = msgspec.json.Decoder(Task)


def page_of(db: sqlite3.Connection, wanted: Search) -> Page:
    """One page, and the exact number of hits."""
    where, values = _executions(wanted)
    ids = f"select id from summary where {where} order by {order(order_of(wanted))} limit ? offset ?"  # noqa: S608
    with one_state(db):
        total = _total(db, wanted, where, values)
        # Only ids are sorted, so that a sort without an index does not carry the documents along.
        hits = db.execute(ids, [*values, wanted.size, wanted.start]).fetchall()
        found = [db.execute("select doc from summary where id = ?", hit).fetchone()[0] for hit in hits]
    return Page(total, tuple([_summary.decode(doc) for doc in found]))


def tasks_of(db: sqlite3.Connection, wanted: Search) -> FoundTasks:
    """One page of tasks, and the exact number of hits."""
    statement, values = tasks_statement(wanted)
    with one_state(db):
        total = sum(_count(db, counted) for counted in task_counts(wanted))
        hits = db.execute(statement, [*values, wanted.size, wanted.start]).fetchall()
        found = [_document(db, *hit[:2]) for hit in hits]
    return FoundTasks(total, tuple([_task.decode(doc) for doc in found]))


def _executions(wanted: Search) -> Condition:
    where, values = condition(wanted.query, wanted.free_text)
    if wanted.has_task is None:
        return where, values
    owners, more = _union("select workflow_id from task where {}", _parts(wanted.has_task))
    return f"({where}) and workflow_id in ({owners})", [*values, *more]


def _total(db: sqlite3.Connection, wanted: Search, where: str, values: list[Value]) -> int:
    if wanted.free_text or wanted.has_task or not fields(wanted.query) <= _TALLIED:
        return _count(db, (f"select count(*) from summary where {where}", values))  # noqa: S608
    return _count(db, (f"select coalesce(sum(n), 0) from tally where {where}", values))  # noqa: S608


def _count(db: sqlite3.Connection, counted: Condition) -> int:
    return int(db.execute(*counted).fetchone()[0])


def tasks_statement(wanted: Search) -> Condition:
    """Selects the places of one page of tasks; lacks the values of the last two parameters, size and start."""
    keys = order(task_order_of(wanted))
    columns = ", ".join(dict.fromkeys(["workflow_id", "seq", *(COLUMNS[key.field] for key in task_order_of(wanted))]))
    limit = f"order by {keys} limit {wanted.start + wanted.size}"
    share = f"select * from (select {columns} from task where {{}} {limit})"  # noqa: S608
    shares, values = _union(share, _parts(wanted))
    return f"{shares} order by {keys} limit ? offset ?", values


def task_counts(wanted: Search) -> list[Condition]:
    """Each counts a part of the tasks that fit."""
    if wanted.free_text or not fields(wanted.query) <= _TASKS_TALLIED:
        return [(f"select count(*) from task where {where}", values) for where, values in _parts(wanted)]  # noqa: S608
    where, values = compiled(wanted.query)
    return [
        (f"select coalesce(sum(n), 0) from task_tally where {where}", values),  # noqa: S608
        (f"select count(*) from task where ended = 0 and ({where})", values),  # noqa: S608
    ]


def _union(statement: str, parts: list[Condition]) -> Condition:
    return " union all ".join(statement.format(where) for where, _ in parts), [each for _, v in parts for each in v]


def _parts(wanted: Search | HasTask) -> list[Condition]:
    """Conditions that no two tasks share; each can use the index that is made for it."""
    where, values = condition(wanted.query, wanted.free_text)
    if _never_completed(wanted.query):
        where = f"status <> 'COMPLETED' and ({where})"
    return [(f"{part} and ({where})", [*own, *values]) for part, own in _kinds(wanted.query)]


def _kinds(query: Query) -> list[Condition]:
    """A worker task has the name of its type, so only the names of other tasks stand in an index of their own."""
    name = _named(query)
    if name is None:
        return [_OPEN, _ENDED]
    as_type, values = compiled(msgspec.structs.replace(name, field="taskType"))
    return [_OPEN, (f"ended = 1 and {as_type} and task_def_name = task_type", values), _NAMED]


def _named(query: Query) -> Comparison | OneOf | None:
    """The part of a query that names task definitions exactly, if all that fits it must have one of these names."""
    match query:
        case And(parts):
            return next((found for part in parts if (found := _named(part))), None)
        case Comparison("taskDefName", "=", value):
            return None if "*" in str(value) else query
        case OneOf("taskDefName"):
            return query
        case _:
            return None


def _never_completed(query: Query) -> bool:
    """True when nothing that is COMPLETED fits."""
    match query:
        case And(parts):
            return any(map(_never_completed, parts))
        case Or(parts):
            return bool(parts) and all(map(_never_completed, parts))
        case Comparison("status", "=", value):
            return value != "COMPLETED" and "*" not in str(value)
        case Comparison("status", "!=", value):
            return value == "COMPLETED"
        case OneOf("status", values):
            return "COMPLETED" not in values
        case _:
            return False


def _document(db: sqlite3.Connection, workflow_id: str, seq: int) -> bytes:
    found = db.execute("select doc from task where workflow_id = ? and seq = ?", (workflow_id, seq)).fetchone()
    document: bytes = found[0]
    return document
