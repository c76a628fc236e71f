"""Random definitions for two servers, with every deterministic task type.

Everything is JSON as clients send it. `{{run}}` stands behind the names that must be unique on a server. What depends
on a clock is left out: no time-outs, no delays. So is what is known to differ and tested elsewhere: retries of a
DYNAMIC task (D2), loops in loops (D13), HTTP calls that fail (D16).
"""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.properties.definitions import maybe

Json = Any
Node = dict[str, Json]

OWNER = "owner@example.com"
WORKERS = {"w0{{run}}": 0, "w1{{run}}": 1, "w2{{run}}": 2}
"""Task definitions, and how often each may be tried again."""
BYSTANDER = "bystander{{run}}"
"""A registered definition of one NOOP, for START_WORKFLOW."""
PAGES = ("echo", "echo?q=1", "list", "number", "text", "empty")
"""Of the stub that HTTP tasks call."""
CASES = ("a", "b", "c")
VALUES = ("a", "b", "nowhere", 1, 2.5, True, None, ["a", {"k": "b"}], {"k": "a"})
SCRIPTS = (
    "$.x",
    "$.x == 'a' ? 'a' : 'b'",
    "'a'",
    "1 + 1",
    "({k: $.x})",
    "[1, 'a']",
    "$.nobody.x",
    "throw 'no'",
    "null",
)
QUERIES = (".x", "{k: .x}", ".x, 1", '"a"', ".nobody.x", "error(1)")


class Names:
    """Gives out reference names, and remembers what later tasks may refer to."""

    def __init__(self, numbers: count[int]) -> None:
        self._numbers = numbers
        self.known: list[str] = []
        self.children: list[Node] = []
        self.in_loop = False
        self.in_child = False

    def new(self, kind: str) -> str:
        """A name that no other task of the story has."""
        name = f"{kind}{next(self._numbers)}"
        self.known.append(name)
        return name

    def inner(self) -> Names:
        """For the definition of a child, whose tasks cannot see these."""
        names = Names(self._numbers)
        names.in_child = True
        return names


def node(kind: str, reference: str, given: dict[str, Json] | None = None, **fields: Json) -> Node:
    """A task of a definition."""
    named = {"name": fields.pop("name", kind.lower()), "taskReferenceName": reference, "type": kind}
    return {**named, "inputParameters": given or {}, **fields}


@st.composite
def parameters(draw: DrawFn, names: Names) -> dict[str, Json]:
    """Inputs that refer to what came before, to the workflow, or to nothing."""
    sources = ["workflow.input.x", "workflow.variables.v", "workflow.input", "workflow.nobody"]
    sources += [f"{name}.output.x" for name in names.known] + [f"{name}.output" for name in names.known]
    references = st.sampled_from(sources).map(lambda source: f"${{{source}}}")
    texts = references | references.map(lambda text: f"<{text}>") | st.sampled_from(VALUES)
    return draw(st.dictionaries(st.sampled_from("xy"), texts, max_size=2))


@st.composite
def flags(draw: DrawFn) -> Node:
    """What an author may say about a task that can fail."""
    return {"optional": True} if draw(maybe()) else {"permissive": True} if draw(maybe(6)) else {}


@st.composite
def simple(draw: DrawFn, names: Names) -> list[Node]:
    """A task for a worker, by its name or by one that an input holds."""
    given, kept = draw(parameters(names)), draw(flags())
    if draw(maybe(5)):
        which = draw(st.sampled_from(("w0{{run}}", "${workflow.input.worker}")))
        dynamic = node("DYNAMIC", names.new("y"), {**given, "which": which}, dynamicTaskNameParam="which", **kept)
        return [dynamic]
    return [node("SIMPLE", names.new("t"), given, name=draw(st.sampled_from(sorted(WORKERS))), **kept)]


@st.composite
def waiting(draw: DrawFn, names: Names) -> list[Node]:
    """WAIT or HUMAN, ended by an update."""
    kind = draw(st.sampled_from(("WAIT", "HUMAN")))
    return [node(kind, names.new("w"), draw(parameters(names)), **draw(flags()))]


@st.composite
def computed(draw: DrawFn, names: Names) -> list[Node]:
    """What the server itself computes: INLINE, LAMBDA, JSON_JQ_TRANSFORM, SET_VARIABLE, NOOP."""
    kind = draw(st.sampled_from(("INLINE", "INLINE", "LAMBDA", "JSON_JQ_TRANSFORM", "SET_VARIABLE", "NOOP")))
    given = draw(parameters(names))
    if kind == "INLINE":
        given |= {"evaluatorType": "javascript", "expression": draw(st.sampled_from(SCRIPTS))}
    elif kind == "LAMBDA":
        given |= {"scriptExpression": f"return {draw(st.sampled_from(SCRIPTS[:-2]))};"}
    elif kind == "JSON_JQ_TRANSFORM":
        given |= {"queryExpression": draw(st.sampled_from(QUERIES))}
    elif kind == "SET_VARIABLE":
        given = {"v": draw(st.sampled_from(("${workflow.input.x}", "a", 7)))}
    kept = draw(flags()) if kind in ("INLINE", "LAMBDA", "JSON_JQ_TRANSFORM") else {}
    return [node(kind, names.new("c"), given, **kept)]


