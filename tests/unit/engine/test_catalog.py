"""The catalog: what an execution keeps of the definitions it began with (E75, §2.0.6)."""

from __future__ import annotations

import pytest

from engine.catalog import Catalog
from engine.definitions import SubWorkflowParams, TaskDef, WorkflowDef, WorkflowTask
from engine.errors import NotFound
from storage.memory import MemoryStore
from tests.unit.engine.shell import Shell, on_a_loop, simple
from tests.world import FakeClock

KID = WorkflowTask("kid", "s", type="SUB_WORKFLOW", sub_workflow_param=SubWorkflowParams(name="kid"))


def catalog() -> Catalog:
    return Catalog(MemoryStore(), FakeClock())


async def versions(known: Catalog, *numbers: int) -> None:
    for number in numbers:
        kid = WorkflowDef(name="kid", version=number, tasks=[WorkflowTask("n", "n", type="NOOP")])
        await known.register_workflow_def(kid, overwrite=True)


def test_e75_a_node_without_a_task_definition_gets_one_made_up() -> None:
    kinds = [WorkflowTask("a", "a"), WorkflowTask("w", "w", type="WAIT"), WorkflowTask("o", "o", type="MY_OWN")]
    graph, _ = catalog().snapshot(WorkflowDef(name="w", tasks=kinds), registered=False)
    made = [node.task_definition for node in graph.definition.tasks]
    assert made == [
        TaskDef(name="a"),
        TaskDef(name="w", retry_count=0, response_timeout_seconds=0),
        TaskDef(name="o", retry_count=0, response_timeout_seconds=0),
    ]


@on_a_loop
async def test_e75_a_child_without_a_version_is_pinned_to_the_latest_wherever_it_stands() -> None:
    known = catalog()
    await versions(known, 1, 3, 2)
    loop = WorkflowTask("l", "l", type="DO_WHILE", loop_condition="false", loop_over=[KID])
    graph, _ = known.snapshot(WorkflowDef(name="w", tasks=[loop]), registered=False)
    pinned = graph.places["s"].node.sub_workflow_param
    assert pinned is not None
    assert pinned.version == 3


@on_a_loop
async def test_e75_a_version_that_is_given_or_only_known_at_run_time_is_left() -> None:
    known = catalog()
    await versions(known, 1, 2)
    for params in (
        SubWorkflowParams(name="kid", version=1),
        SubWorkflowParams(name="${workflow.input.kid}"),
        SubWorkflowParams(name="kid", workflow_definition={"name": "inline"}),
    ):
        node = WorkflowTask("kid", "s", type="SUB_WORKFLOW", sub_workflow_param=params)
        graph, _ = known.snapshot(WorkflowDef(name="w", tasks=[node]), registered=False)
        assert graph.places["s"].node.sub_workflow_param == params


def test_e75_without_any_version_of_the_child_nothing_starts() -> None:
    with pytest.raises(NotFound, match=r"No such workflow defined\. name=kid, version=null"):
        catalog().snapshot(WorkflowDef(name="w", tasks=[KID]), registered=False)


@on_a_loop
async def test_e75_what_runs_keeps_the_definitions_it_began_with() -> None:
    async with Shell() as shell:
        await shell.register("flow", simple("a"), simple("b"))
        begun = await shell.begin("flow")
        await shell.register("flow", simple("other"))
        await shell.report(begun)
        assert [task.node for task in await shell.tasks(begun)] == ["a", "b"]
