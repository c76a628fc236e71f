"""Searches for executions as SQL.

What has ended stands in indexes by start time (children apart from their roots), type, outcome, class, end and update;
what is open in one. A search walks those that can hold its hits side by side, so that a page costs what it shows.
"""

from __future__ import annotations

import sqlite3

import msgspec

from engine.model import Summary
from engine.ports import Page
from engine.search import IsNull, Query, Search
from engine.status import WorkflowStatus
from storage.search import order_of
from storage.sqlite.conditions import Condition, condition
from storage.sqlite.mentions import candidates
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
    union,
)
from storage.sqlite.reads import one_state
from storage.sqlite.task_search import owners
from storage.sqlite.totals import Uncounted, tallied

_FEW = frozenset({"workflowId", "correlationId", "parentWorkflowId"})
"""A value of these leaves few hits, found by an index of their own and sorted."""
_LISTED = frozenset({"workflowType", "status", "classifier"})
_KINDS, _CLASS = frozenset({"workflowType"}), frozenset({"classifier"})
_OUTCOMES = (WorkflowStatus.FAILED.value, WorkflowStatus.TIMED_OUT.value, WorkflowStatus.TERMINATED.value)
MANY = 2_000
"""Fewer hits than these are sorted by their end or update; more are met soon on a walk in its order."""
_WALKS = {
    "startTime": (),
    "endTime": (("1", "summary_end", ("", "")),),
    "updateTime": (
        ("update_time is end_time", "summary_end", ("update_time", "end_time")),
        ("update_time is not end_time", "summary_update", ("", "")),
    ),
}
"""By the first sort key: how to walk what has ended, in parts, as (condition, index, twin)."""
_ROOT, _CHILD = IsNull("parentWorkflowId"), IsNull("parentWorkflowId", negated=True)

_summary = msgspec.json.Decoder(Summary)


def page_of(db: sqlite3.Connection, wanted: Search) -> Page:
    """One page, and the exact number of hits."""
    with one_state(db):
        total = total_of(db, counts(wanted))
        if not total:
            return Page(0, ())
        statement, values = page_statement(wanted, total)
        # Only ids are sorted, so that a sort without an index does not carry the documents along.
        hits = db.execute(statement, [*values, wanted.size, wanted.start]).fetchall()
        found = [db.execute("select doc from summary where id = ?", hit[:1]).fetchone()[0] for hit in hits]
    return Page(total, tuple([_summary.decode(doc) for doc in found]))


def page_statement(wanted: Search, total: int) -> Condition:
    """Selects the ids of one page of so many hits; lacks the values of the last two parameters, size and start."""
    return merged("summary", ["id"], _parts(wanted, total), order_of(wanted))


def counts(wanted: Search) -> list[Condition]:
    """Each counts a share of the hits."""
    if wanted.free_text or wanted.has_task:
        return [counted("summary", _everything(wanted))]
    try:
        sums, edges = tallied(wanted.query)
    except Uncounted:
        sums, edges = [], [wanted.query]
    return [*sums, *(counted("summary", each) for edge in edges for each in _parts(Search(edge)))]


def _everything(wanted: Search) -> Part:
    asked, named = condition(wanted.query, wanted.free_text), candidates(wanted.free_text)
    if wanted.has_task is None:
        return part(named, asked) if named else part(asked)
    having, values = union("workflow_id", "task", owners(wanted.has_task))
    return part(asked, (f"workflow_id in ({having})", values))


def _parts(wanted: Search, total: int = MANY) -> list[Part]:
    """`total` = how many hits there are, if that is known."""
    first = order_of(wanted)[0].field
    if first not in _WALKS or _has_few_hits(wanted):
        return [_everything(wanted)]
    asked = condition(wanted.query, wanted.free_text)
    if first == "startTime":
        queries = [each for query in spread(wanted.query, _LISTED) for each in by_outcome(query, _OUTCOMES)]
        ended = [each for query in queries for each in _by_start(query, wanted.free_text)]
    elif total < MANY:
        ended = [part(ENDED, asked)]
    else:
        ended = [part(ENDED, (text, []), asked, walk=index, twin=twin) for text, index, twin in _WALKS[first]]
    return [part(OPEN, asked), *ended]


def _has_few_hits(wanted: Search) -> bool:
    """By what it asks for; these are found by indexes of their own, and then sorted."""
    named = candidates(wanted.free_text) or wanted.has_task
    return bool(named) or says(wanted.query, lambda clause: exact(clause, _FEW))


def _by_start(query: Query, free_text: str) -> list[Part]:
    """What has ended, in the index by outcome, type or class when the query gives one, else roots and children."""
    asked = condition(query, free_text)
    if says(query, never_completed):
        return [part(ENDED, NOT_COMPLETED, asked)]
    if says(query, lambda clause: exact(clause, _KINDS)):
        return [part(ENDED, asked)]
    if says(query, lambda clause: exact(clause, _CLASS)):
        return [part(ENDED, ("classifier is not null", []), asked, walk="summary_class")]
    if says(query, lambda clause: clause in (_ROOT, _CHILD)):
        return [part(ENDED, asked)]
    return [part(ENDED, condition(kind, ""), asked) for kind in (_ROOT, _CHILD)]
