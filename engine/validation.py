"""What a definition must be to be registered. Every problem is found and named in one pass (reference objects B).

A violation's path is the reference's: the argument's place (`registerWorkflowDef.arg0`), then the way down to the
field. The order is: the definition's own fields, its tasks from top to bottom, rules of the whole, and last the types
that this server cannot run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from engine.definitions import TaskDef, WorkflowDef, WorkflowTask
from engine.errors import InvalidInput, Violation
from engine.validation_references import SYSTEM_PARAMETERS, reference_violations
from engine.validation_task_defs import validate_task_def, validate_task_defs
from engine.validation_tasks import task_violations, unsupported

__all__ = [
    "TaskDefLookup",
    "places",
    "require_valid",
    "validate_task_def",
    "validate_task_defs",
    "validate_workflow_def",
    "validate_workflow_defs",
]

TaskDefLookup = Callable[[str], TaskDef | None]
"""The registered task definition of a name."""

_Place = tuple[str, WorkflowTask]

_SCHEMA_VERSION = 2


def require_valid(violations: Sequence[Violation]) -> None:
    """Raise `InvalidInput` with all of them when there is one."""
    if violations:
        raise InvalidInput("Validation failed, check below errors for detail.", violations)


def validate_workflow_def(
    definition: WorkflowDef,
    task_defs: TaskDefLookup,
    path: str = "registerWorkflowDef.arg0",
    system_parameters: Collection[str] = SYSTEM_PARAMETERS,
) -> list[Violation]:
    """Everything that is wrong with a workflow definition, in the order of its text; [] when it may be registered.

    `system_parameters` are the bare names that `${NAME}` may use beside task references.
    """
    nodes = list(places(definition.tasks, f"{path}.tasks"))
    return [
        *_header_violations(definition, path),
        *(violation for place in nodes for violation in _node_violations(*place, task_defs)),
        *_duplicate_violations(definition, nodes, path),
        *_reference_violations(definition, nodes, path, system_parameters),
        *(Violation(at, reason) for at, task in nodes if (reason := unsupported(task))),
    ]


def validate_workflow_defs(
    definitions: Sequence[WorkflowDef], task_defs: TaskDefLookup, path: str = "updateWorkflowDef.arg0"
) -> list[Violation]:
    """The violations of all definitions of a list, each under its index; an empty list is one itself."""
    if not definitions:
        return [Violation(path, "WorkflowDefList is empty")]
    return [
        violation
        for index, definition in enumerate(definitions)
        for violation in validate_workflow_def(definition, task_defs, f"{path}[{index}]")
    ]


def _header_violations(definition: WorkflowDef, path: str) -> Iterator[Violation]:
    if not definition.name:
        yield Violation(f"{path}.name", "WorkflowDef name cannot be null or empty", "")
    if not definition.tasks:
        yield Violation(f"{path}.tasks", "WorkflowTask list cannot be empty")
    if definition.schema_version != _SCHEMA_VERSION:
        message = f"workflowDef schemaVersion: {_SCHEMA_VERSION} is only supported"
        yield Violation(f"{path}.schemaVersion", message, str(definition.schema_version))


def places(tasks: Sequence[WorkflowTask], path: str) -> Iterator[_Place]:
    """All nodes from top to bottom with their paths, the children of cases, forks and loops included."""
    for index, task in enumerate(tasks):
        at = f"{path}[{index}]"
        yield at, task
        for way, children in _branches(task):
            yield from places(children, at + way)


def _branches(task: WorkflowTask) -> Iterator[tuple[str, Sequence[WorkflowTask]]]:
    for case, children in task.decision_cases.items():
        yield f".decisionCases[{case}].<map value>", children
    yield ".defaultCase", task.default_case
    for index, children in enumerate(task.fork_tasks):
        yield f".forkTasks[{index}].<list element>", children
    yield ".loopOver", task.loop_over


def _node_violations(path: str, task: WorkflowTask, task_defs: TaskDefLookup) -> Iterator[Violation]:
    if not task.name:
        yield Violation(f"{path}.name", "WorkflowTask name cannot be empty or null", "")
    if not task.task_reference_name:
        message = "WorkflowTask taskReferenceName name cannot be empty or null"
        yield Violation(f"{path}.taskReferenceName", message, "")
    if not task.type:
        yield Violation(f"{path}.type", f"WorkflowTask type cannot be empty, taskName: {task.name}", "")
    if task.start_delay < 0:
        yield Violation(f"{path}.startDelay", "must be greater than or equal to 0", str(task.start_delay))
    task_def = task.task_definition or task_defs(task.name)
    for message in task_violations(task, task_def.input_template if task_def else {}):
        yield Violation(path, message)


def _duplicate_violations(definition: WorkflowDef, places: Sequence[_Place], path: str) -> Iterator[Violation]:
    counts = Counter(task.task_reference_name for _, task in places)
    for reference, count in counts.items():
        if count > 1 and reference:
            message = (
                f"taskReferenceName: {reference} should be unique across tasks "
                f"for a given workflowDefinition: {definition.name}"
            )
            yield Violation(path, message)


def _reference_violations(
    definition: WorkflowDef, places: Sequence[_Place], path: str, system_parameters: Collection[str]
) -> Iterator[Violation]:
    names = {"workflow", *system_parameters, *(task.task_reference_name for _, task in places)}
    messages = (message for task in definition.tasks for message in reference_violations(task, names))
    for message in dict.fromkeys(messages):
        yield Violation(path, message)
