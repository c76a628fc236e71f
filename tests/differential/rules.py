"""Where the two servers may differ. Each rule has its name in docs/compatibility.md, and fits as little as it can."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.conformance.goldenkit.compare import Comparer, Difference
from tests.differential.ending import Done, Ending
from tests.differential.tree import ENDED, OPEN

Json = Any
Workflow = dict[str, Json]

MADE_FAILED = ("JSON_JQ_TRANSFORM", "SWITCH")
"""Types whose rows are FAILED before the reference looks at the loop around them."""
CANNOT_BE_MADE = "Cannot map a dynamic task"
FAILED = ("FAILED", "FAILED_WITH_TERMINAL_ERROR", "CANCELED")
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
    """The reference looks at a JOIN from time to time: what becomes of it when a branch fails, and what else begins
    until then, is a race. The names of what failed still show it after a retry.
    """
    unsuccessful = _unsuccessful_joins(reference) | _unsuccessful_joins(ours)
    for name in unsuccessful:
        for workflow in (reference, ours):
            _forget_join(workflow, name)
    if unsuccessful:
        _forget_what_was_cancelled(reference, ours)
    for workflow in (reference, ours):
        _forget_failures_of_joins(workflow)


def _forget_what_was_cancelled(reference: Workflow, ours: Workflow) -> None:
    common = {_name(task) for task in reference["tasks"]} & {_name(task) for task in ours["tasks"]}
    for workflow in (reference, ours):
        workflow["tasks"] = [
            task for task in workflow["tasks"] if _name(task) in common or task.get("status") != "CANCELED"
        ]


def _forget_failures_of_joins(workflow: Workflow) -> None:
    names = {task["referenceTaskName"] for task in workflow.get("tasks", []) if task["taskType"] == "JOIN"} | {"JOIN"}
    for field in ("failedReferenceTaskNames", "failedTaskNames"):
        workflow[field] = [each for each in workflow.get(field, []) if each not in names]


def _unsuccessful_joins(workflow: Workflow) -> set[str]:
    joins = [task for task in workflow.get("tasks", []) if task["taskType"] == "JOIN"]
    return {task["referenceTaskName"] for task in joins if task["status"] not in SUCCESSFUL}


def _forget_join(workflow: Workflow, name: str) -> None:
    for task in workflow["tasks"]:
        if task["referenceTaskName"] == name:
            _forget_output(workflow, task)
            for field in ("status", "reasonForIncompletion"):
                task.pop(field, None)


def _opened_again(reference: Workflow, ours: Workflow) -> None:
    """A retry counts up and keeps the reason of what had failed, not of what had been cancelled."""
    for workflow in (reference, ours):
        for task in workflow.get("tasks", []):
            if task["taskType"] in ("JOIN", "DO_WHILE"):
                task.pop("retryCount", None)
                if task.get("status") == "COMPLETED":
                    task.pop("reasonForIncompletion", None)


def _optional_to_the_end(reference: Workflow, ours: Workflow) -> None:
    """The reference ends the workflow without writing down that an optional task was tolerated, or looks at a JOIN
    before that.
    """
    rows = {_name(task): task for task in reference.get("tasks", [])}
    for task in ours.get("tasks", []):
        known = rows.get(_name(task))
        if known is None or task.get("status") != "COMPLETED_WITH_ERRORS":
            continue
        if known["taskType"] == "JOIN" and known.get("status") == "COMPLETED":
            task["status"] = "COMPLETED"
            task.pop("reasonForIncompletion", None)
        elif known["taskType"] != "JOIN" and reference["status"] in ENDED and known["status"] in FAILED:
            task["status"] = known["status"]


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
    """Java writes a map into a text in an order of its own. When a page was served is left out."""
    texts = (difference.expected, difference.actual)
    if not all(isinstance(text, str) and "=" in text for text in texts):
        return False
    one, other = (sorted(re.sub(r"Date=\[[^]]*]", "", text)) for text in texts)
    return one == other


def _children_tried_again(reference: Workflow, ours: Workflow) -> None:
    """The reference puts the parameters of a SUB_WORKFLOW beside what they are part of, where no child sees them."""
    for workflow in (reference, ours):
        again = {task["referenceTaskName"] for task in workflow.get("tasks", []) if task.get("retryCount")}
        for task in workflow.get("tasks", []):
            given = task.get("inputData", {})
            if task["taskType"] == "SUB_WORKFLOW" and task["referenceTaskName"] in again:
                for key in given.keys() & given.get("workflowInput", {}).keys():
                    del given[key]


BLURS = (
    Blur("the input of a SUB_WORKFLOW that is tried again", _children_tried_again),
    Blur("a JOIN or loop that a retry opens again", _opened_again),
    Blur("an optional task at the end of its workflow, or in front of a JOIN", _optional_to_the_end),
    Blur("a JOIN that ends with its workflow", _joins_that_end_with_their_workflow),
    Blur("the output of a loop that is cancelled", _loops_that_are_cancelled),
    Blur("an HTTP or START_WORKFLOW task beside the end of its workflow", _served_beside_the_end),
    Blur("what begins with a task that cannot be made", _begun_with_what_cannot_be_made),
)


def _definition_in_a_text(difference: Difference) -> bool:
    texts = (difference.expected, difference.actual)
    return all(isinstance(text, str) and "subWorkflowDefinition={" in text for text in texts)


EXCUSES = (
    Excuse("the order of a map's keys in a text", _only_the_order_of_keys),
    Excuse("an inline definition in a text", _definition_in_a_text),
)


def _rerun(fits: Callable[[Done], bool]) -> Callable[[Ending, Ending], bool]:
    return lambda _, ours: any(done.kind == "rerun from" and fits(done) for done in ours.done)


def _left_open(kind: str, in_loop: bool) -> Callable[[Ending, Ending], bool]:
    """The reference comes to rest with a task of that type open, or somebody has terminated it then."""

    def fits(reference: Ending, ours: Ending) -> bool:
        over = any(done.kind == "terminate" for done in reference.done)
        left = (*OPEN, "CANCELED") if over else OPEN if reference.problem == "stuck" else ()
        tasks = (task for workflow in reference.workflows for task in workflow["tasks"] if task["taskType"] == kind)
        return any(task["status"] in left and (task.get("iteration") or not in_loop) for task in tasks)

    return fits


def _retry(reference: Ending, ours: Ending) -> bool:
    """Refused there, done here."""
    pairs = zip(reference.done, ours.done, strict=False)
    first = next(((there, here) for there, here in pairs if there != here), None)
    return first is not None and first[0].kind in ("retry", "resume") and first[0].what == f"{first[1].what}: refused"


def _rerun_refused(reference: Ending, ours: Ending) -> bool:
    """Refused there and done here, after something was skipped."""
    pairs = list(zip(reference.done, ours.done, strict=False))
    at = next((place for place, (there, here) in enumerate(pairs) if there != here), 0)
    skipped = any(done.kind == "skip" for done in ours.done[:at])
    there, here = pairs[at] if pairs else (Done("", ""), Done("", ""))
    return skipped and there.kind == "rerun from" and there.what == f"{here.what}: refused"


def _earlier_attempt_revived(reference: Ending, ours: Ending) -> bool:
    """A SUB_WORKFLOW that was tried again goes on there beside its later attempt."""
    rows = (task for workflow in reference.workflows for task in workflow["tasks"])
    children = (task for task in rows if task["taskType"] == "SUB_WORKFLOW" and task.get("retried"))
    return _retried(ours) and any(task["status"] in (*OPEN, "COMPLETED") for task in children)


def _retried_behind_terminate(reference: Ending, ours: Ending) -> bool:
    """The COMPLETED row of the TERMINATE ends the workflow again."""
    return _retried(ours) and any(
        task["taskType"] == "TERMINATE" and task["status"] == "COMPLETED"
        for workflow in reference.workflows
        for task in workflow["tasks"]
    )


def _loop_without_patience(reference: Ending, ours: Ending) -> bool:
    """A loop has failed there by a task that is tolerated here, and was FAILED as soon as it was made."""
    pairs = zip(reference.workflows, ours.workflows, strict=False)
    return any(_failed_loops(there) and bool(_tolerated(here) & _made_failed(there)) for there, here in pairs)


def _failed_loops(workflow: Workflow) -> bool:
    return any(task["taskType"] == "DO_WHILE" and task["status"] == "FAILED" for task in workflow["tasks"])


def _made_failed(workflow: Workflow) -> set[tuple[str, int]]:
    tasks = (task for task in workflow["tasks"] if task.get("iteration") and task["taskType"] in MADE_FAILED)
    return {_name(task) for task in tasks if task["status"] == "FAILED"}


def _tolerated(workflow: Workflow) -> set[tuple[str, int]]:
    return {_name(task) for task in workflow["tasks"] if task["status"] == "COMPLETED_WITH_ERRORS"}


def _retried_when_completed(reference: Ending, ours: Ending) -> bool:
    """There is a row to retry there, because nobody has written down that it was tolerated."""
    retries = (done for done in reference.done if done.kind in ("retry", "resume"))
    accepted = any(done.what.endswith("which was COMPLETED") for done in retries)
    return accepted and _rows(reference) > _rows(ours)


def _rows(ending: Ending) -> int:
    return sum(len(workflow["tasks"]) for workflow in ending.workflows)


def _new_child(reference: Ending, ours: Ending) -> bool:
    """There another attempt with another child, here the same child from its beginning."""
    return _retried(ours, "resume") and _attempts(reference) > _attempts(ours)


def _retried(ending: Ending, *kinds: str) -> bool:
    done = (done for done in ending.done if done.kind in (kinds or ("retry", "resume")))
    return any(not done.what.endswith(": refused") for done in done)


def _attempts(ending: Ending) -> int:
    tasks = (task for workflow in ending.workflows for task in workflow["tasks"])
    return sum(task["taskType"] == "SUB_WORKFLOW" for task in tasks)


_FORKS = frozenset({"FORK_JOIN", "FORK_JOIN_DYNAMIC"})
DEPARTURES = (
    Departure("an EXCLUSIVE_JOIN in a loop", _left_open("EXCLUSIVE_JOIN", in_loop=True)),
    Departure("an EVENT to a sink that is none in a loop", _left_open("EVENT", in_loop=True)),
    Departure("an execution that is left lying", lambda reference, _: reference.left_lying),
    Departure("a JOIN that fails by an attempt that is tried again", lambda reference, _: reference.broken_join),
    Departure("a loop that fails by a task that is tolerated", _loop_without_patience),
    Departure("a rerun from inside a fork", _rerun(lambda done: bool(_FORKS.intersection(done.inside)))),
    Departure("a rerun from a task in a loop", _rerun(lambda done: "DO_WHILE" in done.inside)),
    Departure("a rerun behind a failure that was overcome", _rerun(lambda done: done.overcome)),
    Departure("a rerun from a fork or a JOIN", _rerun(lambda done: done.task_type in ("FORK", "JOIN"))),
    Departure("a rerun from a SWITCH or DECISION", _rerun(lambda done: done.task_type in ("SWITCH", "DECISION"))),
    Departure("a rerun from a DO_WHILE", _rerun(lambda done: done.task_type == "DO_WHILE")),
    Departure("a rerun from a SUB_WORKFLOW", _rerun(lambda done: done.task_type == "SUB_WORKFLOW")),
    Departure("a retry with nothing but a cancelled JOIN or loop", _retry),
    Departure("a retry of what a TERMINATE has ended", _retried_behind_terminate),
    Departure("a retry of what is COMPLETED", _retried_when_completed),
    Departure("a retry of a child that is not the first of its task", _earlier_attempt_revived),
    Departure("a rerun after something behind it was skipped", _rerun_refused),
    Departure("a resume of a child that has nothing to retry", _new_child),
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
    if ours.left_lying:
        found.append(Difference("left lying", False, True))
    for workflow in ours.workflows:
        open_ = [task["referenceTaskName"] for task in workflow["tasks"] if task["status"] in OPEN]
        if workflow["status"] in ENDED and open_:
            found.append(Difference(f"{workflow['workflowName']} has ended with open tasks", [], open_))
    return found
