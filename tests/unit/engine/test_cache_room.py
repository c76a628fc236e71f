"""Room in the cache: the execution in use stays, however large it is; the oldest settled ones go."""

from __future__ import annotations

from engine.cache import Cache
from engine.definitions import WorkflowDef
from engine.draft import Execution
from engine.graph import parse
from engine.model import Task, Workflow
from engine.rows import Rows


def execution(identity: str, tasks: int) -> Execution:
    rows = Rows(Task(f"{identity}-{n}", identity, f"r{n}", "SIMPLE", "t", n, node=f"r{n}") for n in range(1, tasks + 1))
    header = Workflow(identity, "w", 1, "d")
    return Execution(header, parse("d", WorkflowDef(name="w")), rows)


def test_a_large_execution_in_use_is_not_dropped() -> None:
    cache = Cache(tasks_kept=10)
    cache.put("large", execution("large", 50))
    assert cache.get("large") is not None


def test_the_oldest_makes_room() -> None:
    cache = Cache(tasks_kept=10)
    for identity in ("one", "two", "three"):
        cache.put(identity, execution(identity, 5))
    assert [identity for identity in ("one", "two", "three") if cache.get(identity) is not None] == ["three"]
