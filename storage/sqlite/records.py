"""Changes that are no commits: documents, logs, poll records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from engine.ports import PollRecord
from engine.requests import TaskExecLog
from storage.sqlite.rows import Row, encode
from storage.sqlite.schema import MIGRATIONS


def put_document(db: sqlite3.Connection, row: Row, create: bool) -> bool:
    """False when it exists and should not."""
    rule = "nothing" if create else "update set body = excluded.body"
    return (
        db.execute(f"insert into document values(?,?,?,?) on conflict(kind, name, version) do {rule}", row).rowcount > 0
    )


def replace_document(db: sqlite3.Connection, row: Row, expected: bytes) -> bool:
    """True when the body was the expected one."""
    kind, name, version, body = row
    where = "kind = ? and name = ? and version = ? and body = ?"
    return db.execute(f"update document set body = ? where {where}", (body, kind, name, version, expected)).rowcount > 0  # noqa: S608


def delete_document(db: sqlite3.Connection, key: tuple[str, str, int]) -> bool:
    """True when it existed."""
    return db.execute("delete from document where kind = ? and name = ? and version = ?", key).rowcount > 0


def log_rows(logs: Sequence[TaskExecLog]) -> list[Row]:
    """Logs as `add_logs` takes them."""
    return [(log.task_id or "", encode(log)) for log in logs]


def add_logs(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Append in order."""
    db.executemany("insert into log(task_id, doc) values(?,?)", rows)


def poll_rows(polls: Iterable[PollRecord]) -> list[Row]:
    """Poll records as `put_polls` takes them."""
    return [(poll.queue_name, poll.domain, encode(poll)) for poll in polls]


def put_polls(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Replace the record of each (queue, domain)."""
    db.executemany("insert or replace into poll values(?,?,?)", rows)


def touch(db: sqlite3.Connection) -> None:
    """Write a page that says what it said before: raises when the file cannot be written."""
    db.execute(f"pragma user_version = {len(MIGRATIONS)}")
