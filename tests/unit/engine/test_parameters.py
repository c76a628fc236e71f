"""Inputs of workflows and tasks (§3.8), and the documents that references read (§3.4)."""

from __future__ import annotations

import pytest

from engine.definitions import Json, JsonObject, TaskDef, WorkflowDef, WorkflowTask
from engine.model import Task, Workflow
from engine.parameters import compile_node, merged_input, task_context, task_input, workflow_context, workflow_input
from engine.status import TaskStatus, WorkflowStatus
from engine.template import MISSING

WORKFLOW_INPUT: JsonObject = {"x": 1, "t": "from input", "nothing": None}


def lookup(root: str) -> Json:
    return {"input": WORKFLOW_INPUT} if root == "workflow" else MISSING


def node(parameters: JsonObject, template: JsonObject | None = None) -> WorkflowTask:
    task_def = None if template is None else TaskDef(name="a", input_template=template)
    return WorkflowTask(name="a", task_reference_name="a", input_parameters=parameters, task_definition=task_def)


def test_e63_the_input_template_fills_what_is_missing_or_null() -> None:
    # golden simple-inputtemplate
    template = compile_node(
        node(
            {"own": "node", "gone": "${workflow.input.missing}", "x": "${workflow.input.x}"},
            {
                "own": "template",
                "extra": "default",
                "ref": "${workflow.input.t}",
                "gone": "fallback ${workflow.input.t}",
                "deep": {"k": ["${workflow.input.x}"]},
            },
        )
    )
    assert task_input(template, lookup) == {
        "own": "node",
        "gone": "fallback ${workflow.input.t}",
        "x": 1,
        "extra": "default",
        "ref": "from input",
        "deep": {"k": [1]},
    }


def test_e63_null_takes_the_template_as_it_is_written() -> None:
    template = {"a": "${workflow.input.nothing}", "b": None, "c": {"d": "${workflow.input.nothing}"}, "e": "raw"}
    given = {"e": None, "f": None, "g": "${workflow.input.nothing}"}
    assert task_input(compile_node(node(given, template)), lookup) == {
        "e": "raw",
        "f": None,
        "g": None,
        "a": "${workflow.input.nothing}",
        "b": None,
        "c": {"d": None},
    }


def test_maps_of_node_and_template_are_not_merged() -> None:
    assert task_input(compile_node(node({"c": {"e": 1}}, {"c": {"d": "x"}})), lookup) == {"c": {"e": 1}}


def test_types_without_task_definition_ignore_the_template() -> None:
    template = compile_node(node({"a": "${workflow.input.x}"}, {"b": 2}), with_task_def=False)
    assert task_input(template, lookup) == {"a": 1}


def test_a_node_without_task_definition_or_parameters_has_empty_input() -> None:
    assert task_input(compile_node(node({})), lookup) == {}


def test_filling_in_defaults_does_not_change_the_template() -> None:
    template = compile_node(node({"a": None}, {"a": 1}))
    assert template.parameters.constant
    assert task_input(template, lookup) == {"a": 1}
    assert template.parameters.resolve(lookup) == {"a": None}


def test_task_id_and_allowed_names_reach_the_input() -> None:
    template = compile_node(node({"id": "${CPEWF_TASK_ID}", "r": "${REGION}"}))
    assert task_input(template, lookup, "id-1", {"REGION": "eu"}) == {"id": "id-1", "r": "eu"}
    assert task_input(template, lookup) == {"id": "${CPEWF_TASK_ID}", "r": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"x": "given"}, {"x": "given", "y": "${workflow.input.x}", "z": None}),
        ({"x": None}, {"x": "t", "y": "${workflow.input.x}", "z": None}),
        ({"q": 1}, {"q": 1, "x": "t", "y": "${workflow.input.x}", "z": None}),
        ({"x": False, "y": 0, "z": ""}, {"x": False, "y": 0, "z": ""}),
    ],
)
def test_e63_the_workflow_template_fills_what_is_missing_or_null_without_substitution(
    given: JsonObject, expected: JsonObject
) -> None:
    assert workflow_input(given, {"x": "t", "y": "${workflow.input.x}", "z": None}) == expected


@pytest.mark.parametrize("given", [{}, None])
def test_d25_defaults_count_when_nothing_is_given(given: JsonObject | None) -> None:
    assert workflow_input(given, {"x": "t"}) == {"x": "t"}
    assert workflow_input(given, {}) == {}


def test_e2_nulls_of_the_given_input_stay() -> None:
    assert workflow_input({"n": None, "m": {"n": None}}, {}) == {"n": None, "m": {"n": None}}


def test_a_retry_merges_over_the_input_before() -> None:
    before = {"a": 1, "b": 2}
    assert merged_input(before, {"b": None, "c": 3}) == {"a": 1, "b": None, "c": 3}
    assert before == {"a": 1, "b": 2}


def test_the_workflow_document_has_these_keys() -> None:
    header = Workflow(
        workflow_id="w1",
        workflow_name="wf",
        workflow_version=3,
        definition_id="d",
        status=WorkflowStatus.RUNNING,
        input={"k": 1},
        output={"o": 2},
        variables={"v": 3},
        correlation_id="c",
        parent_workflow_id="p",
        parent_workflow_task_id="pt",
        reason_for_incompletion="r",
        priority=5,
    )
    document = workflow_context(header, WorkflowDef(name="wf"))
    assert document == {
        "output": {"o": 2},
        "input": {"k": 1},
        "parentWorkflowId": "p",
        "variables": {"v": 3},
        "schemaVersion": 2,
        "reasonForIncompletion": "r",
        "parentWorkflowTaskId": "pt",
        "workflowType": "wf",
        "correlationId": "c",
        "version": 3,
        "workflowId": "w1",
        "status": "RUNNING",
    }
    assert type(document["status"]) is str


def test_the_task_document_has_these_keys() -> None:
    task = Task(
        task_id="t1",
        workflow_instance_id="w1",
        reference_task_name="a__2",
        node="a",
        task_type="SIMPLE",
        task_def_name="d",
        seq=4,
        status=TaskStatus.COMPLETED,
        input_data={"q": 1},
        output_data={"o": 1},
        retry_count=1,
        poll_count=2,
        scheduled_time=10,
        start_time=20,
        end_time=30,
        worker_id="worker",
        callback_after_seconds=7,
        iteration=2,
    )
    document = task_context(task)
    assert document == {
        "callbackAfterSeconds": 7,
        "workerId": "worker",
        "scheduledTime": 10,
        "referenceTaskName": "a__2",
        "retryCount": 1,
        "output": {"o": 1},
        "input": {"q": 1},
        "taskType": "SIMPLE",
        "pollCount": 2,
        "reasonForIncompletion": None,
        "taskDefName": "d",
        "iteration": 2,
        "correlationId": None,
        "startTime": 20,
        "endTime": 30,
        "workflowInstanceId": "w1",
        "taskId": "t1",
        "status": "COMPLETED",
    }
    assert type(document["status"]) is str