@st.composite
def in_server(draw: DrawFn, names: Names) -> list[Node]:
    """What the server does at its leisure: HTTP, EVENT, START_WORKFLOW."""
    kind = draw(st.sampled_from(("HTTP", "HTTP", "EVENT", "START_WORKFLOW")))
    given, kept = draw(parameters(names)), draw(flags())
    if kind == "HTTP":
        call = {"uri": f"{{{{stub}}}}/{draw(st.sampled_from(PAGES))}", "method": draw(st.sampled_from(("GET", "POST")))}
        return [
            node(kind, names.new("h"), {"http_request": call | ({"body": given} if call["method"] == "POST" else {})})
        ]
    if kind == "EVENT":
        sink = draw(st.sampled_from(("conductor", "conductor:x", "nowhere:x")))
        return [node(kind, names.new("m"), given, sink=sink, **kept)]
    request = {"name": draw(st.sampled_from((BYSTANDER, BYSTANDER, "nobody{{run}}"))), "version": 1, "input": given}
    return [node(kind, names.new("r"), {"startWorkflow": request}, **kept)]


@st.composite
def terminate(draw: DrawFn, names: Names) -> list[Node]:
    """TERMINATE with each status."""
    given: dict[str, Json] = {"terminationStatus": draw(st.sampled_from(("COMPLETED", "FAILED", "TERMINATED")))}
    given |= draw(st.sampled_from(({}, {"workflowOutput": {"end": 1}}, {"workflowOutput": "${workflow.variables.v}"})))
    given |= draw(st.sampled_from(({}, {"terminationReason": "enough"})))
    return [node("TERMINATE", names.new("e"), given)]


@st.composite
def choice(draw: DrawFn, names: Names, depth: int) -> list[Node]:
    """SWITCH or DECISION, by value or by script; sometimes with an EXCLUSIVE_JOIN behind it."""
    form = draw(st.sampled_from(("SWITCH", "SWITCH", "javascript", "DECISION", "expression")))
    reference = names.new("s")
    which = draw(st.sampled_from(("a", "b", "nowhere", "${workflow.input.x}", f"${{{names.known[0]}.output.x}}")))
    chosen = draw(st.lists(st.sampled_from(CASES), min_size=1, max_size=2, unique=True))
    cases = {case: draw(nodes(names, depth - 1, least=0)) for case in chosen}
    branches: Node = {"decisionCases": cases}
    if draw(maybe(2)):
        branches["defaultCase"] = draw(nodes(names, depth - 1, least=0))
    how: dict[str, Node] = {
        "SWITCH": {"type": "SWITCH", "evaluatorType": "value-param", "expression": "which"},
        "javascript": {"type": "SWITCH", "evaluatorType": "javascript", "expression": "$.which == 'a' ? 'a' : 'b'"},
        "DECISION": {"type": "DECISION", "caseValueParam": "which"},
        "expression": {"type": "DECISION", "caseExpression": "$.which == 'a' ? 'a' : 'b'"},
    }
    made = [{**node("SWITCH", reference, {"which": which}), **how[form], **branches}]
    tails = [case[-1] for case in cases.values() if case and case[-1]["type"] not in ("TERMINATE", "DO_WHILE")]
    behind: bool = draw(maybe(3))
    if tails and behind:
        joined = [tail["taskReferenceName"] for tail in tails]
        made.append(node("EXCLUSIVE_JOIN", names.new("x"), joinOn=joined, defaultExclusiveJoinTask=[reference]))
    return made


@st.composite
def fork(draw: DrawFn, names: Names, depth: int) -> list[Node]:
    """FORK_JOIN and its JOIN, which waits for all branches, for some tasks in them, or for nothing (U18)."""
    reference = names.new("f")
    branches = [draw(nodes(names, depth - 1)) for _ in range(draw(st.integers(1, 3)))]
    tails = [branch[-1]["taskReferenceName"] for branch in branches]
    some = st.lists(st.sampled_from(tails), min_size=1, max_size=2, unique=True)
    joined = tails if draw(maybe(2)) else draw(some | st.just([]))
    kept: Node = {"optional": True} if draw(maybe(8)) else {}
    return [node("FORK_JOIN", reference, forkTasks=branches), node("JOIN", names.new("j"), joinOn=joined, **kept)]


