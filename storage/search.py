"""What a search means, for every store: columns, stored values and orders.

A row is the summary of an execution, or a task. What a query says of it stands in `engine.search_rows`; free text
ignores the case of ASCII letters, as patterns do.
"""

from __future__ import annotations

import msgspec

from engine.model import Summary, Task
from engine.search import SEARCH_FIELDS, TASK_FIELDS, TIME_FIELDS, Field, Query, Search, Sort
from engine.search_rows import Predicate, Row, RowSearch, Value

COLUMNS: dict[Field, str] = {
    "workflowId": "workflow_id",
    "workflowType": "workflow_type",
    "correlationId": "correlation_id",
    "status": "status",
    "parentWorkflowId": "parent_workflow_id",
    "classifier": "classifier",
    "startTime": "start_time",
    "endTime": "end_time",
    "updateTime": "update_time",
    "version": "version",
    "priority": "priority",
    "taskId": "task_id",
    "taskType": "task_type",
    "taskDefName": "task_def_name",
    "scheduledTime": "scheduled_time",
}
SUMMARY_COLUMNS = {field: column for field, column in COLUMNS.items() if field in SEARCH_FIELDS}
TASK_COLUMNS = {field: column for field, column in COLUMNS.items() if field in TASK_FIELDS}

_json = msgspec.json.Encoder()


def stored_value(row: Summary | Task, field: Field) -> Value | None:
    """The comparable value of a field; None when it is unset (a time of 0 is)."""
    if field == "workflowId":
        return row.workflow_instance_id if isinstance(row, Task) else row.workflow_id
    value: Value | None = getattr(row, COLUMNS[field])
    return None if field in TIME_FIELDS and not value else value


SUMMARIES: RowSearch[Summary] = RowSearch(stored_value)
TASKS: RowSearch[Task] = RowSearch(stored_value)


def order_of(search: Search) -> tuple[Sort, ...]:
    """The sort keys of a search, made total: newest first by default, and ids break ties."""
    return (*(search.sort or (Sort("startTime", descending=True),)), Sort("workflowId"))


def task_order_of(search: Search) -> tuple[Sort, ...]:
    """The same for a search for tasks."""
    return (*(search.sort or (Sort("startTime", descending=True),)), Sort("taskId"))


def summary_json(summary: Summary) -> str:
    """The text that free text is looked for in."""
    return _json.encode(summary).decode()


def matches(rows: RowSearch[Row], wanted: Query, free_text: str) -> Predicate[Row]:
    """The predicate of a query and a free text."""
    query, needle = rows.predicate(wanted), free_text.encode().lower()
    if not needle:
        return query
    return lambda row: query(row) and needle in _json.encode(row).lower()
