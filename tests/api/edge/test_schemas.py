"""Violations of the contract, in its own words and with the paths of the reference (api/errors)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InvalidInput, Violation
from handlers.http.contract import Body, load_document, read
from handlers.http.schemas import VALIDATION_FAILED, SchemaCheck
from tests.api.edge.asgi import CONTRACT

OURS = read(load_document(CONTRACT))
TASK = {"name": "a", "taskReferenceName": "a", "type": "SIMPLE"}


def violations(operation_id: str, body: Any) -> tuple[Violation, ...]:
    """What is wrong with a body; () when it fits."""
    declared = OURS.operations[operation_id].body
    assert isinstance(declared, Body)
    try:
        SchemaCheck(declared.content["application/json"], OURS.document, declared.at)(body)
    except InvalidInput as error:
        assert error.message == VALIDATION_FAILED
        return error.violations
    return ()


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        ("registerWorkflowDefinition", {"name": "w", "tasks": [TASK]}),
        ("registerWorkflowDefinition", {"name": "w", "tasks": [TASK], "version": "2", "unknown": {"x": [1]}}),
        ("registerWorkflowDefinition", {"name": "w", "tasks": [{"name": "a", "taskReferenceName": "a"}]}),
        ("registerWorkflowDefinition", {"name": "w", "tasks": [{**TASK, "type": "my_own"}]}),
        (
            "registerWorkflowDefinition",
            {"name": "w", "tasks": [{**TASK, "optional": "true", "subWorkflowParam": None, "taskDefinition": None}]},
        ),
        (
            "registerWorkflowDefinition",
            {"name": "w", "tasks": [], "version": None, "ownerEmail": None, "timeoutPolicy": None, "restartable": None},
        ),
        ("updateTask", {"workflowInstanceId": "w", "taskId": "t", "status": "CANCELED", "outputData": {"a": None}}),
        ("updateTask", {"workflowInstanceId": "w", "taskId": "t", "status": "COMPLETED", "callbackAfterSeconds": "7"}),
        ("startWorkflow", {"name": "w", "input": None, "idempotencyStrategy": "FAIL", "version": 1.0}),
        ("createEventHandler", {}),
        ("createEventHandler", [{"name": "h", "actions": [{"action": "fail_task", "fail_task": {}}]}]),
        ("startWorkflowByName", {"anything": [None, {"x": 10**40}]}),
        ("registerTaskDefinitions", []),
    ],
)
def test_what_clients_send_fits(operation_id: str, body: Any) -> None:
    assert violations(operation_id, body) == ()


@pytest.mark.parametrize(
    ("operation_id", "body", "expected"),
    [
        (
            "registerWorkflowDefinition",
            {"version": "one"},
            [
                ("registerWorkflowDef.arg0.name", "WorkflowDef name cannot be null or empty", None),
                ("registerWorkflowDef.arg0.tasks", "WorkflowTask list cannot be empty", None),
                ("registerWorkflowDef.arg0.version", "must be an integer of 32 bits", "one"),
            ],
        ),
        (
            "registerWorkflowDefinition",
            {
                "name": None,
                "tasks": [{"name": "s", "taskReferenceName": 1, "decisionCases": {"A": [{"name": "x"}]}}],
            },
            [
                ("registerWorkflowDef.arg0.name", "WorkflowDef name cannot be null or empty", None),
                (
                    "registerWorkflowDef.arg0.tasks[0].taskReferenceName",
                    "WorkflowTask taskReferenceName name cannot be empty or null",
                    "1",
                ),
                (
                    "registerWorkflowDef.arg0.tasks[0].decisionCases.A[0].taskReferenceName",
                    "WorkflowTask taskReferenceName name cannot be empty or null",
                    None,
                ),
            ],
        ),
        (
            "registerWorkflowDefinition",
            {"name": "w", "tasks": "text"},
            [("registerWorkflowDef.arg0.tasks", "WorkflowTask list cannot be empty", "text")],
        ),
        (
            "updateWorkflowDefinitions",
            [{"name": "w", "tasks": [], "version": "one"}],
            [("updateWorkflowDef.arg0[0].version", "must be an integer of 32 bits", "one")],
        ),
        (
            "registerTaskDefinitions",
            [{"name": "t", "retryCount": 2**31}],
            [("registerTaskDef.arg0[0].retryCount", "must be an integer of 32 bits", "2147483648")],
        ),
        (
            "registerTaskDefinitions",
            [{"name": "t", "retryCount": True}],
            [("registerTaskDef.arg0[0].retryCount", "must be an integer of 32 bits", "true")],
        ),
        (
            "updateTask",
            {"workflowInstanceId": "w", "taskId": "t", "status": "HAPPY"},
            [
                (
                    "updateTask.arg0.status",
                    "status must be one of IN_PROGRESS, COMPLETED, FAILED, FAILED_WITH_TERMINAL_ERROR, CANCELED",
                    "HAPPY",
                )
            ],
        ),
        (
            "updateTask",
            {"workflowInstanceId": "w", "taskId": "t", "status": "COMPLETED", "outputData": "text"},
            [("updateTask.arg0.outputData", '"text" is not of types "null", "object"', "text")],
        ),
        ("startWorkflow", [], [("startWorkflow.arg0", '[] is not of type "object"', None)]),
        ("startWorkflow", {"name": None}, [("startWorkflow.arg0.name", "Workflow name cannot be null or empty", None)]),
        (
            "startWorkflow",
            {"name": "w", "workflowDef": {"name": "x", "tasks": {}}},
            [("startWorkflow.arg0.workflowDef.tasks", "WorkflowTask list cannot be empty", None)],
        ),
        (
            "createEventHandler",
            {"name": "h", "actions": [{"action": "dance"}]},
            [
                (
                    "addEventHandler.arg0.actions[0].action",
                    "must be one of start_workflow, complete_task, fail_task, terminate_workflow, "
                    "update_workflow_variables, start_agent",
                    "dance",
                )
            ],
        ),
    ],
)
def test_what_does_not_fit_is_named(operation_id: str, body: Any, expected: list[tuple[str, str, str | None]]) -> None:
    assert violations(operation_id, body) == tuple(Violation(*parts) for parts in expected)


def test_no_more_than_fifty_violations_are_listed() -> None:
    assert len(violations("registerTaskDefinitions", [{"retryCount": "x"}] * 1000)) == 50


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        ("registerWorkflowDefinition", {}),
        ("registerWorkflowDefinition", {"name": None, "tasks": None}),
        ("updateWorkflowDefinitions", [{"name": "w", "tasks": [{}, {"name": None, "decisionCases": {"A": [{}]}}]}]),
        ("startWorkflow", {"name": "w", "workflowDef": {"name": "x"}}),
        ("registerTaskDefinitions", [{}]),
    ],
)
def test_what_is_missing_in_a_definition_is_told_by_the_engine_with_all_else(operation_id: str, body: Any) -> None:
    assert violations(operation_id, body) == ()


def test_long_values_are_cut() -> None:
    (found,) = violations("registerTaskDefinitions", [{"name": "t", "retryCount": "x" * 10_000}])
    assert found.invalid_value == "x" * 300 + "..."
