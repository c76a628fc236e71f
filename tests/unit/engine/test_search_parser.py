"""The search grammar: a table of queries, the recorded ones among them, and what holds for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.search import (
    EVERYTHING,
    SEARCH_FIELDS,
    TEXT_FIELDS,
    And,
    Comparison,
    HasTask,
    IsNull,
    OneOf,
    Or,
    Query,
    Search,
    Sort,
    StartsWith,
)
from engine.search_parser import MAX_DEPTH, parse_search, parse_search_by_tasks, parse_task_search
from tests.unit.engine.search_print import print_query

A = Comparison("status", "=", "A")
B = Comparison("status", "=", "B")
C = Comparison("workflowType", "=", "c")

UNDERSTOOD: list[tuple[str, Query]] = [
    ("", EVERYTHING),
    ("   ", EVERYTHING),
    # golden search-grammar, search-by-type
    ("workflowType=sg1", Comparison("workflowType", "=", "sg1")),
    ("workflowType='c' AND status='A'", And((C, A))),
    ('workflowType="c"', C),
    ("workflowType=sg*7 AND status=A", And((Comparison("workflowType", "=", "sg*7"), A))),
    ("workflowType=c AND status IN (A,B)", And((C, OneOf("status", ("A", "B"))))),
    ("workflowType=c AND startTime>0", And((C, Comparison("startTime", ">", 0)))),
    ("workflowType=c AND startTime<1000", And((C, Comparison("startTime", "<", 1000)))),
    # golden search-bad-query: the reference's default store refuses it, ours understands it
    ("workflowType != x", Comparison("workflowType", "!=", "x")),
    # what the CLI sends
    ("workflowType IN (c) AND status IN (A) AND startTime>5", And((C, A, Comparison("startTime", ">", 5)))),
    # the reference searches for " B" here; list items are trimmed
    ("status IN (A , B )", OneOf("status", ("A", "B"))),
    ("status in ('A', \"B\")", OneOf("status", ("A", "B"))),
    ("status IN (A, A)", A),
    ("workflowType IN (My Flow,Rock and Roll)", OneOf("workflowType", ("My Flow", "Rock and Roll"))),
    ("workflowType IN (sg*)", Comparison("workflowType", "=", "sg*")),
    ("status=A OR status=B AND workflowType=c", Or((A, And((B, C))))),
    ("(status=A OR status=B) AND workflowType=c", And((Or((A, B)), C))),
    ("((status=A))", A),
    ("status=A AND (status=B AND workflowType=c)", And((A, B, C))),
    ("status=A AND  status=A", A),
    ("workflowType = 'a AND b'", Comparison("workflowType", "=", "a AND b")),
    ("workflowType = rock and roll", Comparison("workflowType", "=", "rock and roll")),
    ("correlationId='it''s'", Comparison("correlationId", "=", "it's")),
    ('correlationId="say ""hi"""', Comparison("correlationId", "=", 'say "hi"')),
    ("correlationId=abc==", Comparison("correlationId", "=", "abc==")),
    ("version>=3", Comparison("version", ">=", 3)),
    ("priority<=3 OR priority!=-1", Or((Comparison("priority", "<=", 3), Comparison("priority", "!=", -1)))),
    ("startTime=1970-01-01", Comparison("startTime", "=", 0)),
    ("endTime<1970-01-01T00:00:01.5Z", Comparison("endTime", "<", 1500)),
    ("endTime<'1970-01-01 01:00:00+01:00'", Comparison("endTime", "<", 0)),
    ("updateTime BETWEEN 1 AND 2", And((Comparison("updateTime", ">=", 1), Comparison("updateTime", "<=", 2)))),
    (
        "status=A AND version BETWEEN 1 AND 2 AND status=B",
        And((A, Comparison("version", ">=", 1), Comparison("version", "<=", 2), B)),
    ),
    ("endTime IS null", IsNull("endTime")),
    ("endTime is NOT Null", IsNull("endTime", negated=True)),
    ("workflowId STARTS_WITH ab", StartsWith("workflowId", "ab")),
    ('parentWorkflowId=""', IsNull("parentWorkflowId")),
    ("parentWorkflowId != ''", IsNull("parentWorkflowId", negated=True)),
    ("classifier=agent", Comparison("classifier", "=", "agent")),
    ("classifier=workflow", Or((Comparison("classifier", "=", "workflow"), IsNull("classifier")))),
    ("classifier IN (agent,workflow)", Or((OneOf("classifier", ("agent", "workflow")), IsNull("classifier")))),
    # a clause about an unknown field is left out
    ("foo=bar", EVERYTHING),
    ("Status=A", EVERYTHING),
    ("foo=bar OR status=A", A),
    ("status=A AND (foo=1 AND bar IN (2) OR x.y IS null) AND baz BETWEEN 1 AND 2 AND q STARTS_WITH r", A),
]

