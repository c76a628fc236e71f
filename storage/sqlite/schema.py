"""The tables, and how a file of an older version becomes one of this version.

Documents are msgspec JSON; beside them stand the columns that a question needs. What changes at every step (`workflow`)
is kept apart from what can be large (`header`), so that a step costs the same whatever the input of the workflow is.

- `workflow.version` and `update_time` are newer than those inside the header's document: a commit may raise only them.
- `task.entry` is the task's queue entry for as long as it has one: '' or null = none. Ready queues are rebuilt from it.
- `tally` counts `summary` by kind, once for all times (`span` 0) and once for each stretch of 2^span ms in which an
  execution started; `task_tally` counts the ended tasks. So the usual searches know their total without counting. Both
  are kept by `storage.sqlite.tallies`.
- `child` says that an execution has a parent. Children can outnumber their roots: the index by time keeps them apart.
- Indexes by time rise with it, so that they grow at one end and their pages are full; searches walk them backwards.
- The indexes for searches hold what has ended only, so that a row is put into them once; `summary_open` and `task_open`
  hold the rest. `ended` and what else is asked for are columns of them too: otherwise a search would look them up in
  the table for each hit that is counted or passed over.
- Nearly always an execution was last updated when it ended, so sorting by `updateTime` shares the index by `end_time`,
  and `summary_update` holds the others.
- `mention` says in which summaries an id stands (`storage.sqlite.mentions`).
"""

from __future__ import annotations

import sqlite3

import msgspec

from engine.errors import Unavailable
from storage.sqlite.mentions import uuids

_FIRST = (
    """create table workflow(
        workflow_id text primary key, version integer not null, update_time integer not null,
        deadline integer, outbox integer) without rowid""",
    "create index workflow_deadline on workflow(deadline) where deadline > 0",
    "create index workflow_outbox on workflow(outbox) where outbox > 0",
    "create table header(workflow_id text primary key, doc blob not null) without rowid",
    """create table task(
        workflow_id text, seq integer, task_id text not null, status text not null, deadline integer not null,
        entry blob, doc blob not null, primary key(workflow_id, seq)) without rowid""",
    "create unique index task_id on task(task_id)",
    "create index task_wakes on task(workflow_id, seq) where entry > '' or deadline > 0",
    """create table summary(
        id integer primary key, workflow_id text not null unique, workflow_type text not null, version integer not null,
        status text not null, start_time integer, update_time integer, end_time integer, correlation_id text,
        parent_workflow_id text, priority integer not null, classifier text, idempotency_key text,
        doc text not null)""",
    "create index summary_start on summary(start_time desc, workflow_id)",
    "create index summary_type on summary(workflow_type, start_time desc, workflow_id)",
    "create index summary_status on summary(status, start_time desc, workflow_id)",
    "create index summary_type_status on summary(workflow_type, status, start_time desc, workflow_id)",
    "create index summary_correlation on summary(correlation_id, workflow_type) where correlation_id is not null",
    "create index summary_parent on summary(parent_workflow_id) where parent_workflow_id is not null",
    "create index summary_idempotency on summary(idempotency_key, workflow_type) where idempotency_key is not null",
    """create table tally(
        workflow_type text, status text, n integer not null, primary key(workflow_type, status)) without rowid""",
    """create trigger summary_added after insert on summary begin
        insert into tally values(new.workflow_type, new.status, 1)
        on conflict(workflow_type, status) do update set n = n + 1; end""",
    """create trigger summary_removed after delete on summary begin
        update tally set n = n - 1 where workflow_type = old.workflow_type and status = old.status; end""",
    """create trigger summary_moved after update on summary
        when old.status <> new.status or old.workflow_type <> new.workflow_type begin
        update tally set n = n - 1 where workflow_type = old.workflow_type and status = old.status;
        insert into tally values(new.workflow_type, new.status, 1)
        on conflict(workflow_type, status) do update set n = n + 1; end""",
    """create table document(
        kind text, name text, version integer, body blob not null, primary key(kind, name, version)) without rowid""",
    "create table log(id integer primary key, task_id text not null, doc blob not null)",
    "create index log_task on log(task_id)",
    """create table poll(
        queue_name text, domain text, doc blob not null, primary key(queue_name, domain)) without rowid""",
)

