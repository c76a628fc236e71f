"""What each task type needs before a definition may be registered (reference objects B; probed on 3.32.1).

A rule sees one node and the input template of its task definition. A type that is not in the table has no rules.
The texts are the reference's own, except where those name neither the task nor the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.definitions import JsonObject, WorkflowTask
from engine.expressions import NOT_HERE
from engine.tasks.event import BROKERS, no_adapter
from engine.wait_time import parse_duration, parse_until, wait_text

NOT_YET = frozenset(
    {
        "KAFKA_PUBLISH",
    }
)
"""System types of Conductor that this server cannot run yet; registration refuses them. A type that is built leaves."""

TERMINATION_STATUSES = frozenset({"COMPLETED", "FAILED", "TERMINATED"})

Broken = Callable[[WorkflowTask, JsonObject], bool]
"""True when the node breaks the rule; the second argument is the input template of its task definition."""


class Rule(NamedTuple):
    """One thing a node must not do, and what to tell its author."""

    broken: Broken
    message: str


def task_violations(task: WorkflowTask, input_template: JsonObject) -> Iterator[str]:
    """What is wrong with one node by the rules of its type; its children are not looked at."""
    for rule in TASK_RULES.get(task.type, ()):
        if rule.broken(task, input_template):
            yield rule.message.format(type=task.type, name=task.name, ref=task.task_reference_name)
    if task.type == "WAIT":
        yield from _wait_violations(task)


def unsupported(task: WorkflowTask) -> str | None:
    """Why this server cannot run the node although it is well formed, or None."""
    if task.type in NOT_YET:
        return f"Task type {task.type} is not supported yet, taskReferenceName: {task.task_reference_name}"
    if _evaluator(task) in NOT_HERE:
        return f"{NOT_HERE[_evaluator(task)]} taskType: {task.type}, taskReferenceName: {task.task_reference_name}"
    broker = (task.sink or "").partition(":")[0]
    if task.type == "EVENT" and broker in BROKERS:
        return f"sink {task.sink}: {no_adapter(broker)}, taskType: EVENT, taskReferenceName: {task.task_reference_name}"
    return None


def _evaluator(task: WorkflowTask) -> str:
    """The language of the node's expression; one that is named by a reference is seen at run time."""
    named = {"SWITCH": task.evaluator_type, "INLINE": task.input_parameters.get("evaluatorType")}.get(task.type)
    return named if isinstance(named, str) else ""


def _field(attribute: str, name: str) -> Rule:
    """The field must be present; an empty text passes, as in the reference."""
    return Rule(lambda task, _: getattr(task, attribute) is None, _required(name))


def _children(attribute: str, message: str) -> Rule:
    return Rule(lambda task, _: not getattr(task, attribute), message)


def _input(key: str) -> Rule:
    """The input parameter must be present, if only in the template; its value does not count."""
    return Rule(
        lambda task, template: key not in task.input_parameters and key not in template, _required(_inputs(key))
    )


def _required(field: str) -> str:
    return field + " field is required for taskType: {type} taskName: {name}"


def _inputs(key: str) -> str:
    return f"inputParameters.{key}"


def _has_no_request(task: WorkflowTask, template: JsonObject) -> bool:
    # Only http_request counts in the template, and `method` alone is enough in the node [probed].
    return not task.input_parameters.keys() & {"http_request", "uri", "method"} and "http_request" not in template


def _has_no_status(task: WorkflowTask, _: JsonObject) -> bool:
    status = task.input_parameters.get("terminationStatus")
    return not isinstance(status, str) or status not in TERMINATION_STATUSES


def _is_no_definition(task: WorkflowTask, _: JsonObject) -> bool:
    definition = task.sub_workflow_param.workflow_definition if task.sub_workflow_param else None
    return isinstance(definition, str) and "${" not in definition


def _is_no_version(task: WorkflowTask, _: JsonObject) -> bool:
    version = task.sub_workflow_param.version if task.sub_workflow_param else None
    if isinstance(version, str):
        return bool(version.strip()) and "${" not in version and not version.strip().lstrip("-").isdigit()
    return version is not None and not isinstance(version, int)


