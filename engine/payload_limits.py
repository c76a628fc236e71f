"""How large payloads may be, and from where on they are shown by reference only (§4.12)."""

from __future__ import annotations

import msgspec

from engine.definitions import JsonObject
from engine.model import Task, Workflow

KB = 1024
LIMIT_KB = 10_240
"""Of an input or an output, as JSON."""
TASK_OUTSIDE_KB = 3_072
WORKFLOW_OUTSIDE_KB = 5_120
"""Above this a payload is shown by its path in the external storage, where there is one."""
MESSAGES_WAITING = 1_000
"""Messages that no task of an execution has taken, unless the server is told otherwise."""
VARIABLES_KB = 256
"""Of all variables of a workflow, as JSON."""

_encode = msgspec.json.Encoder().encode


def size(payload: JsonObject) -> int:
    """Bytes of a payload as JSON."""
    return len(_encode(payload)) if payload else 0


def too_large(payload: JsonObject, owner: str) -> str | None:
    """The sentence for a payload that is more than may be; None for any other. `owner`: `workflow: ID`."""
    found = size(payload)
    if found <= LIMIT_KB * KB:
        return None
    return f"The payload size: {found} of {owner} is greater than the permissible limit: {LIMIT_KB * KB} bytes"


def task_too_large(payload: JsonObject, task: Task) -> str | None:
    """The same for an input or an output of a task."""
    # two blanks, as the reference writes it
    return too_large(payload, f"task: {task.task_id} in workflow: {task.workflow_instance_id} ")


def variables_too_large(variables: JsonObject, workflow_id: str) -> str | None:
    """The sentence for variables that are more than a workflow may have; None when they are not."""
    found = size(variables)
    if found <= VARIABLES_KB * KB:
        return None
    return (
        f"The variables payload size: {found} of workflow: {workflow_id} "
        f"is greater than the permissible limit: {VARIABLES_KB} kilobytes"
    )


def task_outside(task: Task) -> Task:
    """A task with the paths of its large payloads; one that has none is returned as it is."""
    paths = _paths("task", f"{task.task_id}.{task.rev}.json", TASK_OUTSIDE_KB, task.input_data, task.output_data)
    return msgspec.structs.replace(task, **paths) if paths else task


def workflow_outside(header: Workflow) -> Workflow:
    """The same for an execution."""
    name = f"{header.workflow_id}.{header.version}.json"
    paths = _paths("workflow", name, WORKFLOW_OUTSIDE_KB, header.input, header.output)
    return msgspec.structs.replace(header, **paths) if paths else header


def _paths(entity: str, name: str, limit_kb: int, given: JsonObject, output: JsonObject) -> dict[str, str]:
    """The fields of those payloads that are shown by their path."""
    payloads = {"input": given, "output": output}
    large = [direction for direction, payload in payloads.items() if size(payload) > limit_kb * KB]
    return {f"external_{direction}_payload_storage_path": f"{entity}/{direction}/{name}" for direction in large}