_TASK_SEARCH = (
    # `doc` comes last: what stands behind a long document costs reading it.
    """create table new_task(
        workflow_id text, seq integer, task_id text not null, status text not null, deadline integer not null,
        entry blob, ended integer not null, task_type text not null, task_def_name text not null,
        workflow_type text not null, correlation_id text, scheduled_time integer, start_time integer, end_time integer,
        update_time integer, doc blob not null, primary key(workflow_id, seq)) without rowid""",
    """insert into new_task select workflow_id, seq, task_id, status, deadline, entry,
        status not in ('SCHEDULED', 'IN_PROGRESS'), json ->> '$.taskType', json ->> '$.taskDefName',
        coalesce(json ->> '$.workflowType', ''), json ->> '$.correlationId', json ->> '$.scheduledTime',
        json ->> '$.startTime', json ->> '$.endTime', json ->> '$.updateTime', doc
        from (select *, cast(doc as text) as json from task)""",
    "drop table task",
    "alter table new_task rename to task",
    "create unique index task_id on task(task_id)",
    "create index task_wakes on task(workflow_id, seq) where entry > '' or deadline > 0",
    "create index task_open on task(workflow_id, seq) where ended = 0",
    "create index task_start on task(start_time desc, task_id, ended) where ended = 1",
    """create index task_type on task(task_type, start_time desc, task_id, status, task_def_name, ended)
        where ended = 1""",
    """create index task_name on task(task_def_name, start_time desc, task_id, status, task_type, ended)
        where ended = 1 and task_def_name <> task_type""",
    """create index task_outcome on task(status, task_type, start_time desc, task_id, task_def_name, ended)
        where ended = 1 and status <> 'COMPLETED'""",
    """create table task_tally(
        task_type text, status text, n integer not null, primary key(task_type, status)) without rowid""",
    "insert into task_tally select task_type, status, count(*) from task where ended = 1 group by task_type, status",
    """create trigger task_added after insert on task when new.ended begin
        insert into task_tally values(new.task_type, new.status, 1)
        on conflict(task_type, status) do update set n = n + 1; end""",
    """create trigger task_removed after delete on task when old.ended begin
        update task_tally set n = n - 1 where task_type = old.task_type and status = old.status; end""",
    """create trigger task_ended after update on task when new.ended and not old.ended begin
        insert into task_tally values(new.task_type, new.status, 1)
        on conflict(task_type, status) do update set n = n + 1; end""",
    """create trigger task_reopened after update on task when old.ended and not new.ended begin
        update task_tally set n = n - 1 where task_type = old.task_type and status = old.status; end""",
    """create trigger task_moved after update on task
        when old.ended and new.ended and old.status || ' ' || old.task_type <> new.status || ' ' || new.task_type begin
        update task_tally set n = n - 1 where task_type = old.task_type and status = old.status;
        insert into task_tally values(new.task_type, new.status, 1)
        on conflict(task_type, status) do update set n = n + 1; end""",
)

_STORED = (
    *(f"drop trigger task_{name}" for name in ("added", "removed", "ended", "reopened", "moved")),
    "drop index task_wakes",
    "drop table task_tally",
    """create table task_tally(
        workflow_type text, task_type text, status text, n integer not null,
        primary key(workflow_type, task_type, status)) without rowid""",
    """insert into task_tally select workflow_type, task_type, status, count(*) from task where ended = 1
        group by workflow_type, task_type, status""",
    """create table new_summary(
        id integer primary key, workflow_id text not null unique, workflow_type text not null, version integer not null,
        status text not null, ended integer not null, child integer not null, start_time integer, update_time integer,
        end_time integer, correlation_id text, parent_workflow_id text, priority integer not null, classifier text,
        idempotency_key text, doc text not null)""",
    """insert into new_summary select id, workflow_id, workflow_type, version, status,
        status not in ('RUNNING', 'PAUSED'), parent_workflow_id is not null, start_time, update_time, end_time,
        correlation_id, parent_workflow_id, priority, classifier, idempotency_key, doc from summary""",
    "drop table summary",
    "alter table new_summary rename to summary",
    "create index summary_correlation on summary(correlation_id, workflow_type) where correlation_id is not null",
    "create index summary_parent on summary(parent_workflow_id) where parent_workflow_id is not null",
    "create index summary_idempotency on summary(idempotency_key, workflow_type) where idempotency_key is not null",
    "drop table tally",
    """create table tally(
        span integer, bucket integer, workflow_type text, status text, child integer, class text,
        n integer not null, primary key(span, bucket, workflow_type, status, child, class)) without rowid""",
    """insert into tally select 0, 0, workflow_type, status, child, ifnull('=' || classifier, ''), count(*)
        from summary group by 3, 4, 5, 6""",
    *(
        f"""insert into tally select {span}, start_time >> {span}, workflow_type, status, child,
            ifnull('=' || classifier, ''), count(*) from summary where start_time is not null
            group by 2, 3, 4, 5, 6"""  # noqa: S608 (numbers)
        for span in (26, 20)
    ),
)

