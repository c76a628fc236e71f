"""Our contract is the seed and more; and a contract that cannot be served says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers.http.contract import ContractError, load_document, operation_nodes, read, resolve
from handlers.http.routing_view import routing_view
from tests.api.edge.asgi import CONTRACT

OURS = load_document(CONTRACT)
SEED = load_document(Path(__file__).with_name("seed.yaml"))

ADDED = {
    "deleteWorkflowDefinitionVersion": "delete /metadata/workflow/{name}/{version}",
    "getWorkflowNames": "get /metadata/workflow/names",
    "getWorkflowNamesAndVersions": "get /metadata/workflow/names-and-versions",
    "getLatestWorkflowDefinitions": "get /metadata/workflow/latest-versions",
    "getWorkflowVersions": "get /metadata/workflow/{name}/versions",
    "validateWorkflowDefinition": "post /metadata/workflow/validate",
    "updateTaskDefinition": "put /metadata/taskdefs",
    "startWorkflowByName": "post /workflow/{workflowId}",
    "getWorkflowStatus": "get /workflow/{workflowId}/status",
    "removeWorkflow": "delete /workflow/{workflowId}/remove",
    "getWorkflowsByCorrelationIds": "post /workflow/{workflowId}/correlated",
    "terminateAndRemoveWorkflow": "delete /workflow/{workflowId}/terminate-remove",
    "resetWorkflowCallbacks": "post /workflow/{workflowId}/resetcallbacks",
    "pushWorkflowMessage": "post /workflow/{workflowId}/messages",
    "getWorkflowsByCorrelationId": "get /workflow/{workflowId}/correlated/{correlationId}",
    "getRunningWorkflows": "get /workflow/running/{name}",
    "pauseWorkflows": "put /workflow/bulk/pause",
    "resumeWorkflows": "put /workflow/bulk/resume",
    "restartWorkflows": "post /workflow/bulk/restart",
    "retryWorkflows": "post /workflow/bulk/retry",
    "terminateWorkflows": "post /workflow/bulk/terminate",
    "removeWorkflows": "delete /workflow/bulk/remove",
    "terminateAndRemoveWorkflows": "delete /workflow/bulk/terminate-remove",
    "executeWorkflow": "post /workflow/execute/{name}/{version}",
    "getWorkflowTasks": "get /workflow/{workflowId}/tasks",
    "testWorkflow": "post /workflow/test",
    "decideWorkflow": "put /workflow/decide/{workflowId}",
    "signalWorkflow": "post /tasks/{workflowId}/{status}/signal",
    "signalWorkflowSync": "post /tasks/{workflowId}/{status}/signal/sync",
    "getTaskQueueSize": "get /tasks/queue/size",
    "getAllTaskQueues": "get /tasks/queue/all",
    "getPollData": "get /tasks/queue/polldata",
    "getAllPollData": "get /tasks/queue/polldata/all",
    "requeueTasks": "post /tasks/queue/requeue/{taskType}",
    "updateTaskV2": "post /tasks/update-v2",
    "updateTaskByReference": "post /tasks/{taskId}/{taskRefName}/{status}",
    "updateTaskByReferenceSync": "post /tasks/{taskId}/{taskRefName}/{status}/sync",
    "getTaskLogs": "get /tasks/{taskId}/log",
    "addTaskLog": "post /tasks/{taskId}/log",
    "updateEventHandler": "put /event",
    "getEventHandlersForEvent": "get /event/{name}",
    "deleteEventHandler": "delete /event/{name}",
    "searchWorkflowsById": "post /workflow/bulk/search",
    "searchWorkflowsV2": "get /workflow/search-v2",
    "searchWorkflowsByTasks": "get /workflow/search-by-tasks",
    "searchWorkflowsByTasksV2": "get /workflow/search-by-tasks-v2",
    "getWorkflowPayloadLocation": "get /workflow/externalstoragelocation",
    "getWorkflowPayloadLocation2": "get /workflow/external-storage-location",
    "searchTasks": "get /tasks/search",
    "searchTasksV2": "get /tasks/search-v2",
    "getAllTaskQueuesVerbose": "get /tasks/queue/all/verbose",
    "getTaskPayloadLocation": "get /tasks/externalstoragelocation",
    "getTaskPayloadLocation2": "get /tasks/external-storage-location",
    "downloadPayload": "get /external/{entity}/{direction}/{name}",
    "uploadPayload": "put /external/{entity}/{direction}/{name}",
    "getDefaultEventQueues": "get /queue/",
    "getDefaultEventQueueSizes": "get /queue/size",
    "updateByQueue": "post /queue/update/{workflowId}/{taskRefName}/{status}",
    "updateByQueueAndTaskId": "post /queue/update/{workflowId}/task/{taskId}/{status}",
    "getVersion": "get /version",
    "getEnvironment": "get /environment",
    "getEnvironmentVariable": "get /environment/{key}",
    "getConfiguration": "get /admin/config",
    "getPendingTasks": "get /admin/task/{tasktype}",
    "requeueSweep": "post /admin/sweep/requeue/{workflowId}",
    "verifyAndRepair": "post /admin/consistency/verifyAndRepair/{workflowId}",
    "getEventQueues": "get /admin/queues",
    "saveSchedule": "post /scheduler/schedules",
    "getAllSchedules": "get /scheduler/schedules",
    "searchSchedules": "get /scheduler/schedules/search",
    "getSchedule": "get /scheduler/schedules/{name}",
    "deleteSchedule": "delete /scheduler/schedules/{name}",
    "pauseSchedule": "put /scheduler/schedules/{name}/pause",
    "pauseScheduleByGet": "get /scheduler/schedules/{name}/pause",
    "resumeSchedule": "put /scheduler/schedules/{name}/resume",
    "resumeScheduleByGet": "get /scheduler/schedules/{name}/resume",
    "getNextFewSchedules": "get /scheduler/nextFewSchedules",
    "searchScheduleExecutions": "get /scheduler/search/executions",
    "requeueAllExecutionRecords": "get /scheduler/admin/requeue",
    "pauseAllSchedules": "get /scheduler/admin/pause",
    "resumeAllSchedules": "get /scheduler/admin/resume",
    "pauseSchedules": "put /scheduler/bulk/pause",
    "resumeSchedules": "put /scheduler/bulk/resume",
    "issueToken": "post /token",
}

SEED_OPERATIONS = {node["operationId"]: (path, method, node) for path, method, node in operation_nodes(SEED)}
SEED_PROPERTIES = [
    (name, key) for name, schema in SEED["components"]["schemas"].items() for key in schema["properties"]
]


def types_of(schema: dict[str, Any]) -> set[str]:
    """Every JSON type that a schema lets in, null aside."""
    schema = resolve(OURS, schema)
    types = schema.get("type", [])
    found = {types} if isinstance(types, str) else set(types)
    for branch in schema.get("anyOf", []):
        found |= types_of(branch)
    return found - {"null"}


@pytest.mark.parametrize("operation_id", SEED_OPERATIONS)
def test_an_operation_of_the_seed_is_kept(operation_id: str) -> None:
    path, method, seed = SEED_OPERATIONS[operation_id]
    ours = OURS["paths"][path][method]
    assert ours["operationId"] == operation_id
    assert {code for code in ours["responses"] if code in seed["responses"]} == set(seed["responses"])
    assert list(_parameters(seed)) == [key for key in _parameters(ours) if key in set(_parameters(seed))]
    if "requestBody" in seed:
        assert set(seed["requestBody"]["content"]) <= set(ours["requestBody"]["content"])
        assert ours["requestBody"]["required"] == seed["requestBody"]["required"]


def _parameters(node: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    for parameter in node.get("parameters", []):
        schema = parameter["schema"]
        yield parameter["name"], parameter["in"], parameter.get("required"), schema["type"], schema.get("default")


@pytest.mark.parametrize(("name", "key"), SEED_PROPERTIES)
def test_a_property_of_the_seed_is_kept(name: str, key: str) -> None:
    seed = SEED["components"]["schemas"][name]["properties"][key]
    ours = resolve(OURS, OURS["components"]["schemas"][name]["properties"][key])
    assert types_of(seed) <= types_of(ours)
    allowed = ours.get("enum") or ours.get("examples") or []
    assert set(seed.get("enum", [])) <= set(allowed)


ONLY_ANSWERED = frozenset({"Workflow", "Task", "SearchResult"})
"""Their required properties are a promise, not a demand: there may be more."""


def test_the_seed_s_required_properties_are_ours_but_the_type_of_a_task() -> None:
    for name, seed in SEED["components"]["schemas"].items():
        optional = {"type"} if name == "WorkflowTask" else set()
        ours = OURS["components"]["schemas"][name].get("required", [])
        theirs = set(seed.get("required", [])) - optional
        assert set(ours) == theirs or (name in ONLY_ANSWERED and set(ours) > theirs), name


def test_what_the_official_clients_need_is_added() -> None:
    ours = {node["operationId"]: f"{method} {path}" for path, method, node in operation_nodes(OURS)}
    assert {name: ours[name] for name in ours if name not in SEED_OPERATIONS} == ADDED


def test_connexion_is_shown_the_same_paths_and_operations() -> None:
    view = routing_view(OURS)
    assert view["openapi"] == "3.0.3"
    assert [(path, method, node["operationId"]) for path, method, node in operation_nodes(view)] == [
        (path, method, node["operationId"]) for path, method, node in operation_nodes(OURS)
    ]


def document(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": {"/a": {"get": operation}}, **more}


OK = {"responses": {"200": {"description": "ok"}}}


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (document(OK), "GET /a has no operationId"),
        (document({"operationId": "a"}), "a has no successful response"),
        (
            document({"operationId": "a", "parameters": [{"name": "p", "in": "header"}], **OK}),
            "a: parameter p is in header",
        ),
        (
            document({"operationId": "a", "parameters": [{"name": "p", "in": "query", "schema": {}}], **OK}),
            "a: parameter p needs one schema type",
        ),
        (
            document({"operationId": "a", "responses": {"200": {"$ref": "#/components/responses/Gone"}}}),
            "refers to #/components/responses/Gone, which does not exist",
        ),
    ],
)
def test_a_contract_that_cannot_be_served_names_the_place(broken: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ContractError, match=sentence):
        read(broken)


def test_two_operations_of_one_name_are_refused() -> None:
    twice = {"paths": {"/a": {"get": {"operationId": "a", **OK}}, "/b": {"get": {"operationId": "a", **OK}}}}
    with pytest.raises(ContractError, match="Two operations are called a; the second is /b"):
        read(twice)


@pytest.mark.parametrize("text", ["a: [", "just a text", "openapi: 3.1.0"])
def test_a_file_that_is_no_contract_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    with pytest.raises(ContractError, match=r"broken\.yaml"):
        load_document(tmp_path / "broken.yaml")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"none\.yaml cannot be read"):
        load_document(tmp_path / "none.yaml")
