"""Random workflow definitions: every one is valid, and small enough that Hypothesis can shrink it to the point."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from engine.definitions import JsonObject, SubWorkflowParams, TaskDef, WorkflowDef, WorkflowTask
from engine.graph import all_nodes
from engine.questions import Evaluate, Evaluated
from engine.validation import validate_workflow_def

CASES = ("a", "b", "c")
NOWHERE, FAILING, LATE = "nowhere", "FAIL", "LATE"
EXPRESSIONS = (*(f"'{word}'" for word in (*CASES, NOWHERE)), FAILING, LATE, "")
"""What `evaluated` understands, and last none."""
RETRY_LOGICS = ("FIXED", "LINEAR_BACKOFF", "EXPONENTIAL_BACKOFF")
POLICIES = ("RETRY", "TIME_OUT_WF", "ALERT_ONLY")
FAILURE_WORKFLOW = "after_failure"
MISSING_WORKFLOW = "not_registered"
WAITS: tuple[JsonObject, ...] = (
    {},
    {"duration": "0 s"},
    {"duration": "5 seconds"},
    {"duration": "1 days"},
    {"duration": "${workflow.input.soon}"},
    {"until": "1999-12-31"},
    {"until": "2031-01-01 00:00 UTC"},
)
"""`soon` is no duration: that WAIT fails at run time."""
seconds = st.sampled_from((0, 0, 1, 3, 10))


def maybe(chance: int = 4) -> st.SearchStrategy[bool]:
    """True once in `chance` times; shrinks to False."""
    return st.integers(1, chance).map(lambda number: number == chance)


class Names:
    """Gives out reference names and remembers them, so that what comes later can refer to what came earlier."""

    def __init__(self, in_server: bool = False, children: tuple[str, ...] | None = None) -> None:
        self.in_server = in_server
        """Tasks that the server itself does may be among them."""
        self.children = children
        """The workflows that may be children here; None = these tasks are of no tree, and have no loops either."""
        self._numbers = count(1)
        self.known: list[str] = []

    def new(self, kind: str) -> str:
        name = f"{kind}{next(self._numbers)}"
        self.known.append(name)
        return name


@st.composite
def task_defs(draw: DrawFn, name: str = "work") -> TaskDef:
    """A task definition: retries and every clock, most of them not set."""
    return TaskDef(
        name=name,
        retry_count=draw(st.integers(0, 2)),
        retry_logic=draw(st.sampled_from(RETRY_LOGICS)),
        retry_delay_seconds=draw(seconds),
        backoff_scale_factor=draw(st.integers(1, 3)),
        max_retry_delay_seconds=draw(seconds),
        backoff_jitter_ms=draw(st.sampled_from((0, 0, 500))),
        timeout_seconds=draw(seconds),
        timeout_policy=draw(st.sampled_from(POLICIES)),
        response_timeout_seconds=draw(st.sampled_from((1, 5, 3600))),
        poll_timeout_seconds=draw(st.sampled_from((None, None, 0, 4))),
        total_timeout_seconds=draw(st.sampled_from((0, 0, 20))),
        concurrent_exec_limit=draw(st.sampled_from((None, None, 1))),
        input_template=draw(st.sampled_from(({}, {"fallback": 1, "x": "template"}))),
    )


@st.composite
def parameters(draw: DrawFn, names: Names) -> JsonObject:
    """Input parameters that refer to anything named so far, to the workflow, or to nothing."""
    sources = ["workflow.input.x", "workflow.variables.v", "workflow.input", "CPEWF_TASK_ID"]
    sources += [f"{name}.output.x" for name in names.known] + [f"{name}.status" for name in names.known]
    values = st.sampled_from(sources).map(lambda source: f"${{{source}}}") | st.sampled_from((1, "plain", None, [True]))
    return draw(st.dictionaries(st.sampled_from("xy"), values, max_size=2))


@st.composite
def flags(draw: DrawFn) -> dict[str, Any]:
    """What an author may say about any task that can fail."""
    return {"optional": draw(maybe()), "permissive": draw(maybe())}


@st.composite
def worker_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """SIMPLE or a type that nobody knows; with its own task definition, or none."""
    reference = names.new("t")
    kind = draw(st.sampled_from(("SIMPLE", "SIMPLE", "SIMPLE", "MY_OWN_TYPE")))
    name = draw(st.sampled_from(("work", "other")))
    return WorkflowTask(
        name=name,
        task_reference_name=reference,
        type=kind,
        input_parameters=draw(parameters(names)),
        start_delay=draw(st.sampled_from((0, 0, 0, 2))),
        retry_count=draw(st.sampled_from((None, None, 0, 1))),
        task_definition=draw(task_defs(name)) if draw(maybe(2)) else None,
        **draw(flags()),
    )


@st.composite
def wait_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """WAIT for a while, until a moment, or for ever; sometimes with the clocks of a task definition."""
    return WorkflowTask(
        name="wait",
        task_reference_name=names.new("w"),
        type="WAIT",
        input_parameters=draw(st.sampled_from(WAITS)),
        task_definition=draw(task_defs("wait")) if draw(maybe()) else None,
        **draw(flags()),
    )


@st.composite
def human_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """HUMAN, sometimes with the clocks of a task definition."""
    own = draw(task_defs("human")) if draw(maybe()) else None
    return WorkflowTask("human", names.new("h"), type="HUMAN", task_definition=own, **draw(flags()))


@st.composite
def pull_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """PULL_WORKFLOW_MESSAGES: one message or several, sometimes without waiting for any."""
    own = draw(task_defs("pull")) if draw(maybe()) else None
    given: JsonObject = {"batchSize": draw(st.sampled_from((1, 1, 2, 5, "${workflow.input.x}")))}
    given |= {"blocking": False} if draw(maybe()) else {}
    kind = "PULL_WORKFLOW_MESSAGES"
    return WorkflowTask(
        "pull", names.new("p"), type=kind, input_parameters=given, task_definition=own, **draw(flags())
    )  # fmt: skip


@st.composite
def set_variable_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """SET_VARIABLE of the variable that `parameters` reads."""
    value = draw(st.sampled_from(("${workflow.input.x}", "a", 7)))
    return WorkflowTask("set", names.new("v"), type="SET_VARIABLE", input_parameters={"v": value})


@st.composite
def in_server_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """HTTP or START_WORKFLOW: what the server itself takes from a queue."""
    kind = draw(st.sampled_from(("HTTP", "HTTP", "START_WORKFLOW")))
    given: JsonObject = {"uri": "http://localhost/${workflow.input.x}", "method": "GET"} | draw(parameters(names))
    return WorkflowTask(
        name="call",
        task_reference_name=names.new("c"),
        type=kind,
        input_parameters=given,
        async_complete=draw(maybe()),
        start_delay=draw(st.sampled_from((0, 0, 0, 2))),
        task_definition=draw(task_defs("call")) if draw(maybe(2)) else None,
        **draw(flags()),
    )


@st.composite
def event_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """EVENT to the internal queue, or to one that does not exist."""
    return WorkflowTask(
        name="event",
        task_reference_name=names.new("m"),
        type="EVENT",
        sink=draw(st.sampled_from(("conductor", "conductor:x", "nowhere:x", "${workflow.input.x}"))),
        input_parameters=draw(parameters(names)),
        async_complete=draw(maybe()),
        task_definition=draw(task_defs("event")) if draw(maybe()) else None,
        **draw(flags()),
    )


@st.composite
def expression_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """INLINE, LAMBDA or JSON_JQ_TRANSFORM; `evaluated` answers what they ask. Sometimes without an expression."""
    kind = draw(st.sampled_from(("INLINE", "INLINE", "LAMBDA", "JSON_JQ_TRANSFORM")))
    key = {"INLINE": "expression", "LAMBDA": "scriptExpression", "JSON_JQ_TRANSFORM": "queryExpression"}[kind]
    return WorkflowTask(
        name="compute",
        task_reference_name=names.new("i"),
        type=kind,
        input_parameters={key: draw(st.sampled_from(EXPRESSIONS))} | draw(parameters(names)),
        retry_count=draw(st.sampled_from((None, None, 0, 1))),
        task_definition=draw(task_defs("compute")) if draw(maybe()) else None,
        **draw(flags()),
    )


def evaluated(question: Evaluate) -> Evaluated:
    """The answer to what random definitions ask: an error, an interruption, or the word that the expression is."""
    if FAILING in question.expression:
        return Evaluated(error="it failed")
    if LATE in question.expression:
        return Evaluated(error="it took too long", interrupted=True)
    word = next((case for case in (*CASES, NOWHERE) if f"'{case}'" in question.expression), None)
    return Evaluated([word] if question.language == "jq" else word)


@st.composite
def noop_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """NOOP."""
    return WorkflowTask("nothing", names.new("n"), type="NOOP", input_parameters=draw(parameters(names)))


@st.composite
def child_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """SUB_WORKFLOW of one of the workflows below, sometimes with clocks and retries of its own."""
    return WorkflowTask(
        name="sub",
        task_reference_name=names.new("b"),
        type="SUB_WORKFLOW",
        sub_workflow_param=SubWorkflowParams(name=draw(st.sampled_from(names.children or (MISSING_WORKFLOW,)))),
        input_parameters={"soon": "soon", "list": [1]} | draw(parameters(names)),
        start_delay=draw(st.sampled_from((0, 0, 0, 2))),
        task_definition=draw(task_defs("sub")) if draw(maybe(3)) else None,
        **draw(flags()),
    )


@st.composite
def loop_task(draw: DrawFn, names: Names, depth: int) -> WorkflowTask:
    """DO_WHILE over a list that is in the input, or is not."""
    return WorkflowTask(
        name="loop",
        task_reference_name=names.new("l"),
        type="DO_WHILE",
        items="${workflow.input.list}",
        loop_condition="",
        loop_over=draw(nodes(names, depth - 1)),
        optional=draw(maybe(8)),
    )


@st.composite
def decision_task(draw: DrawFn, names: Names, depth: int) -> WorkflowTask:
    """DECISION by an input, or by an expression."""
    by_expression = names.in_server and draw(maybe(2))
    cases = draw(st.lists(st.sampled_from(CASES), min_size=1, max_size=2, unique=True))
    return WorkflowTask(
        name="decide",
        task_reference_name=names.new("d"),
        type="DECISION",
        case_value_param=None if by_expression else "which",
        case_expression=draw(st.sampled_from(EXPRESSIONS[:-1])) if by_expression else None,
        input_parameters={"which": draw(st.sampled_from(("a", NOWHERE, "${workflow.input.x}")))},
        decision_cases={case: draw(nodes(names, depth - 1, least=0)) for case in cases},
        default_case=draw(nodes(names, depth - 1, least=0)) if draw(maybe(2)) else [],
        optional=draw(maybe()),
    )


@st.composite
def terminate_task(draw: DrawFn, names: Names) -> WorkflowTask:
    """TERMINATE with each status, with and without an output of its own."""
    status = draw(st.sampled_from(("COMPLETED", "FAILED", "TERMINATED")))
    outputs: list[JsonObject] = [{}, {"workflowOutput": {"end": 1}}, {"workflowOutput": "${workflow.variables.v}"}]
    output = draw(st.sampled_from(outputs))
    given: JsonObject = {"terminationStatus": status} | output
    return WorkflowTask("end", names.new("e"), type="TERMINATE", input_parameters=given)


@st.composite
def switch_task(draw: DrawFn, names: Names, depth: int) -> WorkflowTask:
    """SWITCH by value or by script, its cases possibly empty, with or without a default."""
    reference = names.new("s")
    by_script = names.in_server and draw(maybe())
    sources = ["a", "b", NOWHERE, "${workflow.input.x}", *(f"${{{name}.output.x}}" for name in names.known)]
    which = draw(st.sampled_from(sources))
    cases = draw(st.lists(st.sampled_from(CASES), min_size=1, max_size=2, unique=True))
    return WorkflowTask(
        name="switch",
        task_reference_name=reference,
        type="SWITCH",
        evaluator_type="javascript" if by_script else "value-param",
        expression=draw(st.sampled_from(EXPRESSIONS[:-1])) if by_script else "which",
        input_parameters={"which": which},
        decision_cases={case: draw(nodes(names, depth - 1, least=0)) for case in cases},
        default_case=draw(nodes(names, depth - 1, least=0)) if draw(maybe(2)) else [],
        optional=draw(maybe()),
    )


@st.composite
def fork_and_join(draw: DrawFn, names: Names, depth: int) -> list[WorkflowTask]:
    """FORK_JOIN and its JOIN, which waits for all branches, for some of what is in them, or for nothing (U18)."""
    fork = names.new("f")
    branches = [draw(nodes(names, depth - 1)) for _ in range(draw(st.integers(1, 3)))]
    tails = [branch[-1].task_reference_name for branch in branches]
    inside = [node.task_reference_name for branch in branches for node in all_nodes(branch)]
    some = st.lists(st.sampled_from(inside), min_size=1, max_size=3, unique=True)
    joined = draw(st.sampled_from((tails, tails, [])) | some)
    return [
        WorkflowTask("fork", fork, type="FORK_JOIN", fork_tasks=branches),
        WorkflowTask("join", names.new("j"), type="JOIN", join_on=joined, optional=draw(maybe(8))),
    ]


@st.composite
def nodes(draw: DrawFn, names: Names, depth: int, least: int = 1) -> list[WorkflowTask]:
    """A list of tasks as it stands in a definition, a case or a branch."""
    plain: tuple[str, ...] = (
        "worker",
        "worker",
        "worker",
        "wait",
        "human",
        "set_variable",
        "terminate",
        "event",
        "noop",
    )
    if names.in_server:
        plain += ("in_server", "expression")
    if names.children is None:
        plain += ("pull",)
    if names.children:
        plain += ("child", "child", "child")
    kinds = plain + (("switch", "switch", "fork", "fork", "decision") if depth > 0 else ())
    if names.children is not None and depth > 0:
        kinds += ("loop",)
    made: list[WorkflowTask] = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=least, max_size=3)):
        if kind == "fork":
            made += draw(fork_and_join(names, depth))
        elif kind in _BRANCHING:
            made.append(draw(_BRANCHING[kind](names, depth)))
        else:
            made.append(draw(_PLAIN[kind](names)))
    return made


_BRANCHING = {"switch": switch_task, "decision": decision_task, "loop": loop_task}
_PLAIN = {
    "worker": worker_task,
    "child": child_task,
    "wait": wait_task,
    "human": human_task,
    "pull": pull_task,
    "set_variable": set_variable_task,
    "terminate": terminate_task,
    "event": event_task,
    "expression": expression_task,
    "noop": noop_task,
    "in_server": in_server_task,
}


@st.composite
def workflow_defs(draw: DrawFn, depth: int = 2, in_server: bool = False) -> WorkflowDef:
    """A whole definition that registration accepts; with `in_server` also with tasks that a whole engine would do by
    itself.
    """
    names = Names(in_server)
    tasks = draw(nodes(names, depth))
    outputs: list[JsonObject] = [
        {},
        {"x": f"${{{tasks[0].task_reference_name}.output.x}}", "v": "${workflow.variables}"},
    ]
    definition = WorkflowDef(
        name="random",
        tasks=tasks,
        output_parameters=draw(st.sampled_from(outputs)),
        input_template=draw(st.sampled_from(({}, {"x": "a"}))),
        timeout_seconds=draw(st.sampled_from((0, 0, 30))),
        timeout_policy=draw(st.sampled_from(("TIME_OUT_WF", "ALERT_ONLY"))),
        failure_workflow=draw(st.sampled_from((None, None, FAILURE_WORKFLOW, MISSING_WORKFLOW, "$workflow.input.x"))),
        restartable=draw(st.sampled_from((True, True, True, False))),
        owner_email="owner@example.com",
    )
    problems = validate_workflow_def(definition, lambda _: None)
    assert not problems, problems
    return definition
