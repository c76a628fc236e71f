"""Searches: what each form of a query finds, and that every store finds the same."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.model import Summary
from engine.ports import Commit, Page, Store
from engine.search import And, Comparison, IsNull, OneOf, Or, Query, Search, Sort, StartsWith
from engine.status import WorkflowStatus
from tests.contract.executions import COMPLETED, NOW, create, creation, summary
from tests.contract.searches import searches, summaries
from tests.contract.stores import made

RUNNING = WorkflowStatus.RUNNING
ROWS = (
    summary("w1", workflow_type="Order", correlation_id="c-1", start_time=NOW + 1, input={"Key": "Väl%ue"}),
    summary("w2", workflow_type="order", status=COMPLETED, start_time=NOW + 2, end_time=NOW + 9, priority=5),
    summary("w3", workflow_type="ship_it", status=COMPLETED, start_time=NOW + 3, end_time=NOW + 4, classifier="agent"),
    summary("w4", workflow_type="shipXit", parent_workflow_id="w1", start_time=NOW + 3, correlation_id=""),
)


async def found(store: Store, query: Query, **how: object) -> list[str]:
    page = await store.search(Search(query, sort=(Sort("workflowId"),), **how))  # type: ignore[arg-type]
    assert page.total_hits == len(page.results)
    return [row.workflow_id for row in page.results]


async def fill(store: Store, rows: tuple[Summary, ...] | list[Summary] = ROWS) -> None:
    await asyncio.gather(*(store.commit(creation(row.workflow_id, summary=row)) for row in rows))


FORMS: list[tuple[Query, str]] = [
    (And(()), "w1 w2 w3 w4"),
    (Or(()), ""),
    (Comparison("workflowType", "=", "order"), "w2"),
    (Comparison("workflowType", "!=", "order"), "w1 w3 w4"),
    (Comparison("workflowType", "=", "ORD*"), "w1 w2"),
    (Comparison("workflowType", "=", "*_*"), "w3"),
    (Comparison("workflowType", "=", "s*p*t"), "w3 w4"),
    (Comparison("workflowType", "=", "s*t*t"), ""),
    (Comparison("workflowType", "!=", "ship*"), "w1 w2"),
    (Comparison("workflowType", "<", "order"), "w1"),
    (Comparison("correlationId", "!=", "c-1"), "w2 w3 w4"),
    (Comparison("correlationId", "!=", "*"), "w2 w3"),
    (Comparison("correlationId", "=", ""), "w4"),
    (Comparison("status", "=", "completed"), ""),
    (Comparison("startTime", ">", NOW + 2), "w3 w4"),
    (Comparison("startTime", "<=", str(NOW + 2)), "w1 w2"),
    (Comparison("endTime", "<", NOW + 100), "w2 w3"),
    (Comparison("endTime", "=", "soon"), ""),
    (Comparison("endTime", "!=", "soon"), "w1 w2 w3 w4"),
    (Comparison("priority", ">=", 10**40), ""),
    (Comparison("priority", "=", 5), "w2"),
    (OneOf("status", ("RUNNING", "FAILED")), "w1 w4"),
    (OneOf("version", (1, "1")), "w1 w2 w3 w4"),
    (OneOf("workflowType", ()), ""),
    (IsNull("endTime"), "w1 w4"),
    (IsNull("parentWorkflowId", negated=True), "w4"),
    (StartsWith("workflowType", "ship_"), "w3"),
    (StartsWith("workflowType", "Ship"), ""),
    (StartsWith("classifier", ""), "w3"),
    (And((Comparison("status", "=", "COMPLETED"), Comparison("priority", "<", 5))), "w3"),
    (Or((Comparison("workflowId", "=", "w4"), And((IsNull("classifier"), Comparison("priority", ">", 0))))), "w2 w4"),
]


@pytest.mark.parametrize(("query", "expected"), FORMS, ids=lambda value: str(value) if isinstance(value, str) else "")
async def test_each_form_of_a_query(store: Store, query: Query, expected: str) -> None:
    await fill(store)
    assert await found(store, query) == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "w1 w2 w3 w4"),
        ("VÄL%", ""),
        ("Väl%UE", "w1"),
        ("l_u", ""),
        ('"status":"completed"', "w2 w3"),
        ("SHIP", "w3 w4"),
    ],
)
async def test_free_text_is_a_part_of_the_summary(store: Store, text: str, expected: str) -> None:
    await fill(store)
    assert await found(store, And(()), free_text=text) == expected.split()


async def test_results_are_the_stored_summaries(store: Store) -> None:
    await fill(store)
    page = await store.search(Search(sort=(Sort("workflowId"),)))
    assert page == Page(4, ROWS)


async def test_by_default_the_newest_comes_first_and_ids_break_ties(store: Store) -> None:
    await fill(store)
    for search in (Search(), Search(sort=())):
        assert [row.workflow_id for row in (await store.search(search)).results] == ["w3", "w4", "w2", "w1"]


async def test_sort_keys_apply_in_order_and_unset_values_are_lowest(store: Store) -> None:
    await fill(store)
    page = await store.search(Search(sort=(Sort("endTime"), Sort("startTime", descending=True))))
    assert [row.workflow_id for row in page.results] == ["w4", "w1", "w3", "w2"]
    page = await store.search(Search(sort=(Sort("endTime", descending=True),)))
    assert [row.workflow_id for row in page.results] == ["w2", "w3", "w1", "w4"]


async def test_a_page_is_a_part_and_the_total_is_all(store: Store) -> None:
    await fill(store)
    page = await store.search(Search(start=1, size=2))
    assert (page.total_hits, [row.workflow_id for row in page.results]) == (4, ["w4", "w2"])
    assert await store.search(Search(start=9)) == Page(4, ())


async def test_a_search_sees_the_latest_summary_and_none_that_was_removed(store: Store) -> None:
    await create(store, summary=summary())
    await create(store, "w2", summary=summary("w2"))
    ended = summary(status=COMPLETED, end_time=NOW + 5)
    await store.commit(Commit(workflow_id="w1", expected=1, summary=ended))
    assert await store.search(Search(Comparison("status", "=", "COMPLETED"))) == Page(1, (ended,))
    assert await found(store, Comparison("status", "=", "RUNNING")) == ["w2"]
    await store.remove("w1")
    await store.remove("w2")
    assert await store.search(Search()) == Page(0, ())


async def test_an_execution_without_a_summary_is_not_found(store: Store) -> None:
    await create(store)
    assert await found(store, And(())) == []


async def test_long_and_wide_queries_are_answered(store: Store) -> None:
    await fill(store)
    many = tuple(Comparison("workflowId", "=", f"x{n}") for n in range(3_000))
    assert await found(store, Or((*many, Comparison("workflowId", "=", "w2")))) == ["w2"]
    assert await found(store, OneOf("workflowId", (*(f"x{n}" for n in range(40_000)), "w3"))) == ["w3"]
    assert await found(store, Comparison("workflowType", "=", "o*" + "*" * 9_998)) == ["w1", "w2"]
    with pytest.raises(InvalidInput, match="workflowType"):
        await found(store, Comparison("workflowType", "=", "a*" * 40_000))


async def pages(name: str, rows: list[Summary], changed: list[Summary], asked: list[Search]) -> list[Page]:
    with tempfile.TemporaryDirectory() as folder:
        store = made(name, Path(folder))
        await store.open(lambda _: None)
        try:
            await fill(store, rows)
            for row in changed:
                await store.commit(Commit(workflow_id=row.workflow_id, expected=1, summary=row))
            return [await store.search(search) for search in asked]
        finally:
            await store.close()


def same(name: str, rows: list[Summary], changes: list[Summary], asked: list[Search]) -> None:
    changed = changes[: len(rows)]
    expected = asyncio.run(pages("memory", rows, changed, asked))
    assert asyncio.run(pages(name, rows, changed, asked)) == expected


@pytest.mark.parametrize("name", ["sqlite", "mongomock"])
@given(rows=summaries(), changes=summaries(), asked=st.lists(searches(), min_size=1, max_size=8))
def test_what_one_store_finds_every_store_finds(
    name: str, rows: list[Summary], changes: list[Summary], asked: list[Search]
) -> None:
    same(name, rows, changes, asked)


@pytest.mark.parametrize("name", ["wire", "mongodb"])
@settings(max_examples=6, phases=[Phase.generate])  # each makes a database of its own over the wire
@given(rows=summaries(), changes=summaries(), asked=st.lists(searches(), min_size=20, max_size=30))
def test_what_one_store_finds_a_server_finds(
    name: str, rows: list[Summary], changes: list[Summary], asked: list[Search]
) -> None:
    same(name, rows, changes, asked)