_MENTIONS = (
    "create table mention(uuid text, summary integer, primary key(uuid, summary)) without rowid",
    """insert into mention select found.value, summary.id from summary, json_each(uuids(summary.doc)) as found
        where found.value is not workflow_id and found.value is not parent_workflow_id
        and found.value is not correlation_id and found.value is not idempotency_key""",
)

_RISING = (
    *(
        f"drop index if exists {name}"
        for name in (
            "task_start",
            "task_type",
            "task_name",
            "task_outcome",
            "task_flow",
            "task_failed",
            "summary_open",
            "summary_start",
            "summary_type",
            "summary_end",
            "summary_update",
            "summary_outcome",
            "summary_type_outcome",
            "summary_class",
        )
    ),
    "create index task_start on task(start_time, task_id desc, ended) where ended = 1",
    """create index task_type on task(task_type, start_time, task_id desc, status, task_def_name, ended)
        where ended = 1""",
    """create index task_name on task(task_def_name, start_time, task_id desc, status, task_type, ended)
        where ended = 1 and task_def_name <> task_type""",
    """create index task_outcome on task(status, task_type, start_time, task_id desc, task_def_name, ended)
        where ended = 1 and status <> 'COMPLETED'""",
    """create index task_flow on task(workflow_type, start_time, task_id desc, status, task_type, ended)
        where ended = 1""",
    """create index task_failed on task(status, start_time, task_id desc, workflow_type, task_type, ended)
        where ended = 1 and status <> 'COMPLETED'""",
    """create index summary_open on summary(start_time, workflow_id desc, workflow_type, status, child, classifier,
        ended) where ended = 0""",
    """create index summary_start on summary(child, start_time, workflow_id desc, status, classifier, ended)
        where ended = 1""",
    """create index summary_type on summary(workflow_type, start_time, workflow_id desc, status, child, classifier,
        ended) where ended = 1""",
    """create index summary_end on summary(end_time, workflow_id desc, update_time, workflow_type, status, child,
        classifier, ended) where ended = 1""",
    """create index summary_update on summary(update_time, workflow_id desc, end_time, workflow_type, status, child,
        classifier, ended) where ended = 1 and update_time is not end_time""",
    """create index summary_outcome on summary(status, start_time, workflow_id desc, workflow_type, child, classifier,
        ended) where ended = 1 and status <> 'COMPLETED'""",
    """create index summary_type_outcome on summary(workflow_type, status, start_time, workflow_id desc, child,
        classifier, ended) where ended = 1 and status <> 'COMPLETED'""",
    """create index summary_class on summary(classifier, start_time, workflow_id desc, workflow_type, status, child,
        ended) where ended = 1 and classifier is not null""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _TASK_SEARCH, _STORED, _MENTIONS, _RISING)
"""Step n brings a file from `user_version` n to n + 1. Steps that were released are never edited."""


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to this version in one transaction; a file of a newer version raises `Unavailable`."""
    db.create_function("uuids", 1, lambda text: msgspec.json.encode(uuids(text)).decode(), deterministic=True)
    db.execute("begin exclusive")
    try:
        found = db.execute("pragma user_version").fetchone()[0]
        if found > len(MIGRATIONS):
            raise Unavailable(
                f"The database has schema version {found}, this server knows {len(MIGRATIONS)}: use a newer server."
            )
        for statement in (statement for step in MIGRATIONS[found:] for statement in step):
            db.execute(statement)
        db.execute(f"pragma user_version = {len(MIGRATIONS)}")
        db.execute("commit")
    except BaseException:
        db.execute("rollback")
        raise
