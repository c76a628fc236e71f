"""Searches for executions in a file: each usual one walks indexes and sorts nothing, and its total is a sum."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

import msgspec
import pytest

from engine.model import Summary
from engine.search import And, Comparison, Query, Search
from engine.search_parser import parse_search
from engine.status import WorkflowStatus
from storage.sqlite import commits, schema
from storage.sqlite.rows import SUMMARY_ROW, rows_of
from storage.sqlite.search import MANY, counts, page_of, page_statement
from tests.contract.executions import NOW, creation, summary
from tests.unit.storage.plans import plan

DAY = 86_400_000


@pytest.mark.parametrize(
    ("asked", "indexes"),
    [
        ({}, ["summary_start (child=?)"] * 2),
        ({"sort": "startTime:ASC"}, ["summary_start (child=?)"] * 2),
        ({"query": "workflowType=a"}, ["summary_type (workflow_type=?)"]),
        ({"query": "workflowType IN (a, b)"}, ["summary_type (workflow_type=?)"] * 2),
        ({"query": "status=COMPLETED"}, ["summary_start (child=?)"] * 2),
        ({"query": "status=FAILED"}, ["summary_outcome (status=?)"]),
        ({"query": "status IN (FAILED, TIMED_OUT)"}, ["summary_outcome (status=?)"] * 2),
        ({"query": "status!=COMPLETED"}, ["summary_outcome (status=?)"] * 3),
        ({"query": "workflowType=a AND status=COMPLETED"}, ["summary_type (workflow_type=?)"]),
        ({"query": "workflowType=a AND status=FAILED"}, ["summary_type_outcome (workflow_type=? AND status=?)"]),
        ({"query": "startTime>5 AND startTime<9"}, ["summary_start (child=? AND start_time>? AND start_time<?)"] * 2),
        ({"query": "workflowType=a AND startTime>5"}, ["summary_type (workflow_type=? AND start_time>?)"]),
        ({"top_level_only": True}, ["summary_start (child=?)"]),
        ({"top_level_only": True, "classifier": "agent"}, ["summary_class (classifier=?)"]),
        ({"classifier": "agent,bot"}, ["summary_class (classifier=?)"] * 2),
        ({"classifier": "workflow"}, ["summary_start (child=?)"] * 2),
        ({"sort": "endTime:DESC"}, ["summary_end"]),
        ({"sort": "endTime:ASC", "query": "workflowType=a"}, ["summary_end"]),
        ({"sort": "updateTime:DESC"}, ["summary_end", "summary_update"]),
    ],
    ids=str,
)
def test_a_page_walks_indexes_in_order(db: sqlite3.Connection, asked: dict[str, str], indexes: list[str]) -> None:
    schema.migrate(db)
    statement, values = page_statement(parse_search(**asked), MANY)  # type: ignore[arg-type]
    found = plan(db, (statement, [*values, 10, 0]))
    for index, times in Counter(indexes).items():
        assert found.count(f"COVERING INDEX {index}") == times
    assert "INDEX summary_open" in found
    assert "SCAN summary\n" not in found + "\n"
    # Open ones have no end and are few; a walk against the order of the index sorts those of one millisecond.
    assert found.count("USE TEMP B-TREE FOR ORDER BY") == int("sort" in asked and "startTime" not in asked["sort"])


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("workflowId=w", "sqlite_autoindex_summary_1 (workflow_id=?)"),
        ("correlationId=c", "summary_correlation (correlation_id=?)"),
        ("parentWorkflowId=p AND status=FAILED", "summary_parent (parent_workflow_id=?)"),
    ],
)
def test_few_hits_are_found_by_an_index_of_their_own(db: sqlite3.Connection, query: str, index: str) -> None:
    schema.migrate(db)
    wanted = parse_search(query)
    statement, values = page_statement(wanted, 1)
    for asked in ((statement, [*values, 10, 0]), *counts(wanted)):
        assert index in plan(db, asked)
        assert "summary_open" not in plan(db, asked)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"query": "workflowType=a AND status IN (RUNNING, FAILED)"},
        {"query": "status!=COMPLETED OR workflowType=b*"},
        {"classifier": "workflow", "top_level_only": True},
    ],
    ids=str,
)
def test_kinds_are_counted_already(db: sqlite3.Connection, asked: dict[str, str]) -> None:
    schema.migrate(db)
    (only,) = counts(parse_search(**asked))  # type: ignore[arg-type]
    assert "SEARCH tally USING PRIMARY KEY (span=? AND bucket>? AND bucket<?)" in plan(db, only)


def test_of_a_time_range_only_the_ends_are_counted(db: sqlite3.Connection) -> None:
    schema.migrate(db)
    wanted = parse_search(f"workflowType=a AND startTime>{NOW} AND startTime<{NOW + 90 * DAY}")
    plans = [plan(db, each) for each in counts(wanted)]
    assert sum("tally" in each for each in plans) == 3
    rows = [each for each in plans if "tally" not in each]
    assert len(rows) == 4
    assert all("COVERING INDEX" in each and "start_time>? AND start_time<?" in each for each in rows)


ID, OTHER = "0199fbb9-1234-7abc-8def-0123456789ab", "0199FBB9-1234-7ABC-8DEF-0123456789AC"
CLASSES = (None, "agent", "workflow", "")
TIMES = (0, NOW, NOW + 1, NOW + DAY, NOW + 3 * DAY, NOW + 3 * DAY + (1 << 20), NOW + 40 * DAY)


def summaries(number: int, shift: int = 0) -> list[Summary]:
    """Of every kind, on and around the borders of what is counted together."""
    statuses = list(WorkflowStatus)
    return [
        summary(
            f"w{n:03}",
            workflow_type="ab"[(n + shift) % 5 % 2],
            status=statuses[(n + shift) % len(statuses)],
            start_time=TIMES[(n + shift) % len(TIMES)],
            update_time=NOW + n % 3,
            end_time=NOW + n % 2,
            parent_workflow_id=(None, "p")[(n + shift) // 11 % 2],
            input={"owner": ID} if n % 9 == 0 else {},
            classifier=CLASSES[(n + shift) // 3 % len(CLASSES)],
        )
        for n in range(number)
    ]


def ranges() -> list[Query]:
    """Every pair of ends, open and closed."""
    ends = sorted({time + off for time in TIMES for off in (-1, 0, 1)})
    pairs = [(low, high) for low in ends for high in ends if low <= high]
    return [
        And(
            (
                Comparison("startTime", ">" if n % 2 else ">=", low),
                Comparison("startTime", "<" if n % 3 else "<=", high),
            )
        )
        for n, (low, high) in enumerate(pairs)
    ]


def test_totals_are_exact_whatever_was_written_over_or_removed(db: sqlite3.Connection) -> None:
    schema.migrate(db)
    rows = {row.workflow_id: row for row in summaries(120)}
    commits.write(db, [rows_of(creation(name, summary=row)) for name, row in rows.items()], set())
    for row in summaries(60, shift=17):  # each twice in one batch
        again = [msgspec.structs.replace(row, status=status) for status in (WorkflowStatus.PAUSED, row.status)]
        commits.write(
            db,
            [rows_of(msgspec.structs.replace(creation(row.workflow_id), expected=1, summary=each)) for each in again],
            set(),
        )
        rows[row.workflow_id] = row
    for name in list(rows)[::5]:
        commits.remove(db, name)
        del rows[name]
    for query in ranges():
        counted = db.execute(*as_count(query)).fetchone()[0]
        assert page_of(db, Search(query, size=0)).total_hits == counted
    for classifier in ("agent", "workflow", "agent,workflow"):
        wanted = parse_search("workflowType=a AND status!=PAUSED", classifier=classifier, top_level_only=True)
        assert page_of(db, wanted).total_hits == len(page_of(db, wanted).results)
    assert page_of(db, Search()).total_hits == len(rows)


def as_count(query: Query) -> tuple[str, list[str | int]]:
    """Counts the rows themselves."""
    assert isinstance(query, And)
    low, high = query.parts
    assert isinstance(low, Comparison)
    assert isinstance(high, Comparison)
    where = f"start_time {low.operator} ? and start_time {high.operator} ?"
    return f"select count(*) from summary where {where}", [low.value, high.value]


def test_an_id_in_a_free_text_is_found_wherever_it_stands_without_reading_all(db: sqlite3.Connection) -> None:
    schema.migrate(db)
    changes: dict[str, dict[str, Any]] = {
        ID: {},
        "child": {"parent_workflow_id": ID},
        "correlated": {"correlation_id": ID},
        "prefixed": {"correlation_id": f"order-{ID}f", "input": {"id": ID}},
        "keyed": {"idempotency_key": ID.upper()},
        "input": {"input": {"deep": [f"<{ID.upper()}>"]}},
        "other": {"input": {"id": OTHER, "half": ID[:-1]}},
    }
    rows = [summary(name, **changed) for name, changed in changes.items()]
    commits.write(db, [rows_of(creation(row.workflow_id, summary=row)) for row in rows], set())

    def found(text: str) -> set[str]:
        page = page_of(db, parse_search(free_text=text))
        assert page.total_hits == len(page.results)
        return {row.workflow_id for row in page.results}

    assert found(ID) == found(ID.upper()) == changes.keys() - {"other"}
    assert found(f"<{ID}") == {"input"}
    assert found(OTHER.lower()) == {"other"}
    assert found(ID[:-1]) == set(changes)
    statement, values = page_statement(parse_search(free_text=ID), 6)
    for asked in ((statement, [*values, 10, 0]), *counts(parse_search(free_text=ID))):
        assert "SEARCH summary USING INTEGER PRIMARY KEY (rowid=?)" in plan(db, asked)
        assert "SCAN summary" not in plan(db, asked)
    changed = rows_of(msgspec.structs.replace(creation("input"), expected=1, summary=summary("input")))
    commits.write(db, [changed], set())
    assert found(ID) == changes.keys() - {"other", "input"}
    for name in changes:
        commits.remove(db, name)
    assert db.execute("select uuid, summary from mention").fetchall() == [(ID, 6)]  # of what was written over


def test_a_file_of_the_second_version_is_searched_like_any(db: sqlite3.Connection) -> None:
    for statement in (*schema.MIGRATIONS[0], *schema.MIGRATIONS[1]):
        db.execute(statement)
    db.execute("pragma user_version = 2")
    rows = [msgspec.structs.replace(row, classifier=row.classifier or None) for row in summaries(60)]
    columns = [column for column in SUMMARY_ROW if column not in ("ended", "child")]
    for row in rows:
        written = dict(zip(SUMMARY_ROW, rows_of(creation(row.workflow_id, summary=row)).summary or (), strict=True))
        statement = f"insert into summary({','.join(columns)}) values({','.join('?' * len(columns))})"
        db.execute(statement, [written[column] for column in columns])
    schema.migrate(db)
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(fresh)
    commits.write(fresh, [rows_of(creation(row.workflow_id, summary=row)) for row in rows], set())
    for asked in ("", f"startTime>{NOW}", "status=FAILED", "classifier=agent AND workflowType=a"):
        for sort in ("startTime:DESC", "endTime:ASC", "updateTime:DESC"):
            wanted = parse_search(asked, sort=sort)
            assert page_of(db, wanted) == page_of(fresh, wanted)
    for asked_for in (
        "* from tally",
        "* from task_tally",
        "* from mention",
        "type, name from sqlite_schema where type <> 'table'",
    ):
        migrated, made = [set(each.execute(f"select {asked_for}")) for each in (db, fresh)]
        assert migrated == made
    fresh.close()
