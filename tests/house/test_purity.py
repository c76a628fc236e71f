"""The pure core of the engine imports little, and this is all of it; pyproject.toml has the other import rules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.serving import PROJECT

SHELL = (
    "answers", "api", "bells", "blocking", "bulk", "cache", "catalog", "dispatch", "evaluators", "events", "gate",
    "idempotency", "lookups", "metadata", "outbox", "payloads", "queues", "removal", "reports", "runner", "scheduler",
    "starting", "synchronous", "timer", "trials", "workers",
)  # fmt: skip
ALLOWED = frozenset(
    {
        "__future__",
        "bisect",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "itertools",
        "jsonpath",
        "math",
        "msgspec",
        "operator",
        "re",
        "string",
        "types",
        "typing",
        "zlib",
        "zoneinfo",
    }
)
ENGINE = PROJECT / "engine"


def is_pure(path: Path) -> bool:
    return path.relative_to(ENGINE).with_suffix("").parts[0] not in SHELL


PURE = sorted(path for path in ENGINE.rglob("*.py") if is_pure(path))


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(PROJECT)))
def test_the_pure_core_imports_only_what_computes(path: Path) -> None:
    names = [name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for name in imported(node)]
    foreign = [name for name in names if name.split(".")[0] not in ALLOWED | {"engine"}]
    shell = [name for name in names if name.startswith(tuple(f"engine.{module}" for module in SHELL))]
    assert not foreign, f"not for the pure core: {foreign}"
    assert not shell, f"the pure core does not know its shell: {shell}"


def imported(node: ast.AST) -> list[str]:
    """The dotted names that one statement imports; relative imports are not used in the engine."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "name the module in full"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []
