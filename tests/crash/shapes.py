"""The workflows of the load: what is registered, what workers answer, and the exact rows that must exist at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

WAIT_SECONDS = 1
RESPONSE_TIMEOUT_SECONDS = 3  # a task whose poll answer died with the server comes back after this time
RETRIES = 6


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of workflow: its tasks, and the reference names that must have rows when it has ended."""

    name: str
    tasks: tuple[Json, ...]
    worked: tuple[str, ...]
    automatic: tuple[str, ...] = ()

    def definition(self, prefix: str) -> Json:
        """The workflow definition to register; its output tells which input it was computed from."""
        last = self.worked[-1]
        return {
            "name": f"{prefix}_{self.name}",
            "version": 1,
            "schemaVersion": 2,
            "tasks": [_prefixed(task, prefix) for task in self.tasks],
            "outputParameters": {"seed": "${workflow.input.seed}", "by": "${" + last + ".output.by}"},
        }


def output_of(task: Mapping[str, Any]) -> Json:
    """What every worker answers for this task: a function of the task, so that any worker's answer is the same."""
    return {"by": task["taskId"], "echo": task["inputData"].get("seed")}


def task_types(prefix: str) -> list[str]:
    """The queues that the workers of the load have to work."""
    return [f"{prefix}_step", f"{prefix}_flaky"]


def task_definitions(prefix: str) -> list[Json]:
    """Retries at once, and a short response timeout."""
    return [
        {
            "name": name,
            "retryCount": RETRIES,
            "retryLogic": "FIXED",
            "retryDelaySeconds": 0,
            "timeoutSeconds": 0,
            "timeoutPolicy": "RETRY",
            "responseTimeoutSeconds": RESPONSE_TIMEOUT_SECONDS,
        }
        for name in task_types(prefix)
    ]


def declared_to_fail(task: Mapping[str, Any]) -> bool:
    """Workers fail the first attempt of every flaky task, and nothing else."""
    return str(task["taskType"]).endswith("_flaky") and not task.get("retryCount")


def _simple(reference: str, kind: str = "step") -> Json:
    return {
        "name": kind,
        "taskReferenceName": reference,
        "type": "SIMPLE",
        "inputParameters": {"seed": "${workflow.input.seed}"},
    }


def _prefixed(task: Json, prefix: str) -> Json:
    """The same node with worker task names made unique for this run, in branches too."""
    named = {**task, "name": f"{prefix}_{task['name']}"} if task["type"] == "SIMPLE" else dict(task)
    if "subWorkflowParam" in task:
        child = task["subWorkflowParam"]["workflowDefinition"]
        made = {**child, "name": f"{prefix}_child", "tasks": [_prefixed(node, prefix) for node in child["tasks"]]}
        named["subWorkflowParam"] = {"name": made["name"], "workflowDefinition": made}
    if "forkTasks" in task:
        named["forkTasks"] = [[_prefixed(node, prefix) for node in branch] for branch in task["forkTasks"]]
    return named


CHAIN = Shape(
    "chain",
    (_simple("a"), _simple("b", "flaky"), _simple("c"), _simple("d")),
    worked=("a", "b", "c", "d"),
)
FORK = Shape(
    "fork",
    (
        {
            "name": "fork",
            "taskReferenceName": "fork",
            "type": "FORK_JOIN",
            "forkTasks": [[_simple("a"), _simple("b")], [_simple("c", "flaky")], [_simple("d")]],
        },
        {"name": "join", "taskReferenceName": "join", "type": "JOIN", "joinOn": ["b", "c", "d"]},
        _simple("e"),
    ),
    worked=("a", "b", "c", "d", "e"),
    automatic=("fork", "join"),
)
TIMED = Shape(
    "timed",
    (
        _simple("a"),
        {
            "name": "wait",
            "taskReferenceName": "wait",
            "type": "WAIT",
            "inputParameters": {"duration": f"{WAIT_SECONDS} seconds"},
        },
        _simple("b"),
    ),
    worked=("a", "b"),
    automatic=("wait",),
)
PARENT = Shape(
    "parent",
    (
        _simple("a"),
        {
            "name": "sub",
            "taskReferenceName": "sub",
            "type": "SUB_WORKFLOW",
            "inputParameters": {"seed": "${workflow.input.seed}"},
            "subWorkflowParam": {
                "name": "child",
                "workflowDefinition": {
                    "name": "child",
                    "version": 1,
                    "schemaVersion": 2,
                    "tasks": [_simple("in_child")],
                },
            },
        },
        _simple("b"),
    ),
    worked=("a", "b"),
    automatic=("sub",),
)
"""Effects that are carried out after their commit: a child is started, its parent told."""
SHAPES = (CHAIN, FORK, TIMED, PARENT)
