"""The house rules that no linter knows: short files, short functions, modules named after one noun."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.serving import PROJECT

FOLDERS = ("engine", "storage", "handlers", "tests")
FILE_LINES = 400
FUNCTION_LINES = 50
FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "service", "common", "misc"})
MODULES = sorted(path for folder in FOLDERS for path in (PROJECT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_modules_are_short_and_named_after_a_noun(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LINES, f"split {named(path)}: one noun per module"
    assert path.stem not in FORBIDDEN_NAMES, f"{named(path)}: name it after what it holds"
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f"{node.name} (line {node.lineno})" for node in functions if length(node) > FUNCTION_LINES]
    assert not long, f"{named(path)}: over {FUNCTION_LINES} lines: {', '.join(long)}"


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
