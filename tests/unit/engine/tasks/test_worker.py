"""Which queue a task goes to: E64, and what stands in its entry."""

from __future__ import annotations

from typing import Any

import pytest

from engine.ports import Limit
from engine.tasks.worker import queue_name
from tests.unit.engine.flows import simple, started, task
from tests.world import Surroundings

DOMAINS: list[tuple[str, dict[str, str], set[tuple[str, str]], str | None]] = [
    ("no mapping", {}, {("work", "one")}, None),
    ("its own type", {"work": "one"}, set(), "one"),
    ("everything", {"*": "one"}, set(), "one"),
    ("its own type wins", {"*": "one", "work": "two"}, set(), "two"),
    ("another type", {"other": "one"}, {("work", "one")}, None),
    ("the first that is alive", {"work": "one,two,three"}, {("work", "two"), ("work", "three")}, "two"),
    ("none is alive: the last", {"work": "one, two"}, set(), "two"),
    ("alive for another type only", {"work": "one,two"}, {("other", "one")}, "two"),
    ("none is alive: NO_DOMAIN", {"work": "one,NO_DOMAIN"}, set(), None),
    ("alive before NO_DOMAIN", {"work": "one,NO_DOMAIN"}, {("work", "one")}, "one"),
    ("an empty text", {"work": " , "}, set(), None),
]


@pytest.mark.parametrize(("mapping", "active", "domain"), [row[1:] for row in DOMAINS], ids=[row[0] for row in DOMAINS])
def test_e64_the_domain_of_a_task(mapping: dict[str, str], active: set[tuple[str, str]], domain: str | None) -> None:
    world = started(simple("t"), around=Surroundings(active=frozenset(active)), header={"task_to_domain": mapping})
    assert world.open("t").domain == domain
    (entry,) = world.durable.entries.values()
    assert entry.queue == (f"{domain}:work" if domain else "work")


def test_e64_a_wait_has_no_domain() -> None:
    world = started(task("WAIT", "w"), header={"task_to_domain": {"*": "one"}})
    assert world.open("w").domain is None


def test_a_retry_asks_for_its_domain_again() -> None:
    around = Surroundings(active=frozenset({("work", "one")}))
    world = started(simple("t", retry_count=1), around=around, header={"task_to_domain": {"work": "one,NO_DOMAIN"}})
    around.active = frozenset()
    world.answer("t", "FAILED")
    assert [row.domain for row in world.rows] == ["one", None]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("work", None), "work"),
        (("work", "one"), "one:work"),
        (("work", None, "space"), "work@space"),
        (("work", "one", "space", "group"), "one:work@space-group"),
        (("work", None, None, "group"), "work-group"),
    ],
)
def test_queue_names(parts: Any, name: str) -> None:
    assert queue_name(*parts) == name


def test_an_unknown_type_is_polled_by_its_type_and_a_simple_task_by_its_name() -> None:
    world = started(simple("t", name="by_name"))
    other = started(simple("t", name="by_name", type="MY_TYPE"))
    assert [entry.queue for entry in world.durable.entries.values()] == ["by_name"]
    assert [entry.queue for entry in other.durable.entries.values()] == ["MY_TYPE"]


LIMITS: list[tuple[dict[str, Any], Limit | None]] = [
    ({}, None),
    ({"concurrent_exec_limit": 2}, Limit("work", 2, 0, 1000)),
    ({"rate_limit_per_frequency": 3, "rate_limit_frequency_in_seconds": 5}, Limit("work", 0, 3, 5000)),
    ({"concurrent_exec_limit": 1, "rate_limit_per_frequency": 3}, Limit("work", 1, 3, 1000)),
    ({"concurrent_exec_limit": 0}, None),
]


@pytest.mark.parametrize(("fields", "limit"), LIMITS)
def test_the_limits_of_a_definition_stand_in_its_entries(fields: dict[str, Any], limit: Limit | None) -> None:
    (entry,) = started(simple("t", **fields)).durable.entries.values()
    assert entry.limit == limit


def test_an_entry_carries_priority_and_delay() -> None:
    world = started(simple("t", start_delay=5), header={"priority": 7})
    (entry,) = world.durable.entries.values()
    assert (entry.priority, entry.available_at) == (7, world.clock.now() + 5000)
    assert (world.open("t").start_delay_in_seconds, world.open("t").callback_after_seconds) == (5, 5)
