"""KAFKA_PUBLISH is refused until its adapter comes, wherever it comes from (§2.22)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import WorkflowTask
from engine.status import WorkflowStatus
from engine.tasks.kafka_publish import NO_ADAPTER
from tests.unit.engine.flows import join, simple, started, task

REQUEST = {"kafka_request": {"topic": "t", "value": "${workflow.workflowId}", "bootStrapServers": "localhost:9092"}}
BRANCH = {"name": "k", "taskReferenceName": "k", "type": "KAFKA_PUBLISH", "inputParameters": REQUEST}
FORKED = {"dynamic_fork_tasks_param": "tasks", "dynamic_fork_tasks_input_param_name": "inputs"}
WAYS: list[tuple[str, list[WorkflowTask]]] = [
    ("as it is", [task("KAFKA_PUBLISH", "k", REQUEST)]),
    ("by a name", [task("DYNAMIC", "k", {**REQUEST, "which": "KAFKA_PUBLISH"}, dynamic_task_name_param="which")]),
    ("in a dynamic fork", [task("FORK_JOIN_DYNAMIC", "f", {"tasks": [BRANCH], "inputs": {}}, **FORKED), join("j")]),
]


@pytest.mark.parametrize("nodes", [row[1] for row in WAYS], ids=[row[0] for row in WAYS])
def test_at_run_time_it_fails_for_good_with_a_sentence(nodes: list[WorkflowTask]) -> None:
    world = started(*nodes, simple("u"))
    row = world.newest("k")
    assert (row.task_type, row.status, row.reason_for_incompletion) == (
        "KAFKA_PUBLISH", "FAILED_WITH_TERMINAL_ERROR", NO_ADAPTER,
    )  # fmt: skip
    given: Any = row.input_data["kafka_request"]
    assert given["value"] == "workflow"
    assert (world.status, world.queued()) == (WorkflowStatus.FAILED, [])


def test_an_optional_one_is_passed_over() -> None:
    world = started(task("KAFKA_PUBLISH", "k", REQUEST, optional=True), simple("u"))
    assert world.table() == [("k", "COMPLETED_WITH_ERRORS"), ("u", "SCHEDULED")]
