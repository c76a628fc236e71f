"""`jsonData=*text*` is what free text searches."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.search import EVERYTHING, And, Comparison, HasTask, Query
from engine.search_parser import parse_search, parse_search_by_tasks, parse_task_search

A = Comparison("status", "=", "A")
B = Comparison("workflowType", "=", "b")


@pytest.mark.parametrize(
    ("text", "query", "free_text"),
    [
        ("jsonData=*Alpha beta*", EVERYTHING, "Alpha beta"),
        ("jsonData='*x*' AND status=A", A, "x"),
        ("status=A AND jsonData IN (*x*) AND workflowType=b", And((A, B)), "x"),
        ("status=A", A, ""),
    ],
)
def test_it_becomes_the_free_text(text: str, query: Query, free_text: str) -> None:
    for parse in (parse_search, parse_task_search):
        found = parse(text)
        assert (found.query, found.free_text) == (query, free_text)
    assert parse_search_by_tasks(text).has_task == HasTask(query, free_text)


@pytest.mark.parametrize(
    "text",
    [
        "jsonData=x",
        "jsonData=*x",
        "jsonData=*a*b*",
        "jsonData=**",
        "jsonData!=*x*",
        "jsonData IS null",
        "jsonData=*x* AND jsonData=*y*",
        "jsonData=*x* OR status=A",
        "status=A AND (jsonData=*x* OR workflowType=b)",
    ],
)
def test_what_free_text_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="jsonData can be asked for once"):
        parse_search(text)


def test_it_is_refused_beside_a_free_text() -> None:
    with pytest.raises(InvalidInput, match="without freeText"):
        parse_search("jsonData=*x*", "y")