REFUSED: list[tuple[str, int, str]] = [
    ("workflowType", 13, "an operator"),
    ("=x", 1, "a field name"),
    ("a b", 3, "an operator"),
    ("workflowType=", 14, "a value"),
    ("workflowType=c AND", 19, "a field name"),
    ("AND", 4, "an operator"),
    ("status=A AND AND status=B", 18, "an operator"),
    ("status=A)", 9, "AND, OR or the end"),
    ("(status=A", 10, "AND, OR or )"),
    ("workflowType='a", 14, "a closing '"),
    ("workflowType='a''b", 14, "a closing '"),
    ("workflowType='a'b", 17, "AND, OR or the end"),
    ("status IN A", 11, "( behind IN"),
    ("status IN ()", 12, "a value"),
    ("status IN (A,)", 14, "a value"),
    ("status IN (A", 13, ", or )"),
    ("startTime>soon", 11, "epoch milliseconds or an ISO-8601 time for startTime, not 'soon'"),
    ("startTime>99999999999999999999", 11, "epoch milliseconds"),
    ("version=1.5", 9, "a whole number for version, not '1.5'"),
    ("version BETWEEN 1", 18, "AND and the upper value"),
    ("endTime IS empty", 12, "null or not null"),
    ("startTime STARTS_WITH 1", 23, "no STARTS_WITH for startTime"),
]


