"""Turns server answers into text that is the same on every run.

Generated ids become `<id:1>`, `<id:2>` … in order of first appearance, the run suffix becomes
`{{run}}`, the stub's and the server's base URL become `{{stub}}` and `{{server}}`, times are dropped
(fields) or become `<time>` (values), elapsed seconds in messages become `<n>`, and the message of a
failed script becomes `<message>` (script engines word it differently).
"""

from __future__ import annotations

import re
from typing import Any

Json = Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
EPOCH = re.compile(r"(?<![\w.])1[6-9]\d{11}(?![\w.])")
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
SCRIPT_ERROR = re.compile(r"(Error evaluating the script `).*?`( at line \d+)?", re.S)
ELAPSED = re.compile(r"(after|elapsed) \d+(\.\d+)? seconds")

ID_FIELDS = frozenset(
    {
        "workflowId",
        "taskId",
        "subWorkflowId",
        "workflowInstanceId",
        "parentWorkflowId",
        "parentWorkflowTaskId",
        "retriedTaskId",
        "reRunFromWorkflowId",
    }
)
WORKFLOW_FIELDS = (
    "workflowName",
    "workflowVersion",
    "status",
    "correlationId",
    "priority",
    "input",
    "output",
    "variables",
    "reasonForIncompletion",
    "failedReferenceTaskNames",
    "failedTaskNames",
    "taskToDomain",
    "event",
    "parentWorkflowId",
)
TASK_FIELDS = (
    "taskType",
    "taskDefName",
    "referenceTaskName",
    "status",
    "iteration",
    "retryCount",
    "seq",
    "retried",
    "inputData",
    "outputData",
    "reasonForIncompletion",
    "subWorkflowId",
    "domain",
    "startDelayInSeconds",
    "callbackAfterSeconds",
)
POLLED_FIELDS = (
    "taskType",
    "referenceTaskName",
    "status",
    "iteration",
    "retryCount",
    "pollCount",
    "inputData",
    "workflowPriority",
    "correlationId",
    "domain",
    "responseTimeoutSeconds",
)
DROPPED_FIELDS = frozenset(
    {
        "createTime",
        "updateTime",
        "startTime",
        "endTime",
        "scheduledTime",
        "firstStartTime",
        "lastRetriedTime",
        "queueWaitTime",
        "executionTime",
        "lastPollTime",
        "createdTime",
        "updatedTime",
        "instance",
        "ownerApp",
        "createdBy",
        "updatedBy",
        "executionMetadata",
        "inputSize",
        "outputSize",
    }
)
#: values left out of workflows and tasks, because nearly every row has them
DEFAULTS: dict[str, Json] = {
    "iteration": 0,
    "retryCount": 0,
    "retried": False,
    "priority": 0,
    "startDelayInSeconds": 0,
    "callbackAfterSeconds": 0,
    "workflowPriority": 0,
}
#: fields that hold users' data
PAYLOAD_FIELDS = frozenset({"input", "output", "inputData", "outputData", "variables"})
KEPT_HEADERS = ("content-type", "x-golden")


