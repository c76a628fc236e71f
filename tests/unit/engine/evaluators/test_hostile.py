"""Expressions that want to hurt: each hurts its own child, and is told what was wrong with it (E70, S13)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.evaluators.process import DIED
from tests.unit.engine.evaluators.running import Running

ENDLESS = [
    ("javascript", "while (true) {}"),
    ("javascript", "/^(a+)+$/.test('a'.repeat(40) + 'b')"),
    ("javascript", "/(x+x+)+y/.test('x'.repeat(50))"),
    ("javascript", "try { for (;;) {} } catch (e) { 'caught' }"),
    ("javascript", "[...Array(3e5).keys()].sort(() => { for (;;) {} })"),
    ("javascript", "({get x() { for (;;) {} }})"),
    ("jq", "last(range(1e12))"),
    ("jq", "def f: f; f"),
]


@pytest.mark.parametrize(("language", "expression"), ENDLESS, ids=[expression for _, expression in ENDLESS])
def test_e70_s13_what_does_not_end_is_interrupted(impatient: Running, language: str, expression: str) -> None:
    answer = impatient.ask(language, expression, {})
    assert answer.error == "Script not evaluated within 0.5 seconds, interrupted."
    assert answer.interrupted
    assert impatient.value(language, "1", {}) == ([1] if language == "jq" else 1)


@pytest.mark.parametrize("program", ["def f: 1 + f; f", "[range(1e9)] | length"])
def test_e70_s13_what_does_not_end_and_grows_meets_one_of_its_limits(impatient: Running, program: str) -> None:
    """Which one comes first is up to the machine."""
    answer = impatient.ask("jq", program, {})
    assert answer.error in ("Script not evaluated within 0.5 seconds, interrupted.", DIED)
    assert impatient.value("jq", "1", {}) == [1]


GREEDY = [
    ("javascript", "let a = []; while (true) a.push(new Array(100000).fill(1.5))"),
    ("javascript", "new Array(1e9).fill(0)"),
    ("javascript", "'x'.repeat(1e9)"),
    ("javascript", "new ArrayBuffer(1e10)"),
    ("javascript", "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; a"),
    ("javascript", "(10n ** 100000n) ** 1000n"),
    ("jq", '"x" * 1e9 | length'),
    ("jq", '[limit(1e9; repeat("x" * 1e6))] | length'),
]


@pytest.mark.parametrize(("language", "expression"), GREEDY, ids=[expression for _, expression in GREEDY])
def test_what_wants_all_the_memory_fails(evaluating: Running, language: str, expression: str) -> None:
    answer = evaluating.ask(language, expression, {})
    assert answer.error
    assert evaluating.value(language, "1", {}) == ([1] if language == "jq" else 1)


RECURSIVE = [
    ("javascript", "function f(n) { return f(n + 1) + 1 } f(0)"),
    ("javascript", "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a"),
    ("javascript", "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)"),
    ("javascript", "JSON.parse('['.repeat(1e6))"),
    ("javascript", "eval('('.repeat(1e5) + ')'.repeat(1e5))"),
    ("javascript", "let a = {}; a.a = a; a"),
    ("jq", "reduce range(1e5) as $i (0; [.])"),
    ("jq", '"[" * 1e5 | fromjson'),
]


@pytest.mark.parametrize(("language", "expression"), RECURSIVE, ids=[expression for _, expression in RECURSIVE])
def test_what_goes_too_deep_fails(evaluating: Running, language: str, expression: str) -> None:
    answer = evaluating.ask(language, expression, {})
    assert answer.error
    assert evaluating.value(language, "1", {}) == ([1] if language == "jq" else 1)


def test_a_value_that_is_too_large_to_be_told_is_an_error(evaluating: Running) -> None:
    answer = evaluating.ask("javascript", "'x'.repeat(20e6)")
    assert answer.error == "The value of the expression is larger than 16 MB."


@pytest.mark.parametrize("expression", ["env | length", "$ENV | length"])
def test_there_is_no_environment(evaluating: Running, expression: str) -> None:
    assert evaluating.value("jq", expression) == [0]


NOTHING_THERE = [
    "process",
    "require",
    "std",
    "os",
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "Deno",
    "setTimeout",
    "load",
    "read",
]


@pytest.mark.parametrize("name", NOTHING_THERE)
def test_javascript_has_no_way_out(evaluating: Running, name: str) -> None:
    assert evaluating.value("javascript", f"typeof {name}") == "undefined"


@pytest.mark.parametrize("module", ["std", "os", "/etc/passwd", "qjs:std"])
def test_javascript_imports_nothing(evaluating: Running, module: str) -> None:
    assert evaluating.value("javascript", f"var got = null; import('{module}').then(m => got = m); got") is None
    assert "SyntaxError" in (evaluating.ask("javascript", f"import x from '{module}'; 1").error or "")


READING = ['import "{0}" as $data; $data', 'import "secret" as $data {{search: "{1}"}}; $data', 'include "{0}"; .']


@pytest.mark.parametrize("program", READING)
def test_jq_reads_no_file(evaluating: Running, tmp_path: Path, program: str) -> None:
    (tmp_path / "secret.json").write_text('"the secret"', encoding="utf-8")
    (tmp_path / "secret.jq").write_text('def secret: "the secret";', encoding="utf-8")
    tmp_path.chmod(0o755)
    answer = evaluating.ask("jq", program.format(tmp_path / "secret", tmp_path), {})
    assert answer.error
    assert "the secret" not in f"{answer.error}{answer.value}"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at a process the Linux way")
def test_a_child_has_given_up_everything(evaluating: Running) -> None:
    evaluating.value("javascript", "1")
    for child in evaluating.evaluators.process_ids():
        process = Path(f"/proc/{child}")
        assert not (process / "environ").read_bytes().strip(b"\0") or os.geteuid() != 0
        assert {path.name for path in (process / "fd").iterdir()} <= {"0", "1", "2", "3"}
        limits = {line[:26].strip(): line[26:].split()[0] for line in (process / "limits").read_text().splitlines()}
        for name in ("Max open files", "Max processes", "Max file size", "Max core file size"):
            assert limits[name] == "0", name
        assert limits["Max address space"] == str(512 * 1024 * 1024)
        status = (process / "status").read_text()
        assert os.geteuid() != 0 or "Uid:\t65534\t65534\t65534\t65534" in status


@pytest.mark.slow
@pytest.mark.parametrize(("language", "expression"), [("javascript", "$.rows.length"), ("jq", ".rows | length")])
def test_ten_megabytes_go_in(evaluating: Running, language: str, expression: str) -> None:
    rows = [{"id": number, "name": f"row {number}", "tags": ["a", "b"]} for number in range(180_000)]
    assert evaluating.value(language, expression, {"rows": rows}) in (len(rows), [len(rows)])
