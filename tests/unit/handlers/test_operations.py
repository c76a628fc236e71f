"""Every operation asks the engine the right question and answers with the right status and shape."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from engine.definitions import EventHandler, TaskDef, WorkflowDef
from engine.errors import InvalidInput, NotFound
from engine.ports import Page
from engine.requests import (
    BulkResponse,
    RerunWorkflowRequest,
    SkipTaskRequest,
    StartWorkflowRequest,
    TaskExecLog,
    TaskResult,
)
from engine.search import Search, Sort
from engine.status import TaskStatus
from handlers.operations import operations
from handlers.tasks import log_text
from tests.unit.handlers.recording import RecordingEngine
from tests.unit.handlers.values import task_view, workflow_view

RESULT = {"workflowInstanceId": "w1", "taskId": "t1", "status": "COMPLETED", "outputData": {"a": None}}
TYPED_RESULT = TaskResult("w1", "t1", TaskStatus.COMPLETED, {"a": None})


class FixedClock:
    def now(self) -> int:
        return 1000


def call(engine: RecordingEngine, operation: str, /, **arguments: Any) -> Any:
    """What the operation answers, with ready JSON decoded."""

    async def run() -> object:
        return await operations(engine.engine, FixedClock())[operation](**arguments)

    answer = asyncio.run(run())
    return msgspec.json.decode(answer) if isinstance(answer, bytes) else answer


def test_the_map_has_exactly_the_operations_of_the_contract() -> None:
    contract = yaml.safe_load((Path(__file__).parents[3] / "openapi.yaml").read_text())
    declared = {node["operationId"]: node for item in contract["paths"].values() for node in item.values()}
    absent = {name for name, node in declared.items() if node.get("x-optional")}
    assert set(operations(RecordingEngine().engine)) == set(declared) - absent
    assert absent == {"issueToken"}


ASKED: list[tuple[str, dict[str, Any], str, tuple[Any, ...]]] = [
    ("registerWorkflowDefinition", {"body": {"name": "w"}}, "metadata.register_workflow_def",
     (WorkflowDef(name="w"), False)),
    ("registerWorkflowDefinition", {"body": {"name": "w"}, "overwrite": True}, "metadata.register_workflow_def",
     (WorkflowDef(name="w"), True)),
    ("deleteWorkflowDefinition", {"name": "w"}, "metadata.delete_workflow_def", ("w", None)),
    ("deleteWorkflowDefinitionVersion", {"name": "w", "version": 3}, "metadata.delete_workflow_def", ("w", 3)),
    ("registerTaskDefinitions", {"body": [{"name": "t"}]}, "metadata.register_task_defs", ([TaskDef(name="t")],)),
    ("updateTaskDefinition", {"body": {"name": "t"}}, "metadata.update_task_def", (TaskDef(name="t"),)),
    ("deleteTaskDefinition", {"task_type": "t"}, "metadata.delete_task_def", ("t",)),
    ("pauseWorkflow", {"workflow_id": "w"}, "pause", ("w",)),
    ("resumeWorkflow", {"workflow_id": "w"}, "resume", ("w",)),
    ("restartWorkflow", {"workflow_id": "w", "use_latest_definitions": True}, "restart", ("w", True)),
    ("retryWorkflow", {"workflow_id": "w", "resume_subworkflow_tasks": True}, "retry", ("w", True)),
    ("terminateWorkflow", {"workflow_id": "w", "reason": "why"}, "terminate", ("w", "why", False)),
    ("removeWorkflow", {"workflow_id": "w"}, "remove", ("w", True)),
    ("removeWorkflow", {"workflow_id": "w", "archive_workflow": False}, "remove", ("w", False)),
    ("decideWorkflow", {"workflow_id": "w"}, "decide", ("w",)),
    ("addTaskLog", {"task_id": "t", "body": "x"}, "add_log", (TaskExecLog("x", "t", 1000),)),
    ("createEventHandler", {"body": {"name": "h"}}, "metadata.add_event_handlers", ([EventHandler(name="h")],)),
    ("createEventHandler", {"body": [{"name": "h"}, {"name": "i"}]}, "metadata.add_event_handlers",
     ([EventHandler(name="h"), EventHandler(name="i")],)),
    ("updateEventHandler", {"body": {"name": "h", "active": True}}, "metadata.update_event_handler",
     (EventHandler(name="h", active=True),)),
    ("deleteEventHandler", {"name": "h"}, "metadata.delete_event_handler", ("h",)),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "arguments", "method", "asked"), ASKED)
def test_operations_without_an_answer(
    operation: str, arguments: dict[str, Any], method: str, asked: tuple[Any, ...]
) -> None:
    engine = RecordingEngine()
    assert call(engine, operation, **arguments) is None
    assert engine.calls == [(method, asked)]


def test_updating_definitions_says_something_only_when_one_failed() -> None:
    body = [{"name": "a"}, {"name": "b"}]
    good = RecordingEngine(update_workflow_defs=BulkResponse(bulk_successful_results=["a", "b"]))
    assert call(good, "updateWorkflowDefinitions", body=body) == (None, 204)
    assert good.calls == [("metadata.update_workflow_defs", ([WorkflowDef(name="a"), WorkflowDef(name="b")],))]
    bad = RecordingEngine(update_workflow_defs=BulkResponse({"a": "no"}, ["b"]))
    shown = {"bulkErrorResults": {"a": "no"}, "bulkSuccessfulResults": ["b"]}
    assert call(bad, "updateWorkflowDefinitions", body=body) == (shown, 200)


def test_reading_definitions() -> None:
    engine = RecordingEngine(
        workflow_defs=[WorkflowDef(name="a"), WorkflowDef(name="b")],
        workflow_def=WorkflowDef(name="a", version=2),
        task_defs=[TaskDef(name="t")],
        task_def=TaskDef(name="t"),
    )
    assert [shown["name"] for shown in call(engine, "listWorkflowDefinitions")] == ["a", "b"]
    assert call(engine, "getWorkflowDefinition", name="a", version=2)["version"] == 2
    assert [shown["name"] for shown in call(engine, "listTaskDefinitions")] == ["t"]
    assert call(engine, "getTaskDefinition", task_type="t")["retryCount"] == 3
    assert engine.calls == [
        ("metadata.workflow_defs", (None,)),
        ("metadata.workflow_def", ("a", 2)),
        ("metadata.task_defs", ()),
        ("metadata.task_def", ("t",)),
    ]


def test_q25_listing_definitions_honours_the_name() -> None:
    engine = RecordingEngine(workflow_defs=[])
    call(engine, "listWorkflowDefinitions", name="x")
    assert engine.calls == [("metadata.workflow_defs", ("x",))]


def test_starting_answers_the_id() -> None:
    engine = RecordingEngine(start_workflow="w9")
    assert call(engine, "startWorkflow", body={"name": "ship", "input": {"a": 1}}) == "w9"
    by_name = {"version": 2, "correlation_id": "c", "priority": 5}
    assert call(engine, "startWorkflowByName", workflow_id="ship", body={"a": 1}, **by_name) == "w9"
    assert engine.calls == [
        ("start_workflow", (StartWorkflowRequest("ship", input={"a": 1}),)),
        ("start_workflow", (StartWorkflowRequest("ship", 2, "c", {"a": 1}, priority=5),)),
    ]


def test_starting_by_a_name_that_is_not_there_says_so_as_reading_it_does() -> None:
    answers = {"start_workflow": NotFound("no such start"), "metadata.workflow_def": NotFound("no such definition")}
    for missing, said in ((answers, "definition"), ({**answers, "metadata.workflow_def": None}, "start")):
        with pytest.raises(NotFound, match=f"no such {said}"):
            call(RecordingEngine(**missing), "startWorkflowByName", workflow_id="ship", body={})


def test_reading_an_execution() -> None:
    engine = RecordingEngine(workflow=workflow_view(task_view(), output={"a": 1}, variables={"v": 1}))
    assert call(engine, "getWorkflow", workflow_id="w1")["tasks"][0]["taskId"] == "t1"
    call(engine, "getWorkflow", workflow_id="w1", include_tasks=False)
    assert engine.calls == [("workflow", ("w1", True)), ("workflow", ("w1", False))]


def test_the_status_of_an_execution_shows_what_was_asked_for() -> None:
    engine = RecordingEngine(workflow=workflow_view(output={"a": 1}, variables={"v": 1}, correlation_id="c"))
    brief = {"workflowId": "w1", "correlationId": "c", "status": "RUNNING"}
    assert call(engine, "getWorkflowStatus", workflow_id="w1") == brief
    full = call(engine, "getWorkflowStatus", workflow_id="w1", include_output=True, include_variables=True)
    assert full == {**brief, "output": {"a": 1}, "variables": {"v": 1}}
    assert {asked for _, asked in engine.calls} == {("w1", False)}


def test_executions_by_correlation_id() -> None:
    engine = RecordingEngine(**{"lookups.correlated": {"c1": [workflow_view()], "c2": []}})
    found = call(engine, "getWorkflowsByCorrelationIds", workflow_id="ship", body=["c1", "c2"], include_closed=True)
    assert [workflow["workflowId"] for workflow in found["c1"]] == ["w1"]
    assert engine.calls == [("lookups.correlated", ("ship", ["c1", "c2"], True, False))]


def test_sending_a_message_answers_its_id() -> None:
    engine = RecordingEngine(push_message="m1")
    assert call(engine, "pushWorkflowMessage", workflow_id="w1", body={"a": 1}) == "m1"
    assert engine.calls == [("push_message", ("w1", {"a": 1}))]


def test_searching() -> None:
    engine = RecordingEngine(search=Page(0, ()))
    assert call(engine, "searchWorkflows", start=5, size=2, sort="startTime:ASC") == {"totalHits": 0, "results": []}
    assert engine.calls == [("search", (Search(start=5, size=2, sort=(Sort("startTime"),)),))]


def test_rerunning_answers_the_id() -> None:
    engine = RecordingEngine(rerun="w1")
    assert call(engine, "rerunWorkflow", workflow_id="w1", body={"reRunFromTaskId": "t", "taskInput": None}) == "w1"
    assert engine.calls == [("rerun", ("w1", RerunWorkflowRequest(re_run_from_task_id="t")))]


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [
        ({}, SkipTaskRequest()),
        ({"body": {}}, SkipTaskRequest()),
        ({"body": {"taskInput": {"a": 1}, "taskOutput": None}}, SkipTaskRequest({"a": 1})),
        ({"task_input": {"k": "v"}, "task_output": {"o": "x"}}, SkipTaskRequest({"k": "v"}, {"o": "x"})),
        ({"task_input": {"k": "v"}, "body": {"taskInput": {"k": 1}}}, SkipTaskRequest({"k": 1})),
    ],
)
def test_skipping_takes_a_body_or_a_bracketed_query(arguments: dict[str, Any], request_: SkipTaskRequest) -> None:
    engine = RecordingEngine()
    call(engine, "skipTask", workflow_id="w", task_reference_name="r", **arguments)
    assert engine.calls == [("skip_task", ("w", "r", request_))]


def test_a_single_poll_waits_100_ms_and_answers_204_when_there_is_nothing() -> None:
    engine = RecordingEngine(poll=[])
    assert call(engine, "pollTask", task_type="pack", workerid="me", domain="d") == (None, 204)
    assert engine.calls == [("poll", ("pack", "me", "d", 1, 100))]
    assert call(RecordingEngine(poll=[task_view()]), "pollTask", task_type="pack")["taskId"] == "t1"


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ({}, (1, 100)),
        ({"count": 20, "timeout": 5000}, (20, 5000)),
        ({"count": 10**9, "timeout": -1}, (1000, 0)),
    ],
)
def test_a_batch_poll_is_bounded(arguments: dict[str, int], asked: tuple[int, int]) -> None:
    engine = RecordingEngine(poll=[task_view(), task_view(task_id="t2")])
    found = call(engine, "batchPollTasks", task_type="pack", **arguments)
    assert [task["taskId"] for task in found] == ["t1", "t2"]
    assert engine.calls == [("poll", ("pack", None, None, *asked))]


@pytest.mark.parametrize("count", [0, -1])
def test_a_batch_poll_for_nothing_asks_nobody(count: int) -> None:
    engine = RecordingEngine()
    assert call(engine, "batchPollTasks", task_type="pack", count=count) == []
    assert engine.calls == []


def test_updating_a_task_answers_its_id() -> None:
    engine = RecordingEngine(update_task="t1")
    assert call(engine, "updateTask", body=RESULT) == "t1"
    assert engine.calls == [("update_task", (TYPED_RESULT,))]


def test_q7_update_v2_answers_the_next_task_or_204() -> None:
    engine = RecordingEngine(update_task_and_poll=task_view(task_id="t2"))
    assert call(engine, "updateTaskV2", body=RESULT)["taskId"] == "t2"
    assert engine.calls == [("update_task_and_poll", (TYPED_RESULT,))]
    assert call(RecordingEngine(), "updateTaskV2", body=RESULT) == (None, 204)


BY_REFERENCE = {"task_id": "w1", "task_ref_name": "r", "status": "FAILED", "body": {"a": None}, "workerid": "me"}


def test_updating_by_reference_name() -> None:
    engine = RecordingEngine(update_task_by_reference="t1")
    assert call(engine, "updateTaskByReference", **BY_REFERENCE) == "t1"
    assert engine.calls == [("update_task_by_reference", ("w1", "r", TaskStatus.FAILED, {"a": None}, "me"))]
    assert call(RecordingEngine(), "updateTaskByReference", **BY_REFERENCE) is None


def test_updating_by_reference_name_and_waiting_for_the_workflow() -> None:
    engine = RecordingEngine(update_task_by_reference="t1", workflow=workflow_view(task_view()))
    assert call(engine, "updateTaskByReferenceSync", **BY_REFERENCE)["workflowId"] == "w1"
    assert [name for name, _ in engine.calls] == ["update_task_by_reference", "workflow"]
    with pytest.raises(NotFound, match=r"^Found no running task r of workflow w1 to update$"):
        call(RecordingEngine(), "updateTaskByReferenceSync", **BY_REFERENCE)


def test_an_unknown_status_in_the_path_is_refused() -> None:
    with pytest.raises(InvalidInput, match="HAPPY"):
        call(RecordingEngine(), "updateTaskByReference", **{**BY_REFERENCE, "status": "HAPPY"})


def test_queue_sizes_of_no_queue_are_empty() -> None:
    engine = RecordingEngine(**{"queues.sizes": {"a": 2}})
    assert call(engine, "getTaskQueueSizes", task_type=["a"]) == {"a": 2}
    assert call(engine, "getTaskQueueSizes") == {}
    assert engine.calls == [("queues.sizes", (["a"],))]


def test_reading_a_task_and_its_logs() -> None:
    assert call(RecordingEngine(task=task_view()), "getTask", task_id="t1")["taskId"] == "t1"
    logs = [TaskExecLog("x", "t1", 5)]
    shown = [{"log": "x", "taskId": "t1", "createdTime": 5}]
    assert call(RecordingEngine(logs=logs), "getTaskLogs", task_id="t1") == shown
    assert call(RecordingEngine(logs=[]), "getTaskLogs", task_id="t1") == (None, 204)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("plain text", "plain text"),
        (b"plain bytes", "plain bytes"),
        ("", ""),
        ('"', '"'),
        ('"quoted \\"text\\"\\n"', 'quoted "text"\n'),
        ('escaped \\"text\\"', 'escaped \\"text\\"'),
        ('"two" and "three"', '"two" and "three"'),
        ("{}", "{}"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_q4_q5_log_text(sent: str | bytes, kept: str) -> None:
    assert log_text(sent) == kept


def test_event_handlers_by_event_are_the_active_ones() -> None:
    engine = RecordingEngine(event_handlers=[EventHandler(name="h", event="e", actions=[{"action": "fail_task"}])])
    shown = call(engine, "getEventHandlersForEvent", name="e")
    assert shown[0]["actions"] == [{"action": "fail_task", "expandInlineJSON": False}]
    call(engine, "getEventHandlersForEvent", name="e", active_only=False)
    call(engine, "listEventHandlers")
    assert engine.calls == [
        ("metadata.event_handlers", ("e", True)),
        ("metadata.event_handlers", ("e", False)),
        ("metadata.event_handlers", ()),
    ]


WRONG_BODIES: list[tuple[str, dict[str, Any]]] = [
    ("registerTaskDefinitions", {"body": {"name": "t"}}),
    ("updateWorkflowDefinitions", {"body": {"name": "t"}}),
    ("startWorkflowByName", {"workflow_id": "w", "body": []}),
    ("rerunWorkflow", {"workflow_id": "w", "body": {"workflowInput": "text"}}),
    ("updateTask", {"body": {**RESULT, "outputData": "text"}}),
    ("getWorkflowsByCorrelationIds", {"workflow_id": "w", "body": [1]}),
    ("createEventHandler", {"body": {"actions": "none"}}),
]


@pytest.mark.parametrize(("operation", "arguments"), WRONG_BODIES)
def test_a_wrong_body_never_reaches_the_engine(operation: str, arguments: dict[str, Any]) -> None:
    engine = RecordingEngine()
    with pytest.raises(InvalidInput):
        call(engine, operation, **arguments)
    assert engine.calls == []


def test_what_the_engine_raises_goes_through() -> None:
    engine = RecordingEngine(workflow=NotFound("No such workflow found by id: x"))
    with pytest.raises(NotFound, match="by id: x"):
        call(engine, "getWorkflow", workflow_id="x")