def _mixes_fork_modes(task: WorkflowTask, _: JsonObject) -> bool:
    pair = (task.dynamic_fork_tasks_param, task.dynamic_fork_tasks_input_param_name)
    return not _forks_one_task(task) and _forks_legacy_list(task) and pair != (None, None)


def _forks_one_task(task: WorkflowTask) -> bool:
    return "forkTaskInputs" in task.input_parameters


def _forks_legacy_list(task: WorkflowTask) -> bool:
    return task.dynamic_fork_join_tasks_param is not None


def _fork_pair(attribute: str, name: str) -> Rule:
    """Both fields of the pair are required unless one of the other two modes is used."""

    def broken(task: WorkflowTask, _: JsonObject) -> bool:
        return not _forks_one_task(task) and not _forks_legacy_list(task) and getattr(task, attribute) is None

    return Rule(broken, _required(name))


_CASES = _children("decision_cases", "decisionCases should have atleast one task for taskType: {type} taskName: {name}")

TASK_RULES: dict[str, tuple[Rule, ...]] = {
    "DECISION": (
        Rule(
            lambda task, _: task.case_value_param is None and task.case_expression is None,
            _required("caseValueParam or caseExpression"),
        ),
        _CASES,
    ),
    "DO_WHILE": (
        Rule(
            # D18: a list needs no condition
            lambda task, _: task.loop_condition is None and not task.items and "_items" not in task.input_parameters,
            _required("loopCondition"),
        ),
        _children("loop_over", _required("loopOver")),
    ),
    "DYNAMIC": (_field("dynamic_task_name_param", "dynamicTaskNameParam"),),
    "EVENT": (_field("sink", "sink"),),
    "FORK_JOIN": (
        _children("fork_tasks", "forkTasks should have atleast one task for taskType: {type} taskName: {name}"),
    ),
    "FORK_JOIN_DYNAMIC": (
        Rule(
            _mixes_fork_modes,
            "dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and dynamicForkTasksParam "
            "can be used, not both, for taskType: {type} taskName: {name}",
        ),
        _fork_pair("dynamic_fork_tasks_param", "dynamicForkTasksParam"),
        _fork_pair("dynamic_fork_tasks_input_param_name", "dynamicForkTasksInputParamName"),
    ),
    "HTTP": (Rule(_has_no_request, _required(_inputs("http_request or inputParameters.uri"))),),
    "JSON_JQ_TRANSFORM": (_input("queryExpression"),),
    "KAFKA_PUBLISH": (_input("kafka_request"),),
    "SUB_WORKFLOW": (
        _field("sub_workflow_param", "subWorkflowParam"),
        Rule(
            _is_no_definition,
            "subWorkflowParam.workflowDefinition must be a definition or a reference like ${{workflow.input.x}} "
            "for taskType: {type} taskName: {name}",
        ),
        Rule(
            _is_no_version,
            "subWorkflowParam.version must be a whole number for taskType: {type} taskName: {name}",
        ),
    ),
    "SWITCH": (
        _field("evaluator_type", "evaluatorType"),
        _field("expression", "expression"),
        _CASES,
    ),
    "TERMINATE": (
        Rule(
            _has_no_status,
            "terminate task must have an terminationStatus parameter and must be set to COMPLETED, FAILED or "
            "TERMINATED, taskName: {name}",
        ),
        Rule(lambda task, _: task.optional, "terminate task cannot be optional, taskName: {name}"),
    ),
}


def _wait_violations(task: WorkflowTask) -> Iterator[str]:
    duration, until = (wait_text(task.input_parameters.get(key)) for key in ("duration", "until"))
    where = f", taskReferenceName: {task.task_reference_name}"
    if duration and until:
        yield "Both 'duration' and 'until' specified. Please provide only one input" + where
        return
    if not _parses(duration, parse_duration):
        yield f"Not valid duration: {duration}{where}; write it like 1 days 2h 30m 5s"
    if not _parses(until, parse_until):
        yield f"Unable to parse date: {until}{where}; write it as yyyy-MM-dd, yyyy-MM-dd HH:mm or yyyy-MM-dd HH:mm z"


def _parses(text: str | None, parse: Callable[[str], int]) -> bool:
    """True for a literal that `parse` takes, for none at all, and for text that is only known at run time."""
    if text is None or "${" in text:
        return True
    try:
        parse(text)
    except ValueError:
        return False
    return True