class Normaliser:
    """Normalises the answers of one scenario run; remembers the ids it has seen."""

    def __init__(self, replacements: dict[str, str], ignore: dict[str, Json] | None = None) -> None:
        self.replacements = {key: value for key, value in replacements.items() if key}
        self.ignore = ignore or {}
        self.ids: dict[str, str] = {}
        self.known: set[str] = set()

    def learn(self, value: Json) -> None:
        """Note ids by the name of their field, so that ids of any form are recognised."""
        if isinstance(value, dict):
            for key, item in value.items():
                if key in ID_FIELDS and isinstance(item, str) and len(item) >= 8:
                    self.known.add(item)
                else:
                    self.learn(item)
        elif isinstance(value, list):
            for item in value:
                self.learn(item)

    def text(self, value: str) -> str:
        """Normalise one string."""
        for old, new in self.replacements.items():
            value = value.replace(old, new)
        for known in self.known:
            if not UUID.fullmatch(known) and known in value:
                value = value.replace(known, self.label(known))
        value = UUID.sub(lambda match: self.label(match.group(0)), value)
        value = ISO_TIME.sub("<time>", value)
        value = EPOCH.sub("<time>", value)
        value = SCRIPT_ERROR.sub(r"\1<message>`", value)
        return ELAPSED.sub(r"\1 <n> seconds", value)

    def label(self, found: str) -> str:
        """The placeholder of one generated id."""
        return self.ids.setdefault(found, f"<id:{len(self.ids) + 1}>")

    def value(self, value: Json, payload: bool = False) -> Json:
        """Normalise any JSON value. Outside payloads, times are dropped and workflows and tasks reduced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int) and not isinstance(value, bool) and EPOCH.fullmatch(str(value)):
            return "<time>"
        if isinstance(value, list):
            return [self.value(item, payload) for item in value]
        if isinstance(value, dict):
            return self.payload(value) if payload else self.envelope(value)
        return value

    def envelope(self, value: dict[str, Json]) -> Json:
        """Normalise an object of the API itself."""
        if "referenceTaskName" in value and "taskId" in value:
            return self.task(value)
        if "workflowId" in value and "workflowDefinition" in value:
            return self.workflow(value)
        return {
            self.text(key): self.value(item, key in PAYLOAD_FIELDS)
            for key, item in value.items()
            if key not in DROPPED_FIELDS
        }

    def payload(self, value: dict[str, Json]) -> Json:
        """Normalise input or output data: nothing is dropped except what cannot be compared."""
        result: dict[str, Json] = {}
        for key, item in value.items():
            if key == "failedWorkflow" and isinstance(item, dict) and "tasks" in item:
                item = {k: item.get(k) for k in ("workflowId", "status", "input")}
            elif key == "forkedTaskDefs" and isinstance(item, list):
                item = [d.get("taskReferenceName") if isinstance(d, dict) else d for d in item]
            elif key == "subWorkflowDefinition" and isinstance(item, dict):
                item = {k: item.get(k) for k in ("name", "version")}
            elif key == "headers" and isinstance(item, dict) and "statusCode" in value:
                item = kept_headers(item)
            result[self.text(key)] = self.value(item, payload=True)
        return result

    def task(self, task: dict[str, Json], fields: tuple[str, ...] = TASK_FIELDS) -> dict[str, Json]:
        """Reduce a task to the fields that show behaviour."""
        self.learn(task)
        return self.pick(task, fields)

    def workflow(self, workflow: dict[str, Json]) -> dict[str, Json]:
        """Reduce a workflow, with its tasks, to the fields that show behaviour."""
        self.learn(workflow)
        result = self.pick(workflow, WORKFLOW_FIELDS)
        for key in ("failedReferenceTaskNames", "failedTaskNames"):
            if key in result:
                result[key] = sorted(result[key])
        result["tasks"] = [self.task(task) for task in workflow.get("tasks") or []]
        self.drop_ignored(result)
        return result

    def drop_ignored(self, workflow: dict[str, Json]) -> None:
        """Leave out what the scenario's `ignore` names: workflow fields, and task fields by reference."""
        for field in self.ignore.get("workflow", []):
            workflow.pop(field, None)
        for task in workflow["tasks"]:
            for field in self.ignore.get("tasks", {}).get(task.get("referenceTaskName"), []):
                task.pop(field, None)

    def pick(self, source: dict[str, Json], fields: tuple[str, ...]) -> dict[str, Json]:
        """Copy the given fields, leaving out nulls, empty collections of the envelope and defaults."""
        result = {}
        for field in fields:
            value = source.get(field)
            if value is None or value == DEFAULTS.get(field, ...) or value in ({}, []):
                continue
            if field == "callbackAfterSeconds" and source.get("status") != "SCHEDULED":
                continue
            result[field] = self.value(value, payload=True)
        return result


def kept_headers(headers: dict[str, Json]) -> dict[str, Json]:
    """Keep the response headers that the stub determines, in lower case."""
    lower = {key.lower(): value for key, value in headers.items()}
    return {key: lower[key] for key in KEPT_HEADERS if key in lower}


def sort_tasks(workflow: dict[str, Json]) -> dict[str, Json]:
    """Order tasks by reference name, iteration and attempt; their creation order is dropped."""
    tasks = [{k: v for k, v in task.items() if k != "seq"} for task in workflow.get("tasks", [])]
    tasks.sort(key=lambda t: (t.get("referenceTaskName", ""), t.get("iteration", 0), t.get("retryCount", 0)))
    return {**workflow, "tasks": tasks}
