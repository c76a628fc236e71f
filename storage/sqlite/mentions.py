"""Ids in the text of summaries: where a free text with an id in it has to look.

`mention` holds the UUIDs of a summary's document but those that stand in its indexed columns. What is written over or
removed may leave some behind, so whoever finds a summary by them still has to look at it.
"""

from __future__ import annotations

import re
import sqlite3

from engine.search_rows import Value

_TAIL = re.compile(r"-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""All but the first eight digits: a search that begins with a fixed letter is many times faster."""
_HEAD = re.compile(r"[0-9a-f]{8}")
INDEXED = ("workflow_id", "parent_workflow_id", "correlation_id", "idempotency_key")
"""Columns of summaries that hold an id and have an index."""
_PUT = "insert or ignore into mention select ?, id from summary where workflow_id = ?"
_BY_COLUMN = [f"select id from summary where {column} = ?" for column in INDEXED]  # noqa: S608 (fixed names)
_CANDIDATES = " union ".join([*_BY_COLUMN, "select summary from mention where uuid = ?"])


def uuids(text: str) -> list[str]:
    """Each UUID in a text once, in lower case."""
    lower = text.lower()
    ends = [(tail.start(), tail.end()) for tail in _TAIL.finditer(lower)]
    return list(dict.fromkeys(lower[at - 8 : end] for at, end in ends if at >= 8 and _HEAD.match(lower, at - 8)))


def mentioned(document: str, *columns: str | None) -> tuple[str, ...]:
    """The UUIDs of a summary's document that are not the value of one of its indexed columns."""
    found = uuids(document)
    return tuple([uuid for uuid in found if uuid not in columns])


def put(db: sqlite3.Connection, rows: list[tuple[str, str]]) -> None:
    """Write (UUID, workflow id) for summaries that are written already."""
    db.executemany(_PUT, rows)


def remove(db: sqlite3.Connection, workflow_id: str) -> None:
    """Forget those of a summary that is about to be deleted."""
    for number, text in db.execute("select id, doc from summary where workflow_id = ?", (workflow_id,)).fetchall():
        db.executemany("delete from mention where uuid = ? and summary = ?", [(uuid, number) for uuid in uuids(text)])


def candidates(free_text: str) -> tuple[str, list[Value]] | None:
    """A condition that holds for every summary that the text can be in; None when there is no UUID in it."""
    found = uuids(free_text)
    return (f"id in ({_CANDIDATES})", [found[0]] * (len(INDEXED) + 1)) if found else None
