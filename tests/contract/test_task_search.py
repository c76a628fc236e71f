"""Searches for tasks, and for executions by their tasks: what each form finds, and that every store finds the same."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.model import Task
from engine.ports import Commit, FoundTasks, Page, Store
from engine.search import And, Comparison, HasTask, IsNull, OneOf, Or, Query, Search, Sort, StartsWith
from engine.status import TaskStatus
from tests.contract.executions import NOW, create, creation, summary, task
from tests.contract.searches import searches_by_tasks, task_rows, task_searches
from tests.contract.stores import made

COMPLETED, FAILED, IN_PROGRESS = TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.IN_PROGRESS
ROWS = (
    task("t1", "w1", 1, task_type="pay", task_def_name="pay", start_time=NOW + 1, input_data={"Key": "Väl%ue"}),
    task("t2", "w1", 2, task_type="HTTP", task_def_name="pay", status=COMPLETED, start_time=NOW + 2, end_time=NOW + 9),
    task("t3", "w2", 1, task_type="pay", task_def_name="pay", status=FAILED, start_time=NOW + 3, end_time=NOW + 4),
    task("t4", "w2", 2, task_type="ship_it", task_def_name="ship_it", status=IN_PROGRESS, correlation_id="c"),
)
FORMS: list[tuple[Query, str]] = [
    (And(()), "t1 t2 t3 t4"),
    (Or(()), ""),
    (Comparison("taskType", "=", "pay"), "t1 t3"),
    (Comparison("taskDefName", "=", "pay"), "t1 t2 t3"),
    (OneOf("taskDefName", ("pay", "ship_it")), "t1 t2 t3 t4"),
    (And((Comparison("taskDefName", "=", "pay"), Comparison("status", "=", "COMPLETED"))), "t2"),
    (Comparison("taskType", "=", "PA*"), "t1 t3"),
    (Comparison("taskType", "!=", "pay"), "t2 t4"),
    (Comparison("status", "=", "FAILED"), "t3"),
    (Comparison("status", "!=", "COMPLETED"), "t1 t3 t4"),
    (OneOf("status", ("SCHEDULED", "FAILED")), "t1 t3"),
    (Comparison("workflowId", "=", "w1"), "t1 t2"),
    (Comparison("taskId", "=", "t4"), "t4"),
    (Comparison("taskId", "!=", "t4"), "t1 t2 t3"),
    (IsNull("taskId"), ""),
    (IsNull("startTime"), "t4"),
    (Comparison("startTime", ">", NOW + 1), "t2 t3"),
    (Comparison("endTime", "<", NOW + 100), "t2 t3"),
    (StartsWith("taskType", "ship_"), "t4"),
    (Or((Comparison("correlationId", "=", "c"), Comparison("scheduledTime", "<", NOW))), "t4"),
]


async def fill(store: Store) -> None:
    for workflow_id in ("w1", "w2"):
        rows = tuple(row for row in ROWS if row.workflow_instance_id == workflow_id)
        await store.commit(creation(workflow_id, tasks=rows, summary=summary(workflow_id)))


async def found(store: Store, query: Query, free_text: str = "") -> list[str]:
    page = await store.search_tasks(Search(query, free_text, sort=(Sort("taskId"),)))
    assert page.total_hits == len(page.results)
    return [row.task_id for row in page.results]


@pytest.mark.parametrize(("query", "expected"), FORMS, ids=lambda value: str(value) if isinstance(value, str) else "")
async def test_each_form_of_a_query(store: Store, query: Query, expected: str) -> None:
    await fill(store)
    assert await found(store, query) == expected.split()


async def test_free_text_is_a_part_of_the_task(store: Store) -> None:
    await fill(store)
    assert await found(store, And(()), "Väl%UE") == ["t1"]
    assert await found(store, Comparison("taskType", "=", "pay"), '"STATUS":"FAI') == ["t3"]


async def test_a_page_is_a_part_the_newest_comes_first_and_the_total_is_all(store: Store) -> None:
    await fill(store)
    assert await store.search_tasks(Search()) == FoundTasks(4, (ROWS[2], ROWS[1], ROWS[0], ROWS[3]))
    assert await store.search_tasks(Search(start=1, size=2)) == FoundTasks(4, (ROWS[1], ROWS[0]))
    assert await store.search_tasks(Search(size=0)) == FoundTasks(4, ())


async def test_a_search_sees_what_became_of_a_task_and_none_that_was_removed(store: Store) -> None:
    await create(store, tasks=(task("t1"), task("t2", seq=2)), summary=summary())
    ended = task("t1", status=FAILED, end_time=NOW + 5)
    await store.commit(Commit(workflow_id="w1", expected=1, tasks=(ended,)))
    assert await found(store, Comparison("status", "=", "FAILED")) == ["t1"]
    await store.commit(Commit(workflow_id="w1", expected=2, tasks=(task("t1", status=IN_PROGRESS),)))
    assert await found(store, Comparison("status", "=", "FAILED")) == []
    await store.commit(Commit(workflow_id="w1", expected=3, removed=("t2",)))
    assert await found(store, And(())) == ["t1"]
    assert await found(store, Comparison("taskId", "!=", "t9")) == ["t1"]
    await store.remove("w1")
    assert await store.search_tasks(Search()) == FoundTasks(0, ())
    assert await found(store, Comparison("workflowId", "=", "w1")) == []


async def test_a_poll_shows_in_the_next_search(store: Store) -> None:
    await create(store, tasks=(task(),))
    await store.commit(
        Commit(workflow_id="w1", expected=1, touch=True, tasks=(task(status=IN_PROGRESS, start_time=NOW + 1),))
    )
    assert await found(store, Comparison("status", "=", "IN_PROGRESS")) == ["t1"]


async def test_executions_by_their_tasks_are_counted_once(store: Store) -> None:
    await fill(store)

    async def owners(query: Query, free_text: str = "") -> list[str]:
        page = await store.search(Search(sort=(Sort("workflowId"),), has_task=HasTask(query, free_text)))
        assert page.total_hits == len(page.results)
        return [row.workflow_id for row in page.results]

    assert await owners(And(())) == ["w1", "w2"]
    assert await owners(Comparison("taskDefName", "=", "pay")) == ["w1", "w2"]
    assert await owners(Comparison("status", "=", "FAILED")) == ["w2"]
    assert await owners(And(()), "vÄl%") == []
    assert await owners(And(()), "väl%") == ["w1"]


Answers = list[FoundTasks | Page]


async def answers(name: str, flows: list[list[Task]], changed: list[TaskStatus], asked: list[Search]) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        store = made(name, Path(folder))
        await store.open(lambda _: None)
        try:
            for number, rows in enumerate(flows):
                workflow_id = f"w{number:02}"
                await store.commit(creation(workflow_id, tasks=tuple(rows), summary=summary(workflow_id)))
                if rows and number < len(changed):
                    again = task(rows[0].task_id, workflow_id, rows[0].seq, status=changed[number])
                    await store.commit(Commit(workflow_id=workflow_id, expected=1, tasks=(again,)))
            return [await (store.search if each.has_task else store.search_tasks)(each) for each in asked]
        finally:
            await store.close()


def same(name: str, flows: list[list[Task]], changed: list[TaskStatus], asked: list[Search]) -> None:
    assert asyncio.run(answers(name, flows, changed, asked)) == asyncio.run(answers("memory", flows, changed, asked))


ASKED = task_searches() | searches_by_tasks()
CHANGED = st.lists(st.sampled_from(TaskStatus), max_size=4)


@pytest.mark.parametrize("name", ["sqlite", "mongomock"])
@given(flows=task_rows(), changed=CHANGED, asked=st.lists(ASKED, min_size=1, max_size=8))
def test_what_one_store_finds_every_store_finds(
    name: str, flows: list[list[Task]], changed: list[TaskStatus], asked: list[Search]
) -> None:
    same(name, flows, changed, asked)


@pytest.mark.parametrize("name", ["wire", "mongodb"])
@settings(max_examples=4, phases=[Phase.generate])  # each makes a database of its own over the wire
@given(flows=task_rows(), changed=CHANGED, asked=st.lists(ASKED, min_size=20, max_size=30))
def test_what_one_store_finds_a_server_finds(
    name: str, flows: list[list[Task]], changed: list[TaskStatus], asked: list[Search]
) -> None:
    same(name, flows, changed, asked)
