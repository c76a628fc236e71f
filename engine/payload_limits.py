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


def task_outside(task: Task) -> Task:
    """A task with the paths of its large payloads; one that has none is returned as it is."""
    name, limit = f"{task.task_id}.{task.rev}.json", TASK_OUTSIDE_KB * KB
    changes = {}
    if size(task.input_data) > limit:
        changes["external_input_payload_storage_path"] = f"task/input/{name}"
    if size(task.output_data) > limit:
        changes["external_output_payload_storage_path"] = f"task/output/{name}"
    return msgspec.structs.replace(task, **changes) if changes else task


def workflow_outside(header: Workflow) -> Workflow:
    """The same for an execution."""
    name, limit = f"{header.workflow_id}.{header.version}.json", WORKFLOW_OUTSIDE_KB * KB
    changes = {}
    if size(header.input) > limit:
        changes["external_input_payload_storage_path"] = f"workflow/input/{name}"
    if size(header.output) > limit:
        changes["external_output_payload_storage_path"] = f"workflow/output/{name}"
    return msgspec.structs.replace(header, **changes) if changes else header
