"""What JavaScript gives (§7.2). The table was asked of Conductor 3.32.1, INLINE by INLINE."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.engine.evaluators.running import Running

DATA = {"m": {"a": 1}, "l": [1, 2, 3], "n": 7, "f": 4.0, "big": 9007199254740993, "s": "x"}

VALUES: list[tuple[str, Any]] = [
    ("4.0", 4),
    ("2147483648", 2147483648),
    ("3000000000.0", 3000000000),
    ("1e15", 1000000000000000),
    ("9007199254740995", 9007199254740996),
    ("2 ** 62", 4611686018427387904),
    ("1e20", 1e20),
    ("1e21", 1e21),
    ("1.5", 1.5),
    ("1 / 3", 0.3333333333333333),
    ("1e400", "Infinity"),
    ("-1 / 0", "-Infinity"),
    ("NaN", "NaN"),
    ("10n", 10),
    ("10n ** 30n", {}),
    ("true", True),
    ("'text ' + $.n", "text 7"),
    ("'\\ud800'", "?"),
    ("'a\\u0000b'", "a\0b"),
    ("null", None),
    ("undefined", None),
    ("// nothing", None),
    ("$.none", None),
    ("typeof $.none", "undefined"),
    ("$.m", {"a": 1}),
    ("$.f", 4),
    ("$.f + 1", 5),
    ("$.big", 9007199254740993),
    ("({id: $.big, list: [$.big]})", {"id": 9007199254740993, "list": [9007199254740993]}),
    ("$.l.map(x => x + 1)", [2, 3, 4]),
    ("$.l.length", 3),
    ("$.m.a = 5; $.m", {"a": 5}),
    ("[1,,2]", [1, None, 2]),
    ("[undefined, 1]", [None, 1]),
    ("({a: undefined, b: function () {}, c: NaN})", {"a": None, "b": {}, "c": "NaN"}),
    ("({'': 1, 1: 2, b: []})", {"": 1, "1": 2, "b": []}),
    ("(function () {})", {}),
    ("Symbol('x')", {}),
    ("new Date(0)", {}),
    ("new Map([['a', 1]])", {"a": 1}),
    ("new Set([1])", {}),
    ("/x/", {}),
    ("new Error('e')", {}),
    ("JSON", {}),
    ("new Uint8Array(3)", [0, 0, 0]),
    ("new Promise(done => done(1))", {}),
    ("({toJSON() { return 7 }})", {"toJSON": {}}),
    ("new String('s')", "s"),
    ("new Number(4)", 4),
    ("Object(true)", True),
    ("new (class A { constructor() { this.x = 1 } get y() { return 2 } })", {"x": 1}),
    ("Object.create({inherited: 1})", {}),
    ("var x = 1; x + 1", 2),
    ("let q = 3; q", 3),
    ("if (true) { 5 }", 5),
    ("'use strict'", "use strict"),
    ("const $ = 5; $", 5),
    ("this.$ === $", True),
]


@pytest.mark.parametrize(("script", "value"), VALUES, ids=[script for script, _ in VALUES])
def test_the_value_is_that_of_the_last_expression(evaluating: Running, script: str, value: Any) -> None:
    found = evaluating.value("javascript", script, DATA)
    assert found == value
    assert type(found) is type(value)


def test_minus_zero_keeps_its_sign(evaluating: Running) -> None:
    assert str(evaluating.value("javascript", "-0")) == "-0.0"


PLAIN: list[tuple[str, Any]] = [
    ("Object.keys($.m)", ["a"]),
    ("JSON.stringify($.m)", '{"a":1}'),
    ("'a' in $.m", True),
    ("({...$.m})", {"a": 1}),
    ("Array.isArray($.l)", True),
    ("Object.keys(this)", ["$"]),
]


@pytest.mark.parametrize(("script", "value"), PLAIN, ids=[script for script, _ in PLAIN])
def test_d21_what_the_dollar_holds_is_plain_javascript(evaluating: Running, script: str, value: Any) -> None:
    assert evaluating.value("javascript", script, DATA) == value


JAVA: list[tuple[str, Any]] = [
    ("$.l.get(0)", 1),
    ("$.l.size()", 3),
    ("$.get('l').size()", 3),
    ("$.l.contains(2)", True),
    ("$.l.isEmpty()", False),
    ("$.l.add(7); $.l", [1, 2, 3, 7]),
    ("$.l.set(0, 4); $.l", [4, 2, 3]),
    ("$.l.remove(0); $.l", [2, 3]),
    ("$.l.addAll([8, 9]); $.l.toArray()", [1, 2, 3, 8, 9]),
    ("$.m.get('a')", 1),
    ("$.m.get('zz')", None),
    ("$.m.getOrDefault('zz', 3)", 3),
    ("$.m.size()", 1),
    ("$.m.isEmpty()", False),
    ("$.m.containsKey('a')", True),
    ("$.m.containsValue(1)", True),
    ("$.m.put('q', 5); $.m", {"a": 1, "q": 5}),
    ("$.m.putAll({q: 5}); $.m", {"a": 1, "q": 5}),
    ("$.m.remove('a'); $.m", {}),
    ("var s = ''; for (var k of $.m.keySet()) s += k; s", "a"),
    ("$.m.values().contains(1)", True),
    ("var s = ''; for (var e of $.m.entrySet()) s += e.getKey() + e.getValue(); s", "a1"),
]


@pytest.mark.parametrize(("script", "value"), JAVA, ids=[script for script, _ in JAVA])
def test_scripts_may_call_the_methods_of_javas_maps_and_lists(evaluating: Running, script: str, value: Any) -> None:
    """Asked of the reference, and used by published definitions."""
    assert evaluating.value("javascript", script, DATA) == value


def test_a_list_of_java_has_no_element_behind_its_end(evaluating: Running) -> None:
    answer = evaluating.ask("javascript", "$.l.get(9)", DATA)
    assert answer.error == "Error evaluating the script `Index 9 out of bounds for length 3`"


def test_javas_methods_are_seen_by_no_loop(evaluating: Running) -> None:
    script = "var seen = []; for (var k in $.m) seen.push(k); for (var i in $.l) seen.push(i); $.l.size(); seen"
    assert evaluating.value("javascript", script, DATA) == ["a", "0", "1", "2"]


ERRORS = [
    ("throw new Error('boom')", "Error: boom", None),
    ("class X extends Error {}; throw new X('q')", "X: q", None),
    ("function f() { throw new TypeError('t') };\n f()", "TypeError: t", None),
    ("throw 'text'", "text", 1),
    ("\nthrow 'text'", "text", 2),
    ("throw null", "null", 1),
    ("throw {a: 1}", "Error", 1),
    ("throw new Error('two\\nlines')", "Error: two\nlines", None),
    ("\n\nfoo.bar", "ReferenceError: foo is not defined", 3),
    ("'use strict'; y = 1", "ReferenceError: y is not defined", 1),
    ("console.log('x')", "ReferenceError: console is not defined", 1),
    ("print('x')", "ReferenceError: print is not defined", 1),
    ("load('x')", "ReferenceError: load is not defined", 1),
    ("java.lang.System", "ReferenceError: java is not defined", 1),
    ("Java.type('java.io.File')", "ReferenceError: Java is not defined", 1),
    ("var f = () => f(); f()", "RangeError: Maximum call stack size exceeded", 1),
]


@pytest.mark.parametrize(("script", "message", "line"), ERRORS, ids=[script for script, *_ in ERRORS])
def test_an_error_is_quoted_with_its_line(evaluating: Running, script: str, message: str, line: int | None) -> None:
    """As in the reference, which names no line for an error that the script makes itself."""
    answer = evaluating.ask("javascript", script)
    assert answer.error == f"Error evaluating the script `{message}`" + (f" at line {line}" if line else "")
    assert not answer.interrupted


WORDED_BY_THE_ENGINE = [
    ("$.a.b.c", "TypeError: ", " at line 1"),
    ("[].reduce((a, b) => a)", "TypeError: ", "`"),
    ("return 1", "SyntaxError: ", " at line 1"),
    ("\nfunction( {", "SyntaxError: ", " at line 2"),
    ("await 1", "SyntaxError: ", " at line 1"),
]


@pytest.mark.parametrize(
    ("script", "begins", "ends"), WORDED_BY_THE_ENGINE, ids=[row[0] for row in WORDED_BY_THE_ENGINE]
)
def test_errors_that_the_engine_words(evaluating: Running, script: str, begins: str, ends: str) -> None:
    error = evaluating.ask("javascript", script, {}).error or ""
    assert error.startswith(f"Error evaluating the script `{begins}")
    assert error.endswith(ends)


@pytest.mark.parametrize("script", ["var a = {}; a.a = a; a", "let a = []; for (let i = 0; i < 1e4; i++) a = [a]; a"])
def test_a_value_that_nobody_could_store_is_an_error(evaluating: Running, script: str) -> None:
    assert "nested too deeply" in (evaluating.ask("javascript", script).error or "")


def test_a_value_may_be_nested_as_deeply_as_definitions_need(evaluating: Running) -> None:
    value = evaluating.value("javascript", "let a = []; for (let i = 0; i < 150; i++) a = [a]; a")
    for _ in range(150):
        (value,) = value
    assert value == []


def test_one_script_leaves_nothing_to_the_next(evaluating: Running) -> None:
    evaluating.value("javascript", "globalThis.left = 1; Array.prototype.left = 1; JSON.stringify = null; 1")
    assert evaluating.value("javascript", "[typeof left, typeof [].left, typeof JSON.stringify]") == [
        "undefined", "undefined", "function",
    ]  # fmt: skip


def test_a_script_that_replaces_the_languages_own_functions_gets_its_value_all_the_same(evaluating: Running) -> None:
    script = "JSON.stringify = Array.isArray = Object.getPrototypeOf = () => 'mine'; ({a: [1]})"
    assert evaluating.value("javascript", script) == {"a": [1]}


def test_graaljs_is_the_same_language(evaluating: Running) -> None:
    assert evaluating.value("graaljs", "(({a, ...rest}) => rest)($.m)", {"m": {"a": 1, "b": 2}}) == {"b": 2}


PARSES = ["", "1", "// x", "while (true) {}", "'ok'; let x = 1; x", "throw 1", "function f() {}"]
DOES_NOT = [("return 1", 1), ("function( {", 1), ("\n\n)(", 3), ("a b", 1), ("${workflow.input.x} b c", 1)]


@pytest.mark.parametrize("script", PARSES)
def test_e70_a_script_is_parsed_without_being_run(evaluating: Running, script: str) -> None:
    assert evaluating.run(lambda evaluators: evaluators.syntax_error(script)) is None


@pytest.mark.parametrize(("script", "line"), DOES_NOT, ids=[script for script, _ in DOES_NOT])
def test_e70_what_is_no_script_is_told_with_its_line(evaluating: Running, script: str, line: int) -> None:
    error = evaluating.run(lambda evaluators: evaluators.syntax_error(script)) or ""
    assert error.startswith("SyntaxError: ")
    assert error.endswith(f" at line {line}")
