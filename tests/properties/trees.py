"""Random trees of workflows: a root, workflows in the middle and leaves, each one a random definition."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from engine.definitions import JsonObject, RateLimitConfig, WorkflowDef
from engine.graph import all_nodes
from engine.validation import validate_workflow_def
from tests.properties.definitions import FAILURE_WORKFLOW, MISSING_WORKFLOW, Names, child_task, maybe, nodes
from tests.properties.scripts import without_chance

LEAF, MIDDLE, ROOT = "leaf", "middle", "root"
BELOW: dict[str, tuple[str, ...]] = {ROOT: (MIDDLE, MIDDLE, LEAF), MIDDLE: (LEAF,), LEAF: ()}
"""Whose children may be which."""


@st.composite
def level(draw: DrawFn, name: str) -> WorkflowDef:
    """A definition of one level of the tree; but for leaves it has at least one child."""
    names = Names(children=BELOW[name])
    tasks = draw(nodes(names, depth=1))
    if BELOW[name] and not any(node.type == "SUB_WORKFLOW" for node in all_nodes(tasks)):
        tasks = [draw(child_task(names)), *tasks]
    outputs: list[JsonObject] = [{}, {"x": f"${{{tasks[0].task_reference_name}.output.x}}"}]
    definition = WorkflowDef(
        name=name,
        tasks=tasks,
        output_parameters=draw(st.sampled_from(outputs)),
        timeout_seconds=draw(st.sampled_from((0, 0, 30))),
        timeout_policy=draw(st.sampled_from(("TIME_OUT_WF", "ALERT_ONLY"))),
        failure_workflow=draw(st.sampled_from((None, None, FAILURE_WORKFLOW, MISSING_WORKFLOW))),
        restartable=draw(st.sampled_from((True, True, True, False))),
        rate_limit_config=RateLimitConfig(None, 1) if name == LEAF and draw(maybe(6)) else None,
        owner_email="owner@example.com",
    )
    problems = validate_workflow_def(definition, lambda _: None)
    assert not problems, problems
    return without_chance(definition)


trees: st.SearchStrategy[tuple[WorkflowDef, ...]] = st.tuples(level(LEAF), level(MIDDLE), level(ROOT))
"""Leaves first, so that every definition finds those below it."""