@pytest.mark.parametrize(("text", "query"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_query(text: str, query: Query) -> None:
    assert parse_search(text).query == query


@pytest.mark.parametrize(("text", "column", "expected"), REFUSED, ids=[text for text, _, _ in REFUSED])
def test_refusal_points_at_the_column(text: str, column: int, expected: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_search(text)
    assert refusal.value.message.startswith(
        f"Incorrectly formatted query string: {text} (column {column}: expected {expected}"
    )


def test_parentheses_may_be_nested_up_to_a_limit() -> None:
    assert parse_search("(" * MAX_DEPTH + "status=A" + ")" * MAX_DEPTH).query == A
    with pytest.raises(InvalidInput, match="parentheses inside each other"):
        parse_search("(" * 100_000 + "status=A" + ")" * 100_000)


def test_a_page_without_parameters() -> None:
    assert parse_search() == Search()


@pytest.mark.parametrize(("text", "kept"), [(None, ""), ("", ""), (" ", ""), ("*", ""), ("a*", "a*"), (" a b ", "a b")])
def test_free_text(text: str | None, kept: str) -> None:
    assert parse_search(free_text=text).free_text == kept


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (None, (Sort("startTime", descending=True),)),
        ("startTime:ASC", (Sort("startTime"),)),
        ("startTime:asc|status:Desc", (Sort("startTime"), Sort("status", descending=True))),
        ("startTime|nope:ASC|status:UP|a:b:c|endTime:ASC", (Sort("endTime"),)),
        ("|", (Sort("startTime", descending=True),)),
    ],
)
def test_sort(text: str | None, keys: tuple[Sort, ...]) -> None:
    assert parse_search(sort=text).sort == keys


@pytest.mark.parametrize(
    ("start", "size", "path", "value"),
    [
        (0, 5001, "searchWorkflows.arg1", "5001"),
        (0, -1, "searchWorkflows.arg1", "-1"),
        (-1, 1, "searchWorkflows.arg0", "-1"),
    ],
)
def test_page_limits(start: int, size: int, path: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_search(None, None, start, size)
    assert [(violation.path, violation.invalid_value) for violation in refusal.value.violations] == [(path, value)]


def test_classifier_and_top_level_join_the_query() -> None:
    search = parse_search("status=A OR status=B", classifier="agent, other", top_level_only=True)
    assert search.query == And((Or((A, B)), OneOf("classifier", ("agent", "other")), IsNull("parentWorkflowId")))


def test_the_class_workflow_holds_what_has_no_class() -> None:
    expected = Or((Comparison("classifier", "=", "workflow"), IsNull("classifier")))
    assert parse_search(classifier="workflow").query == expected


ints = st.integers(-(10**17), 10**17)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
numeric = st.sampled_from(sorted(SEARCH_FIELDS - TEXT_FIELDS))
# A bare classifier stands for a pair (see test_the_class_workflow...), which the table covers.
textual = st.sampled_from(sorted((TEXT_FIELDS & SEARCH_FIELDS) - {"classifier"}))
operators = st.sampled_from(["=", "!=", "<", ">", "<=", ">="])
leaves: st.SearchStrategy[Query] = st.one_of(
    st.builds(Comparison, numeric, operators, ints),
    st.builds(Comparison, textual, operators, texts),
    st.builds(OneOf, numeric, st.lists(ints, min_size=2, max_size=4, unique=True).map(tuple)),
    st.builds(OneOf, textual, st.lists(texts, min_size=2, max_size=4, unique=True).map(tuple)),
    st.builds(IsNull, st.sampled_from(sorted(SEARCH_FIELDS)), st.booleans()),
    st.builds(StartsWith, textual, texts),
)


def some(parts: st.SearchStrategy[Query]) -> st.SearchStrategy[tuple[Query, ...]]:
    return st.lists(parts, min_size=2, max_size=4, unique=True).map(tuple)


def trees(depth: int) -> tuple[st.SearchStrategy[Query], st.SearchStrategy[Query]]:
    """Conjunctions and disjunctions in which no AND holds an AND and no OR an OR, as the parser makes them."""
    if depth == 0:
        return leaves, leaves
    conjunctions, disjunctions = trees(depth - 1)
    return (
        leaves | st.builds(And, some(disjunctions)),
        leaves | st.builds(Or, some(conjunctions)),
    )


@given(st.one_of(*trees(3)))
def test_a_printed_tree_is_read_back(query: Query) -> None:
    assert parse_search(print_query(query)).query == query


WORDS = "foo = != <= > IN BETWEEN IS not null STARTS_WITH AND OR ( ) , ' \" '' a * 7 2020-01-01T00:00:00Z"
fragments = st.sampled_from([*SEARCH_FIELDS, *WORDS.split(), " ", "0001-01-01T00:00+23:59"])


@given(st.text() | st.lists(fragments).map(" ".join) | st.lists(fragments).map("".join))
def test_any_text_is_a_search_or_refused(text: str) -> None:
    try:
        query = parse_search(text).query
    except InvalidInput as refusal:
        assert refusal.message.startswith(f"Incorrectly formatted query string: {text} (column ")
    else:
        assert parse_search(print_query(query)).query == query


@given(st.text() | st.lists(fragments).map("".join))
def test_any_other_parameter_is_taken(text: str) -> None:
    query = parse_search(free_text=text, sort=text, classifier=text).query
    assert parse_search(print_query(query)).query == query


def test_tasks_have_columns_of_their_own() -> None:
    wanted = parse_task_search(
        "taskType=pay AND classifier=agent AND scheduledTime>5", "  x ", 3, 7, "taskId:ASC|priority:ASC"
    )
    query = And((Comparison("taskType", "=", "pay"), Comparison("scheduledTime", ">", 5)))
    assert wanted == Search(query, "x", 3, 7, (Sort("taskId"),))
    assert parse_search("taskType=pay").query == EVERYTHING
    with pytest.raises(InvalidInput, match="column 15: expected epoch milliseconds"):
        parse_task_search("scheduledTime>soon")


def test_executions_by_their_tasks_are_sorted_as_executions() -> None:
    wanted = parse_search_by_tasks("taskType=pay", "*", 1, 2, "priority:ASC|taskId:ASC")
    assert wanted == Search(
        start=1, size=2, sort=(Sort("priority"),), has_task=HasTask(Comparison("taskType", "=", "pay"))
    )
