"""Bodies are taken as clients send them: nulls, numbers as text; what cannot be taken names its path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import EventHandler, TaskDef, WorkflowDef
from engine.errors import InvalidInput
from engine.requests import StartWorkflowRequest, TaskResult
from engine.status import TaskStatus
from handlers.codec import parse


def test_null_means_absent_wherever_a_struct_expects_a_value() -> None:
    node = {
        "name": "s",
        "taskReferenceName": "s",
        "type": None,
        "decisionCases": {"a": [{"name": "x", "joinOn": None}]},
    }
    body = {"name": "w", "version": None, "tasks": [node], "timeoutPolicy": None, "variables": None}
    definition = parse(body, WorkflowDef)
    assert (definition.version, definition.timeout_policy, definition.variables) == (1, "ALERT_ONLY", {})
    assert definition.tasks[0].type == "SIMPLE"
    assert definition.tasks[0].decision_cases["a"][0].join_on == []


def test_null_inside_a_free_map_stays() -> None:
    body = {
        "name": "w",
        "version": None,
        "tasks": [{"name": "a", "inputParameters": {"k": None}, "optional": None}],
        "outputParameters": {"o": None},
    }
    definition = parse(body, WorkflowDef)
    assert definition.tasks[0].input_parameters == {"k": None}
    assert definition.output_parameters == {"o": None}
    assert parse({"name": "w", "input": {"a": None}, "priority": None}, StartWorkflowRequest).input == {"a": None}


def test_null_entries_of_a_typed_map_are_dropped() -> None:
    assert parse({"name": "w", "taskToDomain": {"a": None, "b": "d"}}, StartWorkflowRequest).task_to_domain == {
        "b": "d"
    }


def test_null_items_of_a_list_are_wrong() -> None:
    with pytest.raises(InvalidInput, match=r"^body\.tasks\[0\]: expected `object`, got `null`"):
        parse({"name": "w", "tasks": [None]}, WorkflowDef)


def test_numbers_and_booleans_may_come_as_text() -> None:
    assert parse({"name": "w", "version": "3"}, StartWorkflowRequest).version == 3
    assert parse({"name": "w", "restartable": "false"}, WorkflowDef).restartable is False


def test_unknown_fields_are_ignored() -> None:
    assert parse({"name": "w", "nonsense": {"x": 1}}, StartWorkflowRequest).name == "w"


def test_enums_and_nested_lists() -> None:
    body = {
        "workflowInstanceId": "w",
        "taskId": "t",
        "status": "COMPLETED",
        "logs": [{"log": "x", "createdTime": None}],
    }
    result = parse(body, TaskResult)
    assert result.status is TaskStatus.COMPLETED
    assert result.logs[0].created_time == 0


@pytest.mark.parametrize(
    ("body", "type_", "message"),
    [
        ([], StartWorkflowRequest, "body: expected `object`, got `array`"),
        ({}, StartWorkflowRequest, "body: object missing required field `name`"),
        ({"name": "x", "version": "x"}, StartWorkflowRequest, "body.version: expected `int | null`, got `str`"),
        ({"name": "x", "version": 1.5}, StartWorkflowRequest, "body.version: expected `int | null`, got `float`"),
        ({"name": 5}, StartWorkflowRequest, "body.name: expected `str`, got `int`"),
        ({"name": "x", "input": "text"}, StartWorkflowRequest, "body.input: expected `object | null`, got `str`"),
        ({"name": "x"}, list[TaskDef], "body: expected `array`, got `object`"),
        ([{"name": "t"}, {"name": "t", "retryCount": "many"}], list[TaskDef], "body[1].retryCount: expected `int`"),
        (
            [{"name": "t", "retryLogic": "SOMETIMES"}],
            list[TaskDef],
            "body[0].retryLogic: invalid enum value 'SOMETIMES'",
        ),
        ({"name": "h", "actions": "none"}, EventHandler, "body.actions: expected `array`, got `str`"),
    ],
)
def test_a_wrong_body_is_refused_with_its_path(body: Any, type_: type, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(body, type_)
    assert refused.value.message.startswith(message)


def test_the_name_of_the_body_stands_in_front() -> None:
    with pytest.raises(InvalidInput, match=r"^registerTaskDef\.arg0\[0\]\.name: "):
        parse([{"name": 1}], list[TaskDef], "registerTaskDef.arg0")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("name", "tasks", "version", "inputParameters", "decisionCases", "taskDefinition", "forkTasks", "loopOver")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON))))
def test_any_body_is_a_value_or_invalid_input(body: dict[str, Any]) -> None:
    try:
        assert isinstance(parse(body, WorkflowDef), WorkflowDef)
    except InvalidInput as error:
        assert error.message.startswith("body")
