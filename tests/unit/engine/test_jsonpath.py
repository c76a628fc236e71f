"""JSONPath: the answers of the reference as tables, where we differ on purpose, and what holds for any text."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import Json
from engine.jsonpath import compile_path, is_valid_path, read_path
from engine.jsonpath_scanner import MAX_DEPTH
from engine.jsonpath_steps import MISSING
from tests.unit.engine.jsonpath_answers import (
    DEEP_SCANS,
    DOCUMENT,
    FILTERS,
    FUNCTIONS,
    NAMES_AND_INDEXES,
    NO_PATHS,
    SLICES,
    WILDCARDS,
)

CONTEXT: dict[str, Json] = {"workflow": {"input": DOCUMENT}}
RECORDED = NAMES_AND_INDEXES + SLICES + WILDCARDS + DEEP_SCANS + FUNCTIONS + FILTERS

# Where the reference's answer is of use to nobody; its answer stands behind each.
DIFFERENT: list[tuple[str, Json]] = [
    (".l[-9:2]", [1, 2]),  # [1, 2, 3, 1, 2]
    (".s.concat('z')", "z"),  # "": it knows arguments in double quotes only
    (".strs.concat(true)", "batrue"),  # "ba"
    ("..[*].p", [1, 2, 3, "3", 1, 5]),  # []
    (".items[?(@.m empty true)]", []),  # null for the whole path as soon as one of the values is a map
    (".items[?(@.r all [1])].p", ["3"]),  # []: never true
]


def lookup(root: str) -> Json:
    return CONTEXT if root == "$" else CONTEXT.get(root, MISSING)


def same(left: Json, right: Json) -> bool:
    return repr(left) == repr(right)


@pytest.mark.parametrize(("path", "answer"), RECORDED)
def test_paths_answer_as_the_reference_does(path: str, answer: Json) -> None:
    assert same(read_path(f"workflow.input{path}", lookup), answer)


@pytest.mark.parametrize(("path", "answer"), DIFFERENT)
def test_paths_answer_otherwise_where_the_reference_makes_no_sense(path: str, answer: Json) -> None:
    assert same(read_path(f"workflow.input{path}", lookup), answer)


@pytest.mark.parametrize("path", [path for path, _ in NO_PATHS])
def test_what_is_no_path_is_null_and_not_valid(path: str) -> None:
    assert read_path(f"workflow.input{path}", lookup) is None
    assert not is_valid_path(f"workflow.input{path}")


@pytest.mark.parametrize(
    "path", ["workflow.input.l.foo()", "t.output", "workflow.input.s ", "workflow..x", "a-b_c.x[0]"]
)
def test_registration_takes_these(path: str) -> None:
    assert is_valid_path(path)


@pytest.mark.parametrize(
    "path", ["", " ", "t.output...status", ".", "..", "workflow.input['s", "a[", " a", "x" * 10_001]
)
def test_registration_refuses_these(path: str) -> None:
    assert not is_valid_path(path)


@pytest.mark.parametrize(
    ("path", "definite"),
    [
        ("a.b", True),
        ("a[0]['x']", True),
        ("a['x','y']", True),
        ("a['x','y'].z", False),
        ("a[0,1]", False),
        ("a[0:1]", False),
        ("a.*", False),
        ("a..b", False),
        ("a[?(@.b)]", False),
        ("a.length()", True),
        ("a[*].length()", False),
    ],
)
def test_a_path_is_definite_when_it_can_match_once_at_most(path: str, definite: bool) -> None:
    compiled = compile_path(path)
    assert compiled is not None
    assert compiled.definite is definite


@pytest.mark.parametrize(
    ("path", "roots"),
    [
        ("a.b", {"a"}),
        ("$.a.b", {"a"}),
        ("@.a.b", {"a"}),
        ("['a'].b", {"a"}),
        ("a[?(@.b == $.c.d)].e", {"a", "c"}),
        ("a.sum($.b.x, $.c)", {"a", "b", "c"}),
        ("$", {"$"}),
        ("$..a", {"$"}),
        ("*.a", {"$"}),
    ],
)
def test_a_path_tells_which_documents_it_reads(path: str, roots: set[str]) -> None:
    compiled = compile_path(path)
    assert compiled is not None
    assert compiled.roots == roots


def test_a_path_reads_no_other_document_than_it_tells() -> None:
    asked: list[str] = []

    def ask(root: str) -> Json:
        asked.append(root)
        return {"y": 1, "x": 1}

    assert read_path("a[?(@.x == $.b.y)].x", ask) == [1]
    assert set(asked) == {"a", "b"}


def test_the_whole_document_can_be_read() -> None:
    assert read_path("$", lookup) == CONTEXT
    assert read_path("$.workflow.input.s", lookup) == "str"
    assert read_path("$..k", lookup) == [{"d": "deep"}]
    assert read_path(".k", lookup) == [{"d": "deep"}]


def test_append_leaves_the_list_alone() -> None:
    before = copy.deepcopy(DOCUMENT)
    assert read_path("workflow.input.l.append(4, $.workflow.input.s)", lookup) == [1, 2, 3, 4, "str"]
    assert before == DOCUMENT


def test_a_missing_document_is_null_or_no_match() -> None:
    assert read_path("nobody.output.x", lookup) is None
    assert read_path("nobody..x", lookup) == []
    assert read_path("nobody[*].length()", lookup) == []
    assert read_path("nobody.length()", lookup) is None


def test_numbers_that_no_double_holds_have_no_sum() -> None:
    assert read_path("a.sum()", lambda _: [1.7e308, 1.7e308]) is None
    assert read_path("a.max()", lambda _: [10**400]) is None


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 4_000, 100_000])
@pytest.mark.parametrize(
    ("before", "opening", "inside", "closing"),
    [
        ("", "(", "@.x", ")"),
        ("", "!", "@.x", ""),
        ("", "!(", "@.x", ")"),
        ("1 in ", "[", "1", "]"),
        ("", "@[?(", "@.x", ")]"),
    ],
)
def test_filters_that_nest_too_deep_are_no_paths(
    before: str, opening: str, inside: str, closing: str, depth: int
) -> None:
    assert is_valid_path(f"a[?({before}{opening * 3}{inside}{closing * 3})]")
    assert not is_valid_path(f"a[?({before}{opening * depth}{inside}{closing * depth})]")


def test_a_deep_scan_does_not_exhaust_the_stack() -> None:
    value: Json = {"p": 1}
    for _ in range(5_000):
        value = [value]
    assert read_path("a..p", lambda _: value) == [1]


SIGNS = "$@.[]()?*'\",:01<>!/-\\ \n"
WORDS = (
    "workflow|input|items|p|..|[?(|)]|['|']|@.|$.|==|=~|&&| in | nin | size | empty |.length()|.sum(|/x/|[0:1]|[*]|null"
)
PIECES = st.sampled_from([*SIGNS, *WORDS.split("|")])


@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=30))
def test_no_text_makes_reading_raise(text: str) -> None:
    answer = read_path(text, lookup)
    compiled = compile_path(text)
    if compiled is None:
        assert answer is None
    elif not compiled.definite and compiled.function is None:
        assert isinstance(answer, list)
