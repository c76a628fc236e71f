"""Scripts at registration: which ones must parse, what their author is told, and which languages there are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from engine.catalog import Catalog
from engine.definitions import WorkflowDef
from engine.errors import InvalidInput
from engine.validation import validate_workflow_def
from storage.memory import MemoryStore
from tests.world import FakeClock

SIMPLE: dict[str, Any] = {"name": "t", "taskReferenceName": "t"}
CASES = {"x": [SIMPLE]}
BROKEN = "function( {"


def node(type_: str, ref: str, **fields: Any) -> dict[str, Any]:
    return {"name": ref, "taskReferenceName": ref, "type": type_, **fields}


def definition(*tasks: dict[str, Any], **fields: Any) -> WorkflowDef:
    return msgspec.convert({"name": "x", "tasks": list(tasks), **fields}, WorkflowDef)


def found(wanted: WorkflowDef) -> list[str]:
    return [violation.message for violation in validate_workflow_def(wanted, lambda _: None)]


def switch(ref: str = "s", script: str = BROKEN, evaluator: str = "javascript") -> dict[str, Any]:
    return node("SWITCH", ref, evaluatorType=evaluator, expression=script, decisionCases=CASES)


async def no_script(text: str) -> str | None:
    """Finds fault with one text only."""
    return "SyntaxError: at line 1" if text == BROKEN else None


def refused(register: Callable[[Catalog], Awaitable[object]]) -> list[tuple[str, str]]:
    """Path and message of all that is wrong; [] when nothing is."""

    async def main() -> list[tuple[str, str]]:
        try:
            await register(Catalog(MemoryStore(), FakeClock(), no_script))
        except InvalidInput as error:
            return [(violation.path, violation.message) for violation in error.violations]
        return []

    return asyncio.run(main())


MESSAGE = "Expression is not well formatted: SyntaxError: at line 1, taskType: {} taskName {}"
CHECKED = [switch(), node("DECISION", "d", caseExpression=BROKEN, decisionCases=CASES)]
UNCHECKED = [
    switch(evaluator="graaljs"),
    switch(evaluator="value-param"),
    switch(evaluator="nonsense"),
    switch(script=""),
    switch(script="1"),
    node("DO_WHILE", "l", loopCondition=BROKEN, loopOver=[SIMPLE]),
    node("INLINE", "i", inputParameters={"evaluatorType": "javascript", "expression": BROKEN}),
    node("LAMBDA", "l", inputParameters={"scriptExpression": BROKEN}),
    node("JSON_JQ_TRANSFORM", "q", inputParameters={"queryExpression": BROKEN}),
]


@pytest.mark.parametrize("task", CHECKED, ids=lambda task: task["type"])
def test_e70_a_script_that_does_not_parse_is_refused(task: dict[str, Any]) -> None:
    message = MESSAGE.format(task["type"], task["name"])
    one = definition(task)
    assert refused(lambda catalog: catalog.register_workflow_def(one, overwrite=True)) == [
        ("registerWorkflowDef.arg0.tasks[0]", message)
    ]
    assert refused(lambda catalog: catalog.update_workflow_defs([definition(SIMPLE), one])) == [
        ("updateWorkflowDef.arg0[1].tasks[0]", message)
    ]


@pytest.mark.parametrize("task", UNCHECKED, ids=lambda task: task["type"])
def test_all_other_scripts_are_left_to_the_run_as_in_the_reference(task: dict[str, Any]) -> None:
    """Asked of 3.32.1."""
    assert refused(lambda catalog: catalog.register_workflow_def(definition(task), overwrite=True)) == []


def test_scripts_inside_of_containers_are_found_and_stand_behind_the_other_problems() -> None:
    outer = node("FORK_JOIN", "f", forkTasks=[[switch("inner")]])
    whole = definition(outer, switch("last"), name="")
    paths = [path for path, _ in refused(lambda catalog: catalog.register_workflow_def(whole, overwrite=True))]
    assert paths[0] == "registerWorkflowDef.arg0.name"
    assert paths[-2:] == [
        "registerWorkflowDef.arg0.tasks[0].forkTasks[0].<list element>[0]",
        "registerWorkflowDef.arg0.tasks[1]",
    ]


@pytest.mark.parametrize(
    "task",
    [
        node("SWITCH", "s", evaluatorType="python", expression="return 1", decisionCases=CASES),
        node("INLINE", "s", inputParameters={"evaluatorType": "python", "expression": "return 1"}),
    ],
    ids=lambda task: task["type"],
)
def test_the_evaluator_python_is_refused_with_a_way_out(task: dict[str, Any]) -> None:
    assert found(definition(task)) == [
        "Evaluator 'python' is not available on this server; use javascript, graaljs or value-param. "
        f"taskType: {task['type']}, taskReferenceName: s"
    ]


@pytest.mark.parametrize("evaluator", ["javascript", "graaljs", "value-param", "nonsense", ""])
def test_any_other_evaluator_is_left_to_the_run_as_in_the_reference(evaluator: str) -> None:
    switch = node("SWITCH", "s", evaluatorType=evaluator, expression="1", decisionCases=CASES)
    inline = node("INLINE", "i", inputParameters={"evaluatorType": evaluator, "expression": "function( {"})
    assert found(definition(switch, inline)) == []
