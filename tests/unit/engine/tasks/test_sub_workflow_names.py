"""What a SUB_WORKFLOW with an inline definition shows as its child's name and version (§2.10.1, probed on 3.32.1)."""

from __future__ import annotations

from typing import Any

from engine.definitions import JsonObject, SubWorkflowParams
from engine.effects import StartWorkflow
from tests.unit.engine.flows import started, task
from tests.world import World

INLINE: JsonObject = {
    "name": "inline",
    "version": 3,
    "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}],
}


def begun(definition: Any) -> tuple[World, JsonObject]:
    params = SubWorkflowParams(name="other", version=7, workflow_definition=definition)
    world = started(task("SUB_WORKFLOW", "s", sub_workflow_param=params), header={"input": {"d": INLINE}})
    return world, world.newest("s").input_data


def test_an_inline_definition_names_the_child_and_has_no_version() -> None:
    world, given = begun(INLINE)
    assert (given["subWorkflowName"], given["subWorkflowVersion"]) == ("inline", None)
    assert given["subWorkflowDefinition"]["version"] == 3
    (effect,) = world.header.outbox
    assert isinstance(effect, StartWorkflow)
    assert effect.name == "inline"


def test_the_name_beside_an_expression_stays() -> None:
    world, given = begun("${workflow.input.d}")
    assert (given["subWorkflowName"], given["subWorkflowVersion"]) == ("other", None)
    (effect,) = world.header.outbox
    assert isinstance(effect, StartWorkflow)
    assert effect.name == "inline"
