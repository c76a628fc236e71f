"""`${...}`: the tables hold what the reference answered; then what holds for any value."""

from __future__ import annotations

import copy
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import Json
from engine.references import MAX_NESTING, parse_references
from engine.template import MISSING, compile_template

INPUT: dict[str, Json] = {
    "s": "str", "key": "s", "i": 5, "f": 1.0, "b": False, "n": None, "empty": "", "big": 9007199254740993, "d": 0.1,
    "l": [1, "two", 3.5, True], "m": {"x": 1, "y": ["p", None, {"q": "r"}]}, "e": {}, "dollar": "$",
    "t": "Grüße 你\n\\ \"", "esc": "$${x} y", "ref": "${workflow.input.s}", "two": "${a} ${b}", "close": "}",
    "open": "{", "items": [{"p": 1}, {"p": 2, "q": None}],
}  # fmt: skip
CONTEXT: dict[str, Json] = {
    "workflow": {"input": INPUT, "status": "RUNNING"},
    "t": {"output": {"o": "${workflow.input.s}", "n": 1}},
}
TASK_ID = "f4ae249b-5d9e-4f8d-a78e-65043651ab87"

WHOLE_VALUES: list[tuple[str, Json]] = [
    ("${workflow.input.i}", 5),
    ("${workflow.input.f}", 1.0),
    ("${workflow.input.b}", False),
    ("${workflow.input.n}", None),
    ("${workflow.input.l}", [1, "two", 3.5, True]),
    ("${workflow.input.m}", {"x": 1, "y": ["p", None, {"q": "r"}]}),
    ("${workflow.input.e}", {}),
    ("${workflow.input.empty}", ""),
    ("${workflow.input.big}", 9007199254740993),
    ("${workflow.input.l[1]}", "two"),
    ("${workflow.status}", "RUNNING"),
    ("${t.output.n}", 1),
    ("${workflow.input.none}", None),
    ("${workflow.input.a.b.c}", None),
    ("${nobody.output.x}", None),
    ("${nobody..x}", []),
    ("${workflow.input.items[?(@.p>9)]}", []),
    ("${ workflow.input.s}", None),
    ("${workflow.secrets}", None),
    ("${workflow.env.X}", None),
    ("${t.output.o}", "${workflow.input.s}"),
    ("${workflow.input.esc}", "$${x} y"),
]
TEXTS: list[tuple[str, str]] = [
    ("no reference", "no reference"),
    ("n=${workflow.input.i};", "n=5;"),
    ("f=${workflow.input.f}", "f=1.0"),
    ("${workflow.input.b}!", "false!"),
    ("[${workflow.input.n}]", "[null]"),
    ("a ${workflow.input.none} b", "a null b"),
    ("m ${workflow.input.m}", "m {x=1, y=[p, null, {q=r}]}"),
    ("l ${workflow.input.l}", "l [1, two, 3.5, true]"),
    ("${workflow.input.i}-${workflow.input.s}", "5-str"),
    ("${workflow.input.s}${workflow.input.s}", "strstr"),
    ("<${workflow.input.t}>", '<Grüße 你\n\\ ">'),
    ("${workflow.input.big}.", "9007199254740993."),
    ("v ${workflow.input.d}", "v 0.1"),
    ("a ${workflow.input.items[*].p} b", "a [1,2] b"),
    ("a ${workflow.input..q} b", 'a ["r",null] b'),
    ("a ${workflow.input.items[?(@.p>1)]} b", 'a [{"p":2,"q":null}] b'),
    ("a ${workflow.input.items} b", "a [{p=1}, {p=2, q=null}] b"),
    ("a ${workflow.input.none[*]} b", "a [] b"),
    ("a ${workflow.input.m['x','z']} b", "a {x=1} b"),
    ("a${workflow.input.empty}b", "ab"),
    ("${workflow.input.s}}", "str}"),
    ("{${workflow.input.s}}", "{str}"),
    ("{ ${workflow.input.s}", "{ str"),
    ("a{b${workflow.input.s}c}d", "a{bstrc}d"),
    ("a\n${workflow.input.s}\nb", "a\nstr\nb"),
    ("t ${workflow.input.ref}", "t ${workflow.input.s}"),
    ("t ${workflow.input.two} ${workflow.input.s}", "t ${a} ${b} str"),
]
ESCAPES: list[tuple[str, str]] = [
    ("$${workflow.input.s}", "${workflow.input.s}"),
    ("pay $${x} now", "pay ${x} now"),
    ("$${x} and ${workflow.input.s}", "${x} and str"),
    ("$$${workflow.input.s}", "$${workflow.input.s}"),
    ("$$$${workflow.input.s}", "$$${workflow.input.s}"),
    ("x$${a}${workflow.input.s}$${b}", "x${a}str${b}"),
    ("$${", "${"),
    ("$${} ${}", "${} "),
    ("x$${workflow.input.s", "x${workflow.input.s"),
    ("$${${workflow.input.s}}", "${str}"),
    ("$${a ${workflow.input.s} b}", "${a str b}"),
    ("$${open ${workflow.input.s}", "${open str"),
    ("t ${workflow.input.esc}", "t ${x} y"),
    ("${workflow.input.dollar}{x}", "${x}"),
    ("${workflow.input.dollar}${workflow.input.dollar}{x}", "${x}"),
    ("$5", "$5"),
    ("$", "$"),
    ("$$", "$$"),
    ("$ {x}", "$ {x}"),
    ("a $$ {b} $", "a $$ {b} $"),
]
UNBALANCED: list[tuple[str, Json]] = [
    ("${", "${"),
    ("a ${ b", "a ${ b"),
    ("a ${workflow.input.s", "a ${workflow.input.s"),
    ("a ${ b ${workflow.input.s}", "a ${ b ${workflow.input.s}"),
    ("${workflow.input.s} ${ x ${workflow.input.s}", "str ${ x ${workflow.input.s}"),
    ("x $${a} ${ b", "x ${a} ${ b"),
    ("${workflow.input.${workflow.input.key}", "${workflow.input.${workflow.input.key}"),
    (
        "a ${workflow.input.items[?(@.a=='{')]} ${workflow.input.s}",
        "a ${workflow.input.items[?(@.a=='{')]} ${workflow.input.s}",
    ),
    ("${workflow.input.items[?(@.a=='}')]}", "null')]}"),
    ("a ${ b ${workflow.input.s} }", "a null"),
]
BLANKS: list[tuple[str, Json]] = [
    ("${}", ""),
    ("${ }", ""),
    ("${\t}", ""),
    ("${\n}", ""),
    ("a${}b", "ab"),
    ("a${  }b", "ab"),
]
NESTED: list[tuple[str, Json]] = [
    ("${workflow.input.${workflow.input.key}}", "str"),
    ("a ${workflow.input.${workflow.input.key}} b", "a str b"),
    ("${workflow.input['${workflow.input.key}']}", "str"),
    ("${workflow.input.l[${t.output.n}]}", "two"),
    ("${workflow.input.${}s}", "str"),
    ("${workflow.input.${ }s}", "str"),
    ("${${}}", ""),
    ("${workflow.input.${workflow.input.none}}", None),
    ("${workflow.input.${workflow.input.close}}", None),
    ("${workflow.input.${workflow.input.open}}", None),
    ("${${workflow.input.key}}", None),
    ("x ${${workflow.input.m}} y", "x null y"),
    ("${workflow.input.s$${x}}", None),
    ("x ${$${workflow.input.key}} y", "x null y"),
    ("x ${workflow.input.${workflow.input.key}[*]} y", "x [] y"),
    ("${{workflow.input.s}}", None),
]
SECRETS: list[tuple[str, Json]] = [
    ("${workflow.secrets.X}", "${workflow.secrets.X}"),
    ("x ${workflow.secrets.X} y ${workflow.input.s}", "x ${workflow.secrets.X} y str"),
    ("${workflow.secrets.X}${workflow.input.s}", "${workflow.secrets.X}str"),
    ("${workflow.secrets.}", "${workflow.secrets.}"),
    ("${workflow.secrets.a b} y", "${workflow.secrets.a b} y"),
    ("${workflow.secrets.${workflow.input.s}} y", "${workflow.secrets.${workflow.input.s}} y"),
    ("x $${y} ${workflow.secrets.X}", "x ${y} ${workflow.secrets.X}"),
    ("x ${workflow.input.${workflow.secrets.Y}} y", "x null y"),
    ("${ workflow.secrets.a } y", "null y"),
]


