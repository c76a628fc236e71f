"""The row of a START_WORKFLOW task (§2.11). What it starts: tests/unit/engine/workers."""

from __future__ import annotations

from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.status import TaskStatus
from tests.world import World


def starting(**node: object) -> WorkflowDef:
    given = {"startWorkflow": {"name": "other", "input": {"x": "${workflow.input.x}", "t": "${CPEWF_TASK_ID}"}}}
    task = WorkflowTask("s", "s", type="START_WORKFLOW", input_parameters=given, **node)  # type: ignore[arg-type]
    return WorkflowDef(name="w", tasks=[task])


def test_it_waits_on_the_queue_of_its_type_with_its_input_resolved() -> None:
    world = World.started(starting(), input={"x": 7})
    row = world.open("s")
    assert row.status is TaskStatus.SCHEDULED
    # §3.5: this type's inputs are resolved without the task's id
    assert row.input_data == {"startWorkflow": {"name": "other", "input": {"x": 7, "t": "${CPEWF_TASK_ID}"}}}
    assert [entry.queue for entry in world.pollable()] == ["START_WORKFLOW"]


def test_a_start_delay_and_a_concurrency_limit_count() -> None:
    world = World.started(starting(start_delay=5, task_definition=TaskDef(name="s", concurrent_exec_limit=1)))
    assert world.pollable() == []
    world.clock.forward(5)
    (entry,) = world.pollable()
    assert entry.limit is not None
    assert entry.limit.concurrent == 1
