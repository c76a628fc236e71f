"""The API as a test speaks it: httpx on one server, names that no other test uses, and the few steps of every story."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from tests.polling import until

Json = dict[str, Any]


def fresh(stem: str) -> str:
    """A name that no other test uses: servers are shared."""
    return f"{stem}_{secrets.token_hex(5)}"


def simple(name: str, reference: str, **inputs: Any) -> Json:
    """A worker task of a definition."""
    return {"name": name, "taskReferenceName": reference, "type": "SIMPLE", "inputParameters": inputs}


class Rest:
    """`with Rest(server.base_url) as rest:`; the steps assert that the server said yes, `http` does all else."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=20.0, trust_env=False)

    def define(self, tasks: Sequence[Mapping[str, Any]], **fields: Any) -> str:
        """Register a workflow definition of these tasks and return its fresh name."""
        name = fields.pop("name", None) or fresh("flow")
        body = {"name": name, "version": 1, "schemaVersion": 2, "tasks": list(tasks), **fields}
        _yes(self.http.post("/metadata/workflow", json=body))
        return str(name)

    def define_task(self, name: str, **fields: Any) -> str:
        """Register a task definition."""
        _yes(self.http.post("/metadata/taskdefs", json=[{"name": name, **fields}]))
        return name

    def start(self, name: str, **fields: Any) -> str:
        """Start a workflow and return its id."""
        return _yes(self.http.post("/workflow", json={"name": name, "input": {}, **fields})).text

    def poll(self, kind: str, timeout: int = 2000, **query: Any) -> Json:
        """The next task of a queue; there must be one within `timeout` ms."""
        tasks = _yes(self.http.get(f"/tasks/poll/batch/{kind}", params={"timeout": timeout, **query})).json()
        assert tasks, f"nothing to poll for {kind}"
        first: Json = tasks[0]
        return first

    def update(self, task: Mapping[str, Any], status: str = "COMPLETED", **fields: Any) -> str:
        """Report a result and return the task's id as the server says it."""
        return _yes(self.http.post("/tasks", json=result(task, status, **fields))).text

    def workflow(self, workflow_id: str) -> Json:
        """An execution with its tasks."""
        body: Json = _yes(self.http.get(f"/workflow/{workflow_id}")).json()
        return body

    def task(self, workflow_id: str, reference: str) -> Json:
        """The newest row of a reference name."""
        rows = [row for row in self.workflow(workflow_id)["tasks"] if row["referenceTaskName"] == reference]
        assert rows, f"no task {reference} in {workflow_id}"
        last: Json = rows[-1]
        return last

    def ended(self, workflow_id: str, status: str = "COMPLETED", within: float = 10.0) -> Json:
        """The execution, once it has this status."""

        def probe() -> Json | None:
            execution = self.workflow(workflow_id)
            return execution if execution["status"] == status else None

        return until(probe, f"workflow {workflow_id} is {status}", within)

    def one_task(self, **fields: Any) -> tuple[str, str]:
        """Register a definition of one worker task `a`: (workflow name, task type)."""
        kind = fresh("step")
        return self.define([simple(kind, "a")], **fields), kind

    def polled(self) -> tuple[str, Json]:
        """Start a workflow of one task and poll it: (workflow id, task)."""
        name, kind = self.one_task()
        return self.start(name), self.poll(kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()


def result(task: Mapping[str, Any], status: str = "COMPLETED", **fields: Any) -> Json:
    """A TaskResult for a polled task; `output` is short for outputData."""
    body = {"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"], "status": status}
    if "output" in fields:
        fields["outputData"] = fields.pop("output")
    return {**body, **fields}


def assert_error(answer: httpx.Response, status: int) -> Json:
    """The answer is Conductor's error body with this status; the body is returned."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body: Json = answer.json()
    assert body["status"] == status
    assert body["message"]
    return body


def _yes(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer
