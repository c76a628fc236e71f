"""No query of the store scans a collection: the server explains everything that a tour through the port sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from engine.effects import PublishEvent
from engine.ports import Commit, Document, Limit, PollRecord
from engine.requests import TaskExecLog
from engine.search import And, Comparison, HasTask, Or, Search, Sort, StartsWith
from storage.mongo import MongoStore
from storage.mongo.client import Doc
from storage.mongo.collections import INDEXES
from tests.contract.executions import NOW, claimed, create, creation, enqueue, entry, finish, header, summary, task
from tests.contract.stores import REAL
from tests.mongo.engines import Commands, connected, told

LIMIT = Limit("work", concurrent=2, per_window=3, window_ms=1_000)
SEARCHES = (
    Search(),
    Search(Comparison("workflowType", "=", "flow")),
    Search(And((Comparison("workflowType", "=", "flow"), Comparison("status", "=", "RUNNING")))),
    Search(Comparison("correlationId", "=", "c")),
    Search(Comparison("parentWorkflowId", "=", "p")),
    Search(Comparison("workflowId", "=", "w1")),
    Search(Or((Comparison("status", "=", "FAILED"), Comparison("status", "=", "RUNNING"))), free_text="x"),
    Search(StartsWith("workflowType", "fl"), sort=(Sort("endTime"),)),
    Search(Comparison("workflowId", ">", "w"), sort=(Sort("workflowId"),)),
)
TASK_SEARCHES = (
    Search(),
    Search(Comparison("taskType", "=", "work")),
    Search(Comparison("taskDefName", "=", "work")),
    Search(Comparison("status", "=", "SCHEDULED")),
    Search(Comparison("workflowId", "=", "w1")),
    Search(Comparison("taskId", "=", "t1")),
    Search(And((Comparison("startTime", ">", NOW), Comparison("startTime", "<", NOW + 9)))),
)


async def tour(store: MongoStore) -> None:
    """Every method of the port, with everything that can stand in a commit."""
    await create(
        store, header=header(outbox=(PublishEvent("k", "s"),), deadline=NOW), summary=summary(correlation_id="c"),
        tasks=(task(deadline=NOW), task("t2", seq=2)), enqueue=(entry(),),
        snapshot=Document("snapshot", "s", b"{}"),
    )  # fmt: skip
    assert await claimed(store) == ["t1"]
    await store.commit(Commit(workflow_id="w1", expected=1, touch=True, tasks=(task(poll_count=1),)))
    await store.commit(Commit(workflow_id="w1", expected=1, removed=("t2",), dequeue=("t1",)))
    for n in range(3):
        await enqueue(store, f"l{n}", LIMIT)
    await store.release((await claimed(store))[:1])
    await finish(store, "l1")
    for look in (store.load("w1"), store.changes("w1", 1), store.workflow_of("t1"), store.with_outbox(5)):
        await look
    await asyncio.gather(store.correlated("flow", "c"), store.by_idempotency_key("flow", "i"))
    await asyncio.gather(store.queue_sizes(), store.next_available("work"), store.next_deadline())
    await store.due(NOW, 5)
    await asyncio.gather(*(store.search(search) for search in SEARCHES))
    await asyncio.gather(*(store.search_tasks(search) for search in TASK_SEARCHES))
    await store.search(Search(has_task=HasTask(Comparison("taskType", "=", "work"))))
    await store.put_document(Document("task", "t", b"{}"))
    await asyncio.gather(
        store.list_documents("task"), store.list_documents("task", "t"), store.documents_version(["task", "workflow"])
    )
    await store.document_kinds()
    await store.delete_document("task", "t")
    await store.add_logs([TaskExecLog("x", "t1")])
    await store.logs("t1")
    await store.put_polls([PollRecord("work", "d", "w", NOW)])
    await store.polls("work")
    with pytest.raises(Exception, match="w1"):
        await store.commit(creation())
    await store.remove("w1")
    await create(store)


async def sent(uri: str) -> Commands:
    heard = Commands()
    store = MongoStore(uri, connect=lambda uri: connected(uri, heard))
    await store.open(lambda _: None)
    try:
        await tour(store)
    finally:
        await store.close()
    return heard


def queries(name: str, command: Doc) -> Iterator[tuple[Doc, Doc | None]]:
    """The conditions of a command, each with its sort."""
    if name == "find":
        yield command.get("filter", {}), command.get("sort")
    elif name == "findAndModify":
        yield command["query"], command.get("sort")
    elif name == "update":
        yield from ((update["q"], None) for update in command["updates"])
    elif name == "delete":
        yield from ((delete["q"], None) for delete in command["deletes"])
    elif name == "distinct":
        yield command["query"], None
    elif name == "aggregate" and "$match" in command["pipeline"][0]:
        yield command["pipeline"][0]["$match"], None


def stages(plan: Any) -> Iterator[str]:
    """The names of all stages of a plan."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan["stage"]
        for part in plan.values():
            yield from stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from stages(part)


def test_no_query_scans_a_collection(uri: str) -> None:
    heard = told(sent(uri))
    found = {
        (collection, repr(where), repr(sort)): (collection, where, sort)
        for name, collection, command in heard.sent
        for where, sort in queries(name, command)
    }
    assert {name for name, _ in heard.names} >= {"find", "findAndModify", "update", "delete", "distinct", "aggregate"}
    assert len(found) > 60
    scans = []
    with MongoClient[Doc](uri) as client:
        database = client.get_default_database()
        for collection, where, sort in found.values():
            if not REAL and ("_id" in where or "$or" in where):
                continue  # the wire-protocol server looks ids up as well, but its explanations do not show it
            question: Doc = {"find": collection, "filter": where, **({"sort": sort} if sort else {})}
            plan = database.command("explain", question)["queryPlanner"]["winningPlan"]
            if "COLLSCAN" in stages(plan):
                scans.append((collection, where, sort))
    assert scans == []


def test_every_index_is_made_under_its_name(uri: str) -> None:
    told(sent(uri))
    with MongoClient[Doc](uri) as client:
        database = client.get_default_database()
        made = {name: set(database[name].index_information()) - {"_id_"} for name in INDEXES}
    assert made == {name: {str(index.document["name"]) for index in indexes} for name, indexes in INDEXES.items()}