@st.composite
def dynamic_fork(draw: DrawFn, names: Names) -> list[Node]:
    """FORK_JOIN_DYNAMIC from a list of tasks, or from one task and many inputs."""
    reference, join = names.new("d"), node("JOIN", names.new("j"))
    if draw(maybe(2)):
        inputs = draw(st.lists(st.sampled_from(({"x": "a"}, {"x": 1}, "plain", 5)), max_size=3))
        given = {"forkTaskName": "w0{{run}}", "forkTaskInputs": inputs}
        return [node("FORK_JOIN_DYNAMIC", reference, given), join]
    branches = []
    for _ in range(draw(st.integers(0, 3))):
        worker = node("SIMPLE", names.new("b"), name=draw(st.sampled_from(sorted(WORKERS))), **draw(flags()))
        branches.append(worker if draw(maybe(2)) else node("NOOP", names.new("b")))
    listed: Node = {"list": branches, "inputs": {branch["taskReferenceName"]: {"x": "in"} for branch in branches[:2]}}
    names.known[:] = [name for name in names.known if not name.startswith("b")]
    fields = {"dynamicForkTasksParam": "list", "dynamicForkTasksInputParamName": "inputs"}
    return [node("FORK_JOIN_DYNAMIC", reference, listed, **fields), join]


@st.composite
def loop(draw: DrawFn, names: Names, depth: int) -> list[Node]:
    """DO_WHILE by a counter, by what a task of the body put out, or over items."""
    reference = names.new("l")
    names.known.remove(reference)  # what an open loop shows of its present iteration is the reference's own affair
    names.in_loop = True
    body = draw(nodes(names, depth - 1))
    names.in_loop = False
    names.known.append(reference)
    inside = body[0]["taskReferenceName"]
    conditions = (f"$.{reference}.iteration < $.most", f"$.{inside}.x == 'a' && $.{reference}.iteration < 3", "false")
    given: dict[str, Json] = {"most": draw(st.integers(1, 3))}
    if draw(maybe()):
        given["keepLastN"] = draw(st.integers(1, 2))
    made = node("DO_WHILE", reference, given, loopOver=body, loopCondition=draw(st.sampled_from(conditions)))
    if draw(maybe(3)):
        made |= {"items": "${workflow.input.items}", "loopCondition": ""}
    return [made]


@st.composite
def child(draw: DrawFn, names: Names, depth: int) -> list[Node]:
    """SUB_WORKFLOW of a definition of its own, registered or inline."""
    inner = names.inner()
    reference = names.new("k")
    definition = draw(definitions(inner, f"child{reference}{{{{run}}}}", depth - 1))
    params: Node = {"name": definition["name"], "version": 1}
    if draw(maybe(3)):
        params |= {"workflowDefinition": definition}
    else:
        names.children.append(definition)
    return [node("SUB_WORKFLOW", reference, draw(parameters(names)), subWorkflowParam=params, **draw(flags()))]


@st.composite
def nodes(draw: DrawFn, names: Names, depth: int, least: int = 1) -> list[Node]:
    """A list of tasks as it stands in a definition, a case, a branch or a loop."""
    kinds = ["simple"] * (4 - depth) + ["waiting", "computed", "computed", "in_server"]
    if depth > 0:
        kinds += ["choice", "choice", "fork", "fork", "dynamic_fork", "terminate"]
        kinds += [] if names.in_loop else ["loop"]
        kinds += [] if names.in_child else ["child"]
    made: list[Node] = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=least, max_size=3)):
        if not names.known and kind == "choice":
            kind = "simple"
        if kind in _INNER:
            made += draw(_INNER[kind](names, depth))
        else:
            made += draw(_PLAIN[kind](names))
    return made


_PLAIN = {
    "simple": simple,
    "waiting": waiting,
    "computed": computed,
    "in_server": in_server,
    "terminate": terminate,
    "dynamic_fork": dynamic_fork,
}
_INNER = {"choice": choice, "fork": fork, "loop": loop, "child": child}


@st.composite
def definitions(draw: DrawFn, names: Names, name: str, depth: int) -> Node:
    """A whole definition."""
    tasks = draw(nodes(names, depth)) + draw(nodes(names, depth, least=0))
    known = names.known[0] if names.known else "nobody"
    outputs: tuple[Node, ...] = ({}, {}, {"x": f"${{{known}.output.x}}", "v": "${workflow.variables}"})
    output = draw(st.sampled_from(outputs))
    return {"name": name, "version": 1, "ownerEmail": OWNER, "tasks": tasks, "outputParameters": output}


def places(value: Json, around: tuple[str, ...] = ()) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The type of each node of a definition by its reference name, and those of the nodes around it."""
    if isinstance(value, list):
        return {name: place for item in value for name, place in places(item, around).items()}
    if not isinstance(value, dict):
        return {}
    if "taskReferenceName" not in value:
        return places(list(value.values()), around)
    inner = {key: value.get(key) for key in ("decisionCases", "defaultCase", "forkTasks", "loopOver")}
    own = {value["taskReferenceName"]: (value["type"], around)}
    return own | places(list(inner.values()), (*around, value["type"]))