def lookup(root: str) -> Json:
    return CONTEXT.get(root, MISSING)


def resolved(value: Json, **more: Any) -> Json:
    return compile_template(value).resolve(lookup, **more)


def same(left: Json, right: Json) -> bool:
    return repr(left) == repr(right)


@pytest.mark.parametrize(("text", "value"), WHOLE_VALUES)
def test_a_single_reference_keeps_its_type(text: str, value: Json) -> None:
    assert same(resolved(text), value)


@pytest.mark.parametrize(("text", "value"), TEXTS)
def test_references_in_text_become_text(text: str, value: str) -> None:
    assert resolved(text) == value


@pytest.mark.parametrize(("text", "value"), ESCAPES)
def test_e62_two_dollars_are_one(text: str, value: str) -> None:
    assert resolved(text) == value


@pytest.mark.parametrize(("text", "value"), UNBALANCED)
def test_braces_have_to_match(text: str, value: Json) -> None:
    assert resolved(text) == value


@pytest.mark.parametrize(("text", "value"), BLANKS)
def test_a_blank_reference_is_empty(text: str, value: Json) -> None:
    assert resolved(text) == value


@pytest.mark.parametrize(("text", "value"), NESTED)
def test_e62_references_inside_references_come_first(text: str, value: Json) -> None:
    assert same(resolved(text), value)


