"""The statements of a commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from storage.sqlite import mentions
from storage.sqlite.rows import SUMMARY_ROW, TASK_ROW, CommitRows
from storage.sqlite.tallies import Place, Tallies


def _taken(columns: Iterable[str]) -> str:
    return ", ".join(f"{column} = excluded.{column}" for column in sorted(columns) if column != "workflow_id")


# A null deadline, outbox or entry keeps what is stored.
_PUT_WORKFLOW = """insert into workflow values(?,?,?,?,?) on conflict(workflow_id) do update set
    version = excluded.version, update_time = excluded.update_time,
    deadline = coalesce(excluded.deadline, deadline), outbox = coalesce(excluded.outbox, outbox)"""
_PUT_HEADER = "insert into header values(?,?) on conflict(workflow_id) do update set doc = excluded.doc"
# A place that another task holds violates "not null", as a task id that stands elsewhere violates "unique".
_PUT_TASK = f"""insert into task values({",".join("?" * len(TASK_ROW))}) on conflict(workflow_id, seq) do update set
    status = excluded.status, deadline = excluded.deadline, entry = coalesce(excluded.entry, entry),
    ended = excluded.ended, task_type = excluded.task_type, task_def_name = excluded.task_def_name,
    workflow_type = excluded.workflow_type, correlation_id = excluded.correlation_id,
    scheduled_time = excluded.scheduled_time, start_time = excluded.start_time, end_time = excluded.end_time,
    update_time = excluded.update_time, doc = iif(task_id = excluded.task_id, excluded.doc, null)"""
# What hardly ever changes is compared instead of written, since its indexes would be written too.
_LASTING = ("correlation_id", "parent_workflow_id", "idempotency_key")
_NEW_SUMMARY = f"""insert into summary({",".join(SUMMARY_ROW)}) values({",".join("?" * len(SUMMARY_ROW))})
    on conflict(workflow_id) do update set """
_PUT_SUMMARY = f"""{_NEW_SUMMARY} {_taken(set(SUMMARY_ROW) - set(_LASTING))}
    where {" and ".join(f"{column} is excluded.{column}" for column in _LASTING)}"""
_PUT_LASTING = f"{_NEW_SUMMARY} {_taken(set(SUMMARY_ROW))}"
_PUT_SNAPSHOT = "insert into document values(?,?,?,?) on conflict do nothing"
_PUT_ENTRY = "update task set entry = ? where task_id = ?"
_REMOVE_TASK = "delete from task where workflow_id = ? and task_id = ?"
_REMOVE_LOGS = "delete from log where task_id = ?"


def write(db: sqlite3.Connection, commits: Sequence[CommitRows], unended: set[Place]) -> None:
    """Write plain commits table by table, in their order; one that is not plain must come alone.

    `unended` is for `Tallies`.
    """
    tallies = Tallies(db, unended)
    for commit in commits:
        for task_id in commit.removed:
            tallies.lose_task(commit.workflow_id, task_id)
            db.execute(_REMOVE_TASK, (commit.workflow_id, task_id))
            db.execute(_REMOVE_LOGS, (task_id,))
    tallies.add(commits)
    db.executemany(_PUT_WORKFLOW, [commit.workflow for commit in commits if commit.workflow])
    db.executemany(_PUT_HEADER, [commit.header for commit in commits if commit.header])
    db.executemany(_PUT_TASK, [row for commit in commits for row in commit.tasks])
    db.executemany(_PUT_ENTRY, [row for commit in commits for row in commit.entries])
    summaries = [commit.summary for commit in commits if commit.summary]
    if db.executemany(_PUT_SUMMARY, summaries).rowcount < len(summaries):
        db.executemany(_PUT_LASTING, summaries)
    mentions.put(db, [(uuid, commit.workflow_id) for commit in commits for uuid in commit.mentions])
    db.executemany(_PUT_SNAPSHOT, [commit.snapshot for commit in commits if commit.snapshot])
    tallies.write()


def version_of(db: sqlite3.Connection, workflow_id: str) -> int:
    """The stored version; 0 = there is no such workflow."""
    found = db.execute("select version from workflow where workflow_id = ?", (workflow_id,)).fetchone()
    return int(found[0]) if found else 0


def remove(db: sqlite3.Connection, workflow_id: str) -> list[str]:
    """Delete all of one execution; the ids of its tasks."""
    tasks = db.execute("select task_id from task where workflow_id = ?", (workflow_id,)).fetchall()
    tallies = Tallies(db, set())
    tallies.lose_execution(workflow_id)
    mentions.remove(db, workflow_id)
    db.executemany(_REMOVE_LOGS, tasks)
    for table in ("task", "header", "workflow", "summary"):
        db.execute(f"delete from {table} where workflow_id = ?", (workflow_id,))  # noqa: S608 (fixed names)
    tallies.write()
    return [task_id for (task_id,) in tasks]
