"""Random summaries and searches over them: few values, so that they meet."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from engine.model import Summary, Task
from engine.search import (
    NUMBER_FIELDS,
    SEARCH_FIELDS,
    TASK_FIELDS,
    TEXT_FIELDS,
    And,
    Comparison,
    Field,
    HasTask,
    IsNull,
    OneOf,
    Or,
    Query,
    Search,
    Sort,
    StartsWith,
)
from engine.status import TaskStatus, WorkflowStatus
from tests.contract.executions import summary, task

WORDS = st.sampled_from(["a", "A", "ab", "aB%", "b_a", "b\\a", "Ärger", "ä", "", "10", "it's", 'say "so"', "x*y"])
PATTERNS = st.sampled_from(
    ["*", "a*", "*B", "*a*", "a*b*", "*%*", "*_*", "*\\*", "ä*", "*ä*", "**", "a*a", "*é", "x*y*"]
)
NUMBERS = st.sampled_from([0, 1, 2, 5, 10, 2**62])
ODD = st.sampled_from(["nonsense", "", "7", "1.5", 10**30, -(10**30)])
EARLY_AND_LATE = st.sampled_from([0, 5, 10, 1_700_000_000_000])


def summaries() -> st.SearchStrategy[list[Summary]]:
    """Up to twelve search rows with different ids."""
    rows = st.fixed_dictionaries(
        {
            "workflow_type": WORDS,
            "version": st.integers(1, 3),
            "status": st.sampled_from(WorkflowStatus),
            "start_time": EARLY_AND_LATE,
            "update_time": EARLY_AND_LATE,
            "end_time": EARLY_AND_LATE,
            "correlation_id": st.none() | WORDS,
            "parent_workflow_id": st.none() | WORDS,
            "priority": st.integers(0, 3),
            "classifier": st.none() | WORDS,
            "input": st.dictionaries(WORDS, WORDS, max_size=2),
        }
    )
    return st.lists(rows, max_size=12).map(lambda found: [_row(n, values) for n, values in enumerate(found)])


def _row(number: int, values: dict[str, Any]) -> Summary:
    return msgspec.structs.replace(summary(f"w{number:02}"), **values)


def task_rows() -> st.SearchStrategy[list[list[Task]]]:
    """For up to four executions, `w00` and so on, up to five tasks each."""
    rows = st.fixed_dictionaries(
        {
            "task_type": WORDS,
            "task_def_name": WORDS,
            "workflow_type": WORDS,
            "status": st.sampled_from(TaskStatus),
            "correlation_id": st.none() | WORDS,
            "scheduled_time": EARLY_AND_LATE,
            "start_time": EARLY_AND_LATE,
            "end_time": EARLY_AND_LATE,
            "update_time": EARLY_AND_LATE,
            "input_data": st.dictionaries(WORDS, WORDS, max_size=1),
        }
    )
    return st.lists(st.lists(rows, max_size=5), max_size=4).map(
        lambda flows: [[_task(n, seq, values) for seq, values in enumerate(tasks)] for n, tasks in enumerate(flows)]
    )


def _task(number: int, seq: int, values: dict[str, Any]) -> Task:
    return msgspec.structs.replace(task(f"t{number}-{seq}", f"w{number:02}", seq), **values)


def _comparisons(fields: frozenset[Field]) -> st.SearchStrategy[Query]:
    operators = st.sampled_from(["=", "!=", "<", ">", "<=", ">="])
    states = [*WorkflowStatus] if fields is SEARCH_FIELDS else [*TaskStatus]
    statuses = st.builds(Comparison, st.just("status"), st.sampled_from(["=", "!="]), st.sampled_from(states).map(str))
    names = sorted(fields & TEXT_FIELDS)
    texts = st.builds(Comparison, st.sampled_from(names), operators, WORDS | PATTERNS | NUMBERS)
    others = sorted(fields - TEXT_FIELDS)
    numbers = st.builds(Comparison, st.sampled_from(others), operators, NUMBERS | EARLY_AND_LATE | ODD)
    return statuses | texts | numbers


def queries(of: frozenset[Field] = SEARCH_FIELDS) -> st.SearchStrategy[Query]:
    """Queries of every form over these fields."""
    fields = st.sampled_from(sorted(of))
    values = st.lists(WORDS | NUMBERS | st.sampled_from(WorkflowStatus).map(str), max_size=4).map(tuple)
    leaves: st.SearchStrategy[Query] = st.one_of(
        _comparisons(of),
        st.builds(OneOf, fields, values),
        st.builds(IsNull, fields, st.booleans()),
        st.builds(StartsWith, st.sampled_from(sorted(of & (TEXT_FIELDS | NUMBER_FIELDS))), WORDS),
    )
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(And, st.lists(inner, max_size=3).map(tuple))
            | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        ),
        max_leaves=6,
    )


def searches(of: frozenset[Field] = SEARCH_FIELDS) -> st.SearchStrategy[Search]:
    """Whole searches: query, free text, order, page."""
    sorts = st.builds(Sort, st.sampled_from(sorted(of)), st.booleans())
    return st.builds(
        Search,
        query=queries(of),
        free_text=st.just("") | WORDS | st.sampled_from(["flow", '"status":"run', "STATUS", "ÄRGER", "%", "w0_"]),
        start=st.integers(0, 3),
        size=st.integers(0, 12),
        sort=st.lists(sorts, max_size=3).map(tuple),
    )


def task_searches() -> st.SearchStrategy[Search]:
    """Searches for tasks."""
    return searches(TASK_FIELDS)


def searches_by_tasks() -> st.SearchStrategy[Search]:
    """Searches for executions by their tasks."""
    wanted = st.builds(HasTask, queries(TASK_FIELDS), st.sampled_from(["", "work", "ä"]))
    return st.builds(Search, has_task=wanted, size=st.integers(0, 5))