@pytest.mark.parametrize(("text", "value"), SECRETS)
def test_e61_secrets_stay_as_they_are_written(text: str, value: Json) -> None:
    assert resolved(text) == value


def test_e62_text_may_have_any_line_terminator() -> None:
    assert resolved("a\r\n\u2028\u0085${workflow.input.s}\r\n") == "a\r\n\u2028\u0085str\r\n"


@pytest.mark.parametrize("text", ["${CPEWF_TASK_ID}", "x ${CPEWF_TASK_ID} y"])
def test_the_task_id_is_inserted_or_left_as_written(text: str) -> None:
    assert resolved(text, task_id=TASK_ID) == text.replace("${CPEWF_TASK_ID}", TASK_ID)
    assert resolved(text) == text
    assert resolved("${ CPEWF_TASK_ID }", task_id=TASK_ID) is None


def test_d14_environment_names_count_only_when_they_are_allowed() -> None:
    allowed = {"REGION": "eu", "NETFLIX_ENV": "test", "user.dir": "here"}
    text = "${REGION} ${NETFLIX_ENV} ${NETFLIX_STACK} ${PATH} ${user.dir}"
    assert resolved(text, environment=allowed) == "eu test ${NETFLIX_STACK} null here"
    assert resolved(text) == "null ${NETFLIX_ENV} ${NETFLIX_STACK} null null"


def test_maps_and_lists_are_walked_but_keys_are_not() -> None:
    value = {
        "${workflow.input.s}": "key",
        "m": {"in": {"v": "${t.output.n}"}, "l": ["${workflow.input.m}", ["${workflow.input.s}x"], 3, None, True]},
    }
    assert resolved(value) == {
        "${workflow.input.s}": "key",
        "m": {"in": {"v": 1}, "l": [INPUT["m"], ["strx"], 3, None, True]},
    }


def test_e2_nulls_stay_with_their_keys() -> None:
    value = {"a": None, "b": "${workflow.input.n}", "c": {"d": None, "e": "${workflow.input.none}"}, "f": [None]}
    assert resolved(value) == {"a": None, "b": None, "c": {"d": None, "e": None}, "f": [None]}


def test_the_order_of_keys_is_kept() -> None:
    assert list(resolved({"z": "${workflow.input.s}", "a": 1, "m": "x ${t.output.n}", "b": 2})) == ["z", "a", "m", "b"]


