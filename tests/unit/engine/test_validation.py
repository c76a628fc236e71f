"""Registration rules of workflow definitions, as tables of (what was sent, what is said about it).

Cases marked with a golden scenario carry its recorded paths, texts and values; the others were asked of the reference.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.definitions import TaskDef, WorkflowDef
from engine.errors import InvalidInput, Violation
from engine.validation import require_valid, validate_workflow_def, validate_workflow_defs
from engine.validation_references import Reference, references
from engine.validation_tasks import TASK_RULES

ROOT = "registerWorkflowDef.arg0"
FIRST = f"{ROOT}.tasks[0]"

Found = tuple[str, str, str | None]


def no_task_defs(_: str) -> None:
    return None


def definition(*tasks: dict[str, Any], **fields: Any) -> WorkflowDef:
    return msgspec.convert({"name": "x", "tasks": list(tasks), **fields}, WorkflowDef)


def node(type_: str = "SIMPLE", ref: str = "a", **fields: Any) -> dict[str, Any]:
    return {"name": ref, "taskReferenceName": ref, "type": type_, **fields}


def found(workflow: WorkflowDef, *task_defs: TaskDef) -> list[Found]:
    by_name = {task_def.name: task_def for task_def in task_defs}
    violations = validate_workflow_def(workflow, by_name.get)
    return [(violation.path, violation.message, violation.invalid_value) for violation in violations]


def structural(workflow: WorkflowDef, *task_defs: TaskDef) -> list[tuple[str, str]]:
    """What is wrong beside types that are not built yet."""
    return [(path, text) for path, text, _ in found(workflow, *task_defs) if "is not supported yet" not in text]


HEADER: list[tuple[str, dict[str, Any], list[Found]]] = [
    (
        "errors-register-workflow: {}",
        {},
        [
            (f"{ROOT}.name", "WorkflowDef name cannot be null or empty", ""),
            (f"{ROOT}.tasks", "WorkflowTask list cannot be empty", None),
        ],
    ),
    (
        "errors-register-workflow: no tasks",
        {"name": "x", "tasks": []},
        [(f"{ROOT}.tasks", "WorkflowTask list cannot be empty", None)],
    ),
    (
        "errors-register-workflow: schema version",
        {"name": "x", "schemaVersion": 1, "tasks": [node()]},
        [(f"{ROOT}.schemaVersion", "workflowDef schemaVersion: 2 is only supported", "1")],
    ),
    (
        "errors-register-workflow-tasks: no task name",
        {"name": "x", "tasks": [{"taskReferenceName": "a"}]},
        [(f"{FIRST}.name", "WorkflowTask name cannot be empty or null", "")],
    ),
    (
        "errors-register-workflow-tasks: no reference name",
        {"name": "x", "tasks": [{"name": "a"}, {"name": "b"}]},
        [
            (f"{FIRST}.taskReferenceName", "WorkflowTask taskReferenceName name cannot be empty or null", ""),
            (f"{ROOT}.tasks[1].taskReferenceName", "WorkflowTask taskReferenceName name cannot be empty or null", ""),
        ],
    ),
    (
        "errors-register-workflow-tasks: start delay",
        {"name": "x", "tasks": [node(startDelay=-1)]},
        [(f"{FIRST}.startDelay", "must be greater than or equal to 0", "-1")],
    ),
    (
        "no type",
        {"name": "x", "tasks": [node("")]},
        [(f"{FIRST}.type", "WorkflowTask type cannot be empty, taskName: a", "")],
    ),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in HEADER], ids=[case[0] for case in HEADER])
def test_fields(body: dict[str, Any], expected: list[Found]) -> None:
    assert found(msgspec.convert(body, WorkflowDef)) == expected


def required(field: str, type_: str) -> str:
    return f"{field} field is required for taskType: {type_} taskName: t"


FORK_MODES = (
    "dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and dynamicForkTasksParam "
    "can be used, not both, for taskType: FORK_JOIN_DYNAMIC taskName: t"
)
NO_REQUEST = required("inputParameters.http_request or inputParameters.uri", "HTTP")
NO_STATUS = (
    "terminate task must have an terminationStatus parameter and must be set to COMPLETED, FAILED or TERMINATED, "
    "taskName: t"
)
NO_VERSION = "subWorkflowParam.version must be a whole number for taskType: SUB_WORKFLOW taskName: t"
NO_DEFINITION = (
    "subWorkflowParam.workflowDefinition must be a definition or a reference like ${workflow.input.x} "
    "for taskType: SUB_WORKFLOW taskName: t"
)
CASES = {"A": [node()]}
BODY = [node()]

TYPES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("SIMPLE", {}, []),
    ("MY_OWN", {}, []),
    (
        "SWITCH",
        {},
        [
            required("evaluatorType", "SWITCH"),
            required("expression", "SWITCH"),
            "decisionCases should have atleast one task for taskType: SWITCH taskName: t",
        ],
    ),
    ("SWITCH", {"expression": "v", "decisionCases": {"A": []}}, [required("evaluatorType", "SWITCH")]),
    ("SWITCH", {"evaluatorType": "value-param", "decisionCases": CASES}, [required("expression", "SWITCH")]),
    (
        "SWITCH",
        {"evaluatorType": "value-param", "expression": "v", "defaultCase": BODY},
        ["decisionCases should have atleast one task for taskType: SWITCH taskName: t"],
    ),
    ("SWITCH", {"evaluatorType": "value-param", "expression": "", "decisionCases": {"A": []}}, []),
    (
        "DECISION",
        {},
        [
            required("caseValueParam or caseExpression", "DECISION"),
            "decisionCases should have atleast one task for taskType: DECISION taskName: t",
        ],
    ),
    ("DECISION", {"decisionCases": {"A": []}}, [required("caseValueParam or caseExpression", "DECISION")]),
    ("DECISION", {"decisionCases": CASES, "caseValueParam": "v"}, []),
    ("DECISION", {"decisionCases": CASES, "caseExpression": "1"}, []),
    ("DYNAMIC", {}, [required("dynamicTaskNameParam", "DYNAMIC")]),
    ("DYNAMIC", {"dynamicTaskNameParam": ""}, []),
    ("FORK_JOIN", {}, ["forkTasks should have atleast one task for taskType: FORK_JOIN taskName: t"]),
    ("FORK_JOIN", {"forkTasks": [[]]}, []),
    (
        "FORK_JOIN_DYNAMIC",
        {},
        [
            required("dynamicForkTasksParam", "FORK_JOIN_DYNAMIC"),
            required("dynamicForkTasksInputParamName", "FORK_JOIN_DYNAMIC"),
        ],
    ),
    (
        "FORK_JOIN_DYNAMIC",
        {"dynamicForkTasksParam": "y"},
        [required("dynamicForkTasksInputParamName", "FORK_JOIN_DYNAMIC")],
    ),
    (
        "FORK_JOIN_DYNAMIC",
        {"dynamicForkTasksInputParamName": "y"},
        [required("dynamicForkTasksParam", "FORK_JOIN_DYNAMIC")],
    ),
    ("FORK_JOIN_DYNAMIC", {"dynamicForkTasksParam": "", "dynamicForkTasksInputParamName": ""}, []),
    ("FORK_JOIN_DYNAMIC", {"dynamicForkJoinTasksParam": "x"}, []),
    ("FORK_JOIN_DYNAMIC", {"dynamicForkJoinTasksParam": "x", "dynamicForkTasksParam": "y"}, [FORK_MODES]),
    ("FORK_JOIN_DYNAMIC", {"inputParameters": {"forkTaskInputs": None}}, []),
    ("FORK_JOIN_DYNAMIC", {"inputParameters": {"forkTaskInputs": []}, "dynamicForkTasksParam": "y"}, []),
    ("DO_WHILE", {}, [required("loopCondition", "DO_WHILE"), required("loopOver", "DO_WHILE")]),
    ("DO_WHILE", {"loopOver": BODY}, [required("loopCondition", "DO_WHILE")]),
    ("DO_WHILE", {"loopCondition": "true"}, [required("loopOver", "DO_WHILE")]),
    ("DO_WHILE", {"loopCondition": "", "loopOver": BODY}, []),
    ("DO_WHILE", {"items": "${workflow.input.l}", "loopOver": BODY}, []),
    ("DO_WHILE", {"inputParameters": {"_items": [1]}, "loopOver": BODY}, []),
    ("DO_WHILE", {"items": "${workflow.input.l}"}, [required("loopOver", "DO_WHILE")]),
    ("SUB_WORKFLOW", {}, [required("subWorkflowParam", "SUB_WORKFLOW")]),
    ("SUB_WORKFLOW", {"subWorkflowParam": {}}, []),
    *(("SUB_WORKFLOW", {"subWorkflowParam": {"name": "x", "version": fine}}, []) for fine in (2, "2", -1, "", "${a}")),
    *(("SUB_WORKFLOW", {"subWorkflowParam": {"name": "x", "version": bad}}, [NO_VERSION]) for bad in ("latest", 1.5)),
    ("SUB_WORKFLOW", {"subWorkflowParam": {"name": "x", "workflowDefinition": "${workflow.input.d}"}}, []),
    ("SUB_WORKFLOW", {"subWorkflowParam": {"name": "x", "workflowDefinition": "text"}}, [NO_DEFINITION]),
    ("EVENT", {}, [required("sink", "EVENT")]),
    ("EVENT", {"sink": "conductor"}, []),
    ("HTTP", {}, [NO_REQUEST]),
    ("HTTP", {"inputParameters": {"asyncComplete": True}}, [NO_REQUEST]),
    ("HTTP", {"inputParameters": {"uri": ""}}, []),
    ("HTTP", {"inputParameters": {"method": "GET"}}, []),
    ("HTTP", {"inputParameters": {"http_request": None}}, []),
    ("HTTP", {"taskDefinition": {"name": "t", "inputTemplate": {"http_request": {}}}}, []),
    ("HTTP", {"taskDefinition": {"name": "t", "inputTemplate": {"uri": "u"}}}, [NO_REQUEST]),
    ("JSON_JQ_TRANSFORM", {}, [required("inputParameters.queryExpression", "JSON_JQ_TRANSFORM")]),
    ("JSON_JQ_TRANSFORM", {"inputParameters": {"queryExpression": None}}, []),
    ("JSON_JQ_TRANSFORM", {"taskDefinition": {"name": "t", "inputTemplate": {"queryExpression": "."}}}, []),
    ("KAFKA_PUBLISH", {}, [required("inputParameters.kafka_request", "KAFKA_PUBLISH")]),
    ("KAFKA_PUBLISH", {"inputParameters": {"kafka_request": {}}}, []),
    ("TERMINATE", {}, [NO_STATUS]),
    ("TERMINATE", {"inputParameters": {"terminationStatus": "${workflow.input.x}"}}, [NO_STATUS]),
    ("TERMINATE", {"inputParameters": {"terminationStatus": "completed"}}, [NO_STATUS]),
    ("TERMINATE", {"inputParameters": {"terminationStatus": ["FAILED"]}}, [NO_STATUS]),
    ("TERMINATE", {"inputParameters": {"terminationStatus": "TERMINATED"}}, []),
    ("TERMINATE", {"optional": True}, [NO_STATUS, "terminate task cannot be optional, taskName: t"]),
    ("WAIT", {}, []),
    ("WAIT", {"inputParameters": {"duration": "", "until": None}}, []),
    ("WAIT", {"inputParameters": {"duration": "1 days 2h 30 mins"}}, []),
    ("WAIT", {"inputParameters": {"duration": "${workflow.input.d}s"}}, []),
    ("WAIT", {"inputParameters": {"until": "2020-01-01"}}, []),
    ("WAIT", {"inputParameters": {"until": "2020-01-01 10:00"}}, []),
    ("WAIT", {"inputParameters": {"until": "2020-01-01 10:00 UTC"}}, []),
    ("WAIT", {"inputParameters": {"until": "", "duration": "5 s"}}, []),
    (
        "WAIT",
        {"inputParameters": {"duration": "${workflow.input.a}", "until": "2020-01-01"}},
        ["Both 'duration' and 'until' specified. Please provide only one input, taskReferenceName: t"],
    ),
    (
        "WAIT",
        {"inputParameters": {"duration": "soon"}},
        ["Not valid duration: soon, taskReferenceName: t; write it like 1 days 2h 30m 5s"],
    ),
    (
        "WAIT",
        {"inputParameters": {"duration": 5}},
        ["Not valid duration: 5, taskReferenceName: t; write it like 1 days 2h 30m 5s"],
    ),
    (
        "WAIT",
        {"inputParameters": {"until": "tomorrow"}},
        [
            "Unable to parse date: tomorrow, taskReferenceName: t; "
            "write it as yyyy-MM-dd, yyyy-MM-dd HH:mm or yyyy-MM-dd HH:mm z"
        ],
    ),
]


@pytest.mark.parametrize(
    ("type_", "fields", "messages"), TYPES, ids=[f"{type_} {fields}" for type_, fields, _ in TYPES]
)
def test_rules_of_a_type(type_: str, fields: dict[str, Any], messages: list[str]) -> None:
    assert structural(definition(node(type_, "t", **fields))) == [(FIRST, message) for message in messages]


def test_every_type_with_rules_is_tried() -> None:
    assert TASK_RULES.keys() <= {type_ for type_, _, messages in TYPES if messages}


def test_a_registered_template_counts_as_input() -> None:
    template = TaskDef(name="t", input_template={"http_request": {"uri": "u"}})
    assert structural(definition(node("HTTP", "t")), template) == []


def test_children_are_validated_wherever_they_hang() -> None:
    bad = {"taskReferenceName": "bad"}
    switch = node("SWITCH", "s", evaluatorType="value-param", expression="v")
    message = "WorkflowTask name cannot be empty or null"
    ways = {
        ".decisionCases[A].<map value>[1]": {**switch, "decisionCases": {"A": [node(), bad]}},
        ".defaultCase[0]": {**switch, "decisionCases": {"A": []}, "defaultCase": [bad]},
        ".forkTasks[1].<list element>[0]": node("FORK_JOIN", "f", forkTasks=[[node()], [bad]]),
        ".loopOver[0]": node("DO_WHILE", "l", loopCondition="", loopOver=[bad]),
        ".loopOver[0].forkTasks[0].<list element>[0]": node(
            "DO_WHILE", "l", loopCondition="", loopOver=[node("FORK_JOIN", "f", forkTasks=[[bad]])]
        ),
    }
    for way, task in ways.items():
        assert structural(definition(task)) == [(f"{FIRST}{way}.name", message)]


def test_a_reference_name_is_unique_in_the_whole_tree() -> None:
    loop = node("DO_WHILE", "l", loopCondition="", loopOver=[node(ref="b")])
    fork = node("FORK_JOIN", "f", forkTasks=[[node(ref="a")], [node(ref="a")]])
    message = "taskReferenceName: {} should be unique across tasks for a given workflowDefinition: x"
    tasks = (node(), fork, loop, node(ref="b"))
    assert structural(definition(*tasks)) == [(ROOT, message.format("a")), (ROOT, message.format("b"))]


UNDEFINED = (
    "taskReferenceName: {} for given task: a input value: {} of input parameter: {} "
    "is not defined in workflow definition."
)
INVALID = "key: {} input parameter value: {} is not valid"

REFERENCES: list[tuple[Any, list[str]]] = [
    ("${workflow.input.v} ${a.output.x} ${b} ${inner.output.y}", []),
    ("${CPEWF_TASK_ID} ${NETFLIX_ENV} ${NETFLIX_STACK}", []),
    ("${workflow.secrets.K} ${workflow.env.K}", []),
    ("$${nobody.x} $$${nobody.x} ${unbalanced", []),
    ("${workflow.input.$${nobody.x}}", []),
    (
        "${a..x} ${a.output['k.v']['with blank']} ${a.output[?(@.x == 'a b')].y} ${a.output.x-y} ${a.output.length()}",
        [],
    ),
    ("${a.output.${workflow.input.key}} ${a.output['${workflow.input.key}'].x}", []),
    ("${${workflow.input.ref}.output} ${no${workflow.input.ref}.output}", []),
    ({"${nobody.key}": 1}, []),
    ("${nobody.output.y}", [UNDEFINED.format("nobody", "x", "${nobody.output.y}")]),
    ("${no.x} ${no.y}", [UNDEFINED.format("no", "x", "${no.x} ${no.y}")]),
    ("${$.workflow.input.a}", [UNDEFINED.format("$", "x", "${$.workflow.input.a}")]),
    ("${PATH}", [UNDEFINED.format("PATH", "x", "${PATH}")]),
    ("${a[0].x}", [UNDEFINED.format("a[0]", "x", "${a[0].x}")]),
    ("${workflow['input'].x}", [UNDEFINED.format("workflow['input']", "x", "${workflow['input'].x}")]),
    ("${CPEWF_TASK_ID.x}", [UNDEFINED.format("CPEWF_TASK_ID", "x", "${CPEWF_TASK_ID.x}")]),
    ("${.a}", [UNDEFINED.format("", "x", "${.a}")]),
    ("$${a ${nobody.x}}", [UNDEFINED.format("nobody", "x", "$${a ${nobody.x}}")]),
    ("${ab ${no.x}", [UNDEFINED.format("no", "x", "${ab ${no.x}")]),
    ("${${no.x}.output}", [UNDEFINED.format("no", "x", "${${no.x}.output}")]),
    (
        {"deep": {"k": "${n1.x}"}, "l": [["${n2.x}"], {"q": "${n3.x}"}]},
        [
            UNDEFINED.format("n1", "k", "${n1.x}"),
            UNDEFINED.format("n2", "l", "${n2.x}"),
            UNDEFINED.format("n3", "q", "${n3.x}"),
        ],
    ),
    ("${}", [INVALID.format("x", "")]),
    ("${ workflow.input.v }", [INVALID.format("x", " workflow.input.v ")]),
    ("${t.output...status}", [INVALID.format("x", "t.output...status")]),
    ("${a.}", [INVALID.format("x", "a.")]),
    ("${a..}", [INVALID.format("x", "a..")]),
    ("${a.b c}", [INVALID.format("x", "a.b c")]),
    ("${a.output. x}", [INVALID.format("x", "a.output. x")]),
    ("${a.output['x}", [INVALID.format("x", "a.output['x")]),
    ("${a.output[0}", [INVALID.format("x", "a.output[0")]),
    ("${a.output[?(}", [INVALID.format("x", "a.output[?(")]),
    ("${a.output[?(@.x>)]}", [INVALID.format("x", "a.output[?(@.x>)]")]),
    ("${a.output[(@.length-1)]}", [INVALID.format("x", "a.output[(@.length-1)]")]),
    ("${workflow.input.x + 1}", [INVALID.format("x", "workflow.input.x + 1")]),
]


@pytest.mark.parametrize(("value", "messages"), REFERENCES, ids=[str(value) for value, _ in REFERENCES])
def test_references(value: Any, messages: list[str]) -> None:
    fork = node("FORK_JOIN", "b", forkTasks=[[node(ref="inner")]])
    workflow = definition(node(inputParameters={"x": value}), fork)
    assert structural(workflow) == [(ROOT, message) for message in messages]


def test_references_inside_branches_are_not_checked() -> None:
    inner = node(inputParameters={"x": "${nobody.output} ${ }"})
    assert structural(definition(node("FORK_JOIN", "f", forkTasks=[[inner]]))) == []


def test_more_system_parameters_can_be_allowed() -> None:
    workflow = definition(node(inputParameters={"x": "${REGION} ${user.dir}"}))
    assert validate_workflow_def(workflow, no_task_defs, system_parameters={"REGION", "user.dir"}) == []


def test_d23_a_script_is_told_how_to_escape() -> None:
    script = node("INLINE", inputParameters={"expression": "`${'$'}{x}`"})
    assert structural(definition(script))[0][1].endswith("write $${...} where the script shall see ${...}")


def test_references_are_found_in_one_pass() -> None:
    assert list(references("{ ${a.${b.c}} } $${d} ${e {f} }${g${h}.i} ${")) == [
        Reference("b", "b.c"),
        Reference("a", None),
        Reference("e {f} ", "e {f} "),
        Reference("h", "h"),
        Reference(None, None),
    ]


def test_deep_nesting_costs_no_more_than_length() -> None:
    found_references = references("${a." * 200_000 + "}" * 200_000)
    assert sum(len(reference.path or "") for reference in found_references) == len("a.")


def test_every_problem_is_in_the_answer() -> None:
    paths = [path for path, _, _ in found(definition(node("TERMINATE", optional=True), node(startDelay=-1), name=""))]
    assert paths == [f"{ROOT}.name", FIRST, FIRST, f"{ROOT}.tasks[1].startDelay", ROOT]


def test_lists_of_definitions() -> None:
    """Golden errors-update-workflow."""
    assert validate_workflow_defs([], no_task_defs) == [Violation("updateWorkflowDef.arg0", "WorkflowDefList is empty")]
    violations = validate_workflow_defs([definition(node()), definition()], no_task_defs)
    assert violations == [Violation("updateWorkflowDef.arg0[1].tasks", "WorkflowTask list cannot be empty")]


def test_violations_are_raised_together() -> None:
    require_valid([])
    violations = [Violation("a", "b"), Violation("c", "d")]
    with pytest.raises(InvalidInput, match="Validation failed, check below errors for detail") as refusal:
        require_valid(violations)
    assert refusal.value.violations == tuple(violations)
