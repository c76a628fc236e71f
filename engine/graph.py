"""A workflow definition parsed once: every node by reference name, and what comes behind it.

`follows` is where control goes when a node has ended: the right neighbour, else what is behind the containers it is
the last of. The tail of a fork branch leads nowhere (its JOIN exists already and waits), the tail of a loop body
leads back to its DO_WHILE, a TERMINATE leads nowhere (§1.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from engine.definitions import WorkflowDef, WorkflowTask
from engine.parameters import TaskTemplate, compile_node
from engine.template import Template, compile_template

FORKS = frozenset({"FORK_JOIN", "FORK_JOIN_DYNAMIC"})
BRANCHES = frozenset({"SWITCH", "DECISION"})
DYNAMIC = frozenset({"DYNAMIC", "FORK_JOIN_DYNAMIC"})
"""Types whose tasks are known at run time only."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node and its surroundings."""

    node: WorkflowTask
    follows: str | None
    loop: str | None
    """The DO_WHILE around it."""


@dataclass(frozen=True, slots=True)
class Told:
    """The event queues on which status changes of all executions are published; None = only where a definition asks."""

    workflows: str | None = None
    tasks: str | None = None


NOBODY = Told()


@dataclass(slots=True)
class Graph:
    """One definition snapshot, ready to be executed. Immutable but for its cache of compiled templates."""

    definition_id: str
    definition: WorkflowDef
    places: dict[str, Place] = field(default_factory=dict)
    _templates: dict[str, TaskTemplate] = field(default_factory=dict)
    _output: Template | None = None
    _bodies: dict[str, tuple[str, ...]] | None = None
    _text: str | None = None
    _tasks_tell: bool | None = None
    told: Told = NOBODY
    """Where the server tells status changes of all executions."""

    @property
    def first(self) -> str | None:
        """Where a new execution begins; None when the definition has no tasks."""
        tasks = self.definition.tasks
        return tasks[0].task_reference_name if tasks else None

    def node(self, reference: str) -> WorkflowTask | None:
        """The node of that reference name."""
        place = self.places.get(reference)
        return place.node if place else None

    def follows(self, reference: str) -> str | None:
        """The reference name behind this node; None at the end of its list of tasks."""
        place = self.places.get(reference)
        return place.follows if place else None

    def template(self, node: WorkflowTask, with_task_def: bool = True) -> TaskTemplate:
        """The node's input parameters (and its TaskDef's inputTemplate, §3.8), parsed."""
        reference = node.task_reference_name
        place = self.places.get(reference)
        if place is None or place.node is not node:
            return compile_node(node, with_task_def)
        key = reference if with_task_def else reference + "\0"
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = compile_node(node, with_task_def)
        return template

    def body(self, loop: str) -> tuple[str, ...]:
        """Reference names of the nodes whose innermost loop is this one, in document order."""
        if self._bodies is None:
            bodies: dict[str, list[str]] = {}
            for reference, place in self.places.items():
                if place.loop is not None:
                    bodies.setdefault(place.loop, []).append(reference)
            self._bodies = {name: tuple(references) for name, references in bodies.items()}
        return self._bodies.get(loop, ())

    def text(self) -> str:
        """The definition as JSON, to look for words in it."""
        if self._text is None:
            self._text = msgspec.json.encode(self.definition).decode()
        return self._text

    @property
    def listens(self) -> bool:
        """The definition or the server wants status changes of the workflow to be published."""
        own = self.definition.workflow_status_listener_enabled and bool(self.definition.workflow_status_listener_sink)
        return own or self.told.workflows is not None

    @property
    def tasks_tell(self) -> bool:
        """A node or the server wants status changes of tasks to be published, or nodes that do may be added later."""
        if self._tasks_tell is None:
            nodes = [place.node for place in self.places.values()]
            asked = any(node.on_state_change or node.type in DYNAMIC for node in nodes)
            self._tasks_tell = asked or self.told.tasks is not None
        return self._tasks_tell

    @property
    def output_template(self) -> Template:
        """The definition's outputParameters, parsed."""
        if self._output is None:
            self._output = compile_template(self.definition.output_parameters)
        return self._output


def parse(definition_id: str, definition: WorkflowDef, told: Told = NOBODY) -> Graph:
    """The graph of a definition; its reference names are unique (registration sees to that)."""
    return Graph(definition_id, definition, dict(_places(definition.tasks, None, None)), told=told)


def _places(nodes: Sequence[WorkflowTask], behind: str | None, loop: str | None) -> Iterator[tuple[str, Place]]:
    for index, node in enumerate(nodes):
        follows = nodes[index + 1].task_reference_name if index + 1 < len(nodes) else behind
        own = None if node.type == "TERMINATE" else follows
        yield node.task_reference_name, Place(node, own, loop)
        yield from _inner(node, follows, loop)


def _inner(node: WorkflowTask, follows: str | None, loop: str | None) -> Iterator[tuple[str, Place]]:
    for case in (*node.decision_cases.values(), node.default_case):
        yield from _places(case, follows, loop)
    for branch in node.fork_tasks:
        yield from _places(branch, None, loop)
    yield from _places(node.loop_over, node.task_reference_name, node.task_reference_name)


def all_nodes(nodes: Sequence[WorkflowTask]) -> Iterator[WorkflowTask]:
    """Every node of a tree of nodes, containers first."""
    for node in nodes:
        yield node
        for inner in (*node.decision_cases.values(), node.default_case, *node.fork_tasks, node.loop_over):
            yield from all_nodes(inner)