def test_a_value_is_inserted_itself_and_not_as_a_copy() -> None:
    assert resolved({"x": "${workflow.input.m}"})["x"] is INPUT["m"]


def test_neither_template_nor_context_change() -> None:
    value = {"a": ["${workflow.input.l}", {"b": "${workflow.input.l.append(9)} $${x}"}]}
    before = copy.deepcopy((value, CONTEXT))
    template = compile_template(value)
    first = template.resolve(lookup)
    assert template.resolve(lookup) == first
    assert (value, CONTEXT) == before


@pytest.mark.parametrize(
    ("value", "references"),
    [
        ("no reference", set()),
        ("$${a.b}", set()),
        ("${CPEWF_TASK_ID} ${workflow.secrets.X} ${}", set()),
        ({"a": "${t.output}", "b": ["x ${workflow.input.x} ${u.output}"]}, {"t", "workflow", "u"}),
        ("${t.output.${workflow.input.key}}", {"workflow"}),
        ("${t.output[?(@.x == $.u.output)]}", {"t", "u"}),
    ],
)
def test_a_template_knows_the_documents_it_needs(value: Json, references: set[str]) -> None:
    assert compile_template(value).references == references


def test_p4_only_documents_that_are_needed_are_asked_for() -> None:
    asked: list[str] = []

    def ask(root: str) -> Json:
        asked.append(root)
        return MISSING

    compile_template({"a": "${t.output.n} ${t.output.o}", "b": "$${u.x}", "c": "${workflow.secrets.v}"}).resolve(ask)
    assert set(asked) == {"t"}


def test_values_without_references_are_shared_constants() -> None:
    template = compile_template({"a": [1, {"b": "text $5"}]})
    assert template.constant
    assert template.resolve(lookup) is template.resolve(lookup)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
PIECES = st.sampled_from(
    [
        "${",
        "$${",
        "{",
        "}",
        "$",
        " ",
        "workflow.",
        "input",
        ".s",
        ".l",
        "[*]",
        "..",
        "workflow.input.s",
        "CPEWF_TASK_ID",
        "t",
    ]
)
TEXT = st.lists(PIECES, max_size=20).map("".join) | st.text(max_size=30)


def without_references(value: Json) -> bool:
    return "${" not in repr(value)


@given(JSON.filter(without_references))
def test_what_holds_no_reference_is_returned_unchanged(value: Json) -> None:
    assert same(resolved(value), value)


@given(TEXT, JSON)
def test_no_text_and_no_context_make_it_raise(text: str, document: Json) -> None:
    compile_template({"k": [text]}).resolve(lambda _: document)
    compile_template(text).resolve(lookup, task_id=TASK_ID)


@given(TEXT)
def test_the_parts_of_a_text_are_all_of_it(text: str) -> None:
    assert "".join(part if isinstance(part, str) else part.raw for part in parse_references(text)) == text


@given(st.text(max_size=20))
def test_inserted_text_is_not_expanded_again(text: str) -> None:
    whole = compile_template("${workflow.input}").resolve(lambda _: {"input": "${t.output.n}" + text})
    assert whole == "${t.output.n}" + text


@pytest.mark.parametrize("depth", [MAX_NESTING, MAX_NESTING + 1, 20_000])
def test_references_nest_up_to_a_limit(depth: int) -> None:
    text = "${" * depth + " " + "}" * depth
    assert resolved(text) == ("" if depth <= MAX_NESTING else text)


def calls_of_compiling(text: str) -> int:
    """How many calls, of C functions too, parsing takes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event.endswith("call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        compile_template(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        "x ${workflow.input.a} ",
        "${",
        "$${",
        "}",
        "${a} ${",
        "${{",
        "${a{b}c}",
        "${a.${b}}",
        "$${${a}",
        "${" * 40 + "}" * 40,
    ],
)
def test_p5_parsing_is_linear_in_the_length_of_the_text(piece: str) -> None:
    once, more = calls_of_compiling(piece * 50), calls_of_compiling(piece * 500)
    assert more <= 12 * once
