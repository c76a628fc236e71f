"""What comes behind each node of a definition (§1.7)."""

from __future__ import annotations

import pytest

from engine.graph import all_nodes, parse
from tests.unit.engine.flows import flow, fork, join, simple, switch, task

DEFINITION = flow(
    simple("first"),
    switch(
        "s", "x", {"a": [simple("a1"), simple("a2")], "b": []}, default_case=[switch("s2", "y", {"c": [simple("c1")]})]
    ),
    fork("f", [simple("b1"), simple("b2")], [switch("s3", "z", {"d": [simple("d1")]})]),
    join("j", "b2"),
    task("TERMINATE", "end", {"terminationStatus": "COMPLETED"}),
    simple("never"),
)
BEHIND = [
    ("first", "s"),
    ("s", "f"),
    ("a1", "a2"),
    ("a2", "f"),
    ("s2", "f"),
    ("c1", "f"),
    ("f", "j"),
    ("b1", "b2"),
    ("b2", None),
    ("s3", None),
    ("d1", None),
    ("j", "end"),
    ("end", None),
    ("never", None),
]


@pytest.mark.parametrize(("reference", "follows"), BEHIND)
def test_what_follows(reference: str, follows: str | None) -> None:
    assert parse("id", DEFINITION).follows(reference) == follows


def test_every_node_is_known_by_its_reference_name() -> None:
    graph = parse("id", DEFINITION)
    names = [node.task_reference_name for node in all_nodes(DEFINITION.tasks)]
    assert sorted(names) == sorted(reference for reference, _ in BEHIND)
    assert all(graph.node(name) is not None for name in names)
    assert (graph.first, graph.node("nobody"), graph.follows("nobody")) == ("first", None, None)
    assert parse("id", flow()).first is None


def test_a_template_is_compiled_once_for_a_node_of_the_definition() -> None:
    graph = parse("id", DEFINITION)
    node = graph.node("first")
    assert node is not None
    assert graph.template(node) is graph.template(node)
    assert graph.template(node) is not graph.template(node, with_task_def=False)
