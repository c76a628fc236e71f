"""Where the two servers may differ. Each rule has its name in docs/compatibility.md, and fits as little as it can."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.conformance.goldenkit.compare import Comparer, Difference
from tests.differential.ending import Done, Ending
from tests.differential.tree import ENDED, OPEN

Json = Any
Workflow = dict[str, Json]

CANNOT_BE_MADE = "Cannot map a dynamic task"
SUCCESSFUL = ("COMPLETED", "COMPLETED_WITH_ERRORS", "SKIPPED")


class Blur(NamedTuple):
    """A difference that is meant, taken out of both sides of one execution before they are compared."""

    name: str
    apply: Callable[[Workflow, Workflow], None]


class Excuse(NamedTuple):
    """A difference that is meant, recognised by itself."""

    name: str
    fits: Callable[[Difference], bool]


class Departure(NamedTuple):
    """A reason why the two servers go ways of their own, seen in how it ended there or here; ours must be sound."""

    name: str
    fits: Callable[[Ending, Ending], bool]


def _joins_that_end_with_their_workflow(reference: Workflow, ours: Workflow) -> None:
    """The reference looks at a JOIN from time to time, and decides in a race what becomes of it when a branch fails."""
    for reference_name in _unsuccessful_joins(reference) | _unsuccessful_joins(ours):
        for workflow in (reference, ours):
            _forget_join(workflow, reference_name)


def _unsuccessful_joins(workflow: Workflow) -> set[str]:
    joins = [task for task in workflow.get("tasks", []) if task["taskType"] == "JOIN"]
    return {task["referenceTaskName"] for task in joins if task["status"] not in SUCCESSFUL}


def _forget_join(workflow: Workflow, name: str) -> None:
    for task in workflow["tasks"]:
        if task["referenceTaskName"] == name:
            _forget_output(workflow, task)
            for field in ("status", "reasonForIncompletion"):
                task.pop(field, None)
    for field, value in (("failedReferenceTaskNames", name), ("failedTaskNames", "JOIN")):
        left = [each for each in workflow.get(field, []) if each != value]
        workflow[field] = left


def _loops_that_are_cancelled(reference: Workflow, ours: Workflow) -> None:
    """What a cancelled loop shows depends on how often the reference has looked at it."""
    for workflow in (reference, ours):
        for task in workflow.get("tasks", []):
            if task["taskType"] == "DO_WHILE" and task.get("status") == "CANCELED":
                _forget_output(workflow, task)


def _forget_output(workflow: Workflow, task: Json) -> None:
    if task.pop("outputData", None) == workflow.get("output"):
        workflow.pop("output", None)


def _served_beside_the_end(reference: Workflow, ours: Workflow) -> None:
    """Whether the server's own worker has come to a task when another one ends the workflow is chance."""
    rows = {_name(task): task for task in reference["tasks"] if task["taskType"] in ("HTTP", "START_WORKFLOW")}
    for task in ours["tasks"]:
        known = rows.get(_name(task))
        if known is not None and "CANCELED" in (known["status"], task["status"]):
            for workflow, each in ((reference, known), (ours, task)):
                _forget_output(workflow, each)
                each.pop("status")


def _begun_with_what_cannot_be_made(reference: Workflow, ours: Workflow) -> None:
    """The reference throws away the rows that it was about to make."""
    if not str(reference.get("reasonForIncompletion")).startswith(CANNOT_BE_MADE):
        return
    known = [_name(task) for task in reference["tasks"]]
    ours["tasks"] = [task for task in ours["tasks"] if _name(task) in known]


def _name(task: Json) -> tuple[str, int]:
    return task["referenceTaskName"], task.get("retryCount", 0)


def _only_the_order_of_keys(difference: Difference) -> bool:
    """Java writes a map into a text in an order of its own."""
    texts = (difference.expected, difference.actual)
    return all(isinstance(text, str) and "=" in text for text in texts) and sorted(texts[0]) == sorted(texts[1])


BLURS = (
    Blur("a JOIN that ends with its workflow", _joins_that_end_with_their_workflow),
    Blur("the output of a loop that is cancelled", _loops_that_are_cancelled),
    Blur("an HTTP or START_WORKFLOW task beside the end of its workflow", _served_beside_the_end),
    Blur("what begins with a task that cannot be made", _begun_with_what_cannot_be_made),
)
EXCUSES = (Excuse("the order of a map's keys in a text", _only_the_order_of_keys),)


def _rerun(fits: Callable[[Done], bool]) -> Callable[[Ending, Ending], bool]:
    return lambda _, ours: any(done.kind == "rerun from" and fits(done) for done in ours.done)


def _exclusive_join_in_a_loop(reference: Ending, ours: Ending) -> bool:
    """It waits for tasks by their plain names."""
    tasks = (task for workflow in reference.workflows for task in workflow["tasks"])
    return reference.problem == "stuck" and any(
        task["taskType"] == "EXCLUSIVE_JOIN" and task["status"] in OPEN and task.get("iteration") for task in tasks
    )


DEPARTURES = (
    Departure("an EXCLUSIVE_JOIN in a loop", _exclusive_join_in_a_loop),
    Departure("a rerun from inside a static fork", _rerun(lambda done: "FORK_JOIN" in done.inside)),
    Departure("a rerun from a SWITCH or DECISION", _rerun(lambda done: done.task_type in ("SWITCH", "DECISION"))),
    Departure("a rerun from a DO_WHILE", _rerun(lambda done: done.task_type == "DO_WHILE")),
)


def differences(reference: Ending, ours: Ending) -> list[Difference]:
    """What no rule for places covers."""
    left, right = copy.deepcopy(list(reference.workflows)), copy.deepcopy(list(ours.workflows))
    for one, other in zip(left, right, strict=False):
        for blur in BLURS:
            blur.apply(one, other)
    found = Comparer()
    found.compare(reference.problem, ours.problem, "problem")
    found.compare([str(done) for done in reference.done], [str(done) for done in ours.done], "done", closed=True)
    found.compare(left, right, "workflows", closed=True)
    return [each for each in found.differences if not any(excuse.fits(each) for excuse in EXCUSES)]


def departure(reference: Ending, ours: Ending) -> str:
    """The name of the first rule that explains why nothing can be compared, or ""."""
    return next((rule.name for rule in DEPARTURES if rule.fits(reference, ours)), "")


def faults(ours: Ending) -> list[Difference]:
    """What must never be, whatever the reference does: a story without end, open tasks in an ended execution."""
    found = [Difference("problem", "", ours.problem)] if ours.problem else []
    for workflow in ours.workflows:
        open_ = [task["referenceTaskName"] for task in workflow["tasks"] if task["status"] in OPEN]
        if workflow["status"] in ENDED and open_:
            found.append(Difference(f"{workflow['workflowName']} has ended with open tasks", [], open_))
    return found
