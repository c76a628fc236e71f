"""Texts of a URL as arguments; Q8, Q9, Q10, Q19 and Q27 of the official clients."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InvalidInput, Violation
from handlers.http.contract import load_document, read
from handlers.http.parameters import Arguments, ParametersReader
from tests.api.edge.asgi import CONTRACT

CONTRACT_READ = read(load_document(CONTRACT))


def read_query(operation_id: str, query: str, **path: str) -> Arguments:
    operation = CONTRACT_READ.operations[operation_id]
    return ParametersReader(operation.parameters, CONTRACT_READ.document).read(path, query.encode())


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("", {}),
        (
            "count=5&timeout=250&workerid=a%20b&domain=d%C3%A9",
            {"count": 5, "timeout": 250, "workerid": "a b", "domain": "dé"},
        ),
        ("count=0", {"count": 0}),
        ("count=1&count=2", {"count": 2}),
        ("count=&workerid=&domain=None&timeout=None", {}),
        ("nonsense=1&access=READ&skipTaskRequest=%7B%27a%27%3A1%7D", {}),
    ],
)
def test_a_poll_is_read(query: str, given: dict[str, Any]) -> None:
    expected = {"task_type": "t", "count": 1, "timeout": 100} | given
    assert read_query("batchPollTasks", query, taskType="t") == expected


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("TRUE", True), ("False", False)])
def test_q9_booleans_may_be_capitalised(text: str, value: bool) -> None:
    assert read_query("getWorkflow", f"includeTasks={text}", workflowId="w") == {
        "workflow_id": "w",
        "include_tasks": value,
    }


def test_q19_an_empty_version_is_the_latest() -> None:
    assert read_query("getWorkflowDefinition", "metadata=false&version=", name="n") == {"name": "n"}


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("taskType=a&taskType=b", ["a", "b"]),
        ("taskType=a,b", ["a", "b"]),
        ("taskType=a,&taskType=b,c", ["a", "b", "c"]),
    ],
)
def test_a_list_may_be_repeated_or_joined_by_commas(query: str, types: list[str]) -> None:
    assert read_query("getTaskQueueSizes", query) == {"task_type": types}


def test_bracketed_parameters_are_gathered() -> None:
    query = "taskInput[a]=1&taskInput[b]=x&taskOutput[c]=&other[d]=1&taskInput=repr"
    expected = {"workflow_id": "w", "task_reference_name": "r", "task_input": {"a": "1", "b": "x"}}
    assert read_query("skipTask", query, workflowId="w", taskReferenceName="r") == expected


@pytest.mark.parametrize(
    ("operation_id", "query", "path", "message"),
    [
        ("batchPollTasks", "count=many", {"taskType": "t"}, "query parameter 'count': 'many' is not an integer"),
        ("batchPollTasks", "count=1.5", {"taskType": "t"}, "query parameter 'count': '1.5' is not an integer"),
        ("batchPollTasks", "count=1_0", {"taskType": "t"}, "query parameter 'count': '1_0' is not an integer"),
        ("batchPollTasks", "count=٣", {"taskType": "t"}, "query parameter 'count': '٣' is not an integer"),
        (
            "batchPollTasks",
            "count=2147483648",
            {"taskType": "t"},
            "query parameter 'count': 2147483648 is greater than the maximum of 2147483647",
        ),
        ("batchPollTasks", "timeout=5001", {"taskType": "t"}, "Long Poll Timeout value cannot be more than 5 seconds"),
        (
            "getWorkflow",
            "includeTasks=perhaps",
            {"workflowId": "w"},
            "query parameter 'includeTasks': 'perhaps' is not true or false",
        ),
        (
            "deleteWorkflowDefinitionVersion",
            "",
            {"name": "n", "version": "x"},
            "path parameter 'version': 'x' is not an integer",
        ),
    ],
)
def test_what_does_not_fit_is_named(operation_id: str, query: str, path: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_query(operation_id, query, **path)
    assert refused.value.message == message


def test_a_value_that_the_reference_answers_with_validation_errors_does_so_here() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_query("searchWorkflows", "size=5001")
    message = "Cannot return more than 5000 workflows. Please use pagination."
    assert refused.value.violations == (Violation("searchWorkflows.arg1", message, "5001"),)


def test_a_status_in_a_path_is_one_of_the_list() -> None:
    path = {"taskId": "w", "taskRefName": "r"}
    assert read_query("updateTaskByReference", "", **path, status="COMPLETED")["status"] == "COMPLETED"
    with pytest.raises(InvalidInput, match="path parameter 'status': must be one of IN_PROGRESS, COMPLETED, FAILED,"):
        read_query("updateTaskByReference", "", **path, status="HAPPY")


def test_a_required_query_parameter_is_asked_for() -> None:
    document = {
        "paths": {
            "/a": {
                "get": {
                    "operationId": "a",
                    "parameters": [{"name": "taskType", "in": "query", "required": True, "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "ok"}},
                }
            }
        }
    }
    contract = read(document)
    with pytest.raises(InvalidInput, match="query parameter 'taskType' is required"):
        ParametersReader(contract.operations["a"].parameters, document).read({}, b"taskType=")
