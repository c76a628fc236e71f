"""Searches for tasks, over the columns that stand beside each task; `engine.search_rows` says what they mean.

What another process has handed to a worker shows a moment later, with everything else that it puts off.
"""

from __future__ import annotations

import msgspec

from engine.errors import InvalidInput
from engine.model import Task
from engine.ports import FoundTasks
from engine.search import EVERYTHING, HasTask, Query, Search
from storage.mongo.client import Doc, insist
from storage.mongo.collections import Collections
from storage.mongo.search import compiled, found_in, tells
from storage.search import COLUMNS, task_order_of

MOST_OWNERS = 100_000
"""Executions that a search by their tasks may be about: their ids are one list in the next question."""
_SILENT = frozenset({"workflowId", "taskId"})
"""What a removed task keeps."""
_THERE: Doc = {"seq": {"$gte": 0}}
"""Not what is left of it. The index of an execution's tasks has this column."""
_NAMES = {"_id": "workflow_id", "task_id": "_id"}
"""What the columns of summaries are called here."""

_task = msgspec.json.Decoder(Task)


async def tasks_of(collections: Collections, wanted: Search) -> FoundTasks:
    """One page, and the exact number of hits at about the same moment."""
    where = task_condition(wanted.query, wanted.free_text)
    sort: dict[str, int] = {}
    for key in task_order_of(wanted):
        column = COLUMNS[key.field] if key.field == "workflowId" else _name(COLUMNS[key.field])
        sort.setdefault(column, -1 if key.descending else 1)

    total, docs = await found_in(collections.tasks, where, sort, wanted)
    return FoundTasks(total, tuple(map(_task.decode, docs)))


async def owners(collections: Collections, wanted: HasTask) -> Doc:
    """The condition of executions with a task that fits; `InvalidInput` when there are too many of them."""
    where = task_condition(wanted.query, wanted.free_text)
    steps: list[Doc] = [{"$match": where}, {"$group": {"_id": "$workflow_id"}}, {"$limit": MOST_OWNERS + 1}]

    async def found() -> list[Doc]:
        return await (await collections.tasks.aggregate(steps)).to_list()

    ids = [row["_id"] for row in await insist(found)]
    if len(ids) > MOST_OWNERS:
        raise InvalidInput(f"More than {MOST_OWNERS} executions have such a task; narrow the query.")
    return {"_id": {"$in": ids}}


def task_condition(query: Query, free_text: str) -> Doc:
    """The condition of a query and a free text over tasks."""
    if query == EVERYTHING and not free_text:
        return {"task_type": {"$gte": ""}}
    found = _renamed(compiled(query, free_text))
    if free_text or tells(query, _SILENT):
        return found
    return {"$and": [found, _THERE]} if _THERE.keys() & found.keys() or "$and" in found else {**found, **_THERE}


def _renamed(condition: Doc) -> Doc:
    return {
        _name(key): [_renamed(part) for part in value] if key in ("$and", "$or", "$nor") else value
        for key, value in condition.items()
    }


def _name(column: str) -> str:
    return _NAMES.get(column, column)
