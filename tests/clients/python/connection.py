"""The SDK's clients of one server, and the few steps of every story."""

from __future__ import annotations

from typing import Any

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.api.event_resource_api import EventResourceApi
from conductor.client.http.api.workflow_bulk_resource_api import WorkflowBulkResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.http.models import StartWorkflowRequest, Task, TaskDef, WorkflowDef, WorkflowTask
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.orkes_clients import OrkesClients


class Connection:
    """Where the server is, and with which key, the SDK reads from its own environment variables (CONDUCTOR_...)."""

    def __init__(self) -> None:
        self.configuration = Configuration()
        clients = OrkesClients(self.configuration)
        self.metadata = clients.get_metadata_client()
        self.workflows = clients.get_workflow_client()
        self.tasks = clients.get_task_client()
        self.schedules = clients.get_scheduler_client()
        self.executor = clients.get_workflow_executor()
        self.bulk = WorkflowBulkResourceApi(ApiClient(self.configuration))
        self.events = EventResourceApi(ApiClient(self.configuration))

    def define(self, name: str, *kinds: str, version: int = 1, **fields: Any) -> WorkflowDef:
        """Register a workflow of worker tasks, whose reference names are `t0`, `t1` ..."""
        nodes = [
            WorkflowTask(
                name=kind, task_reference_name=f"t{index}", type="SIMPLE", input_parameters={"x": "${workflow.input.x}"}
            )
            for index, kind in enumerate(kinds)
        ]
        definition = WorkflowDef(name=name, version=version, tasks=nodes, schema_version=2, timeout_seconds=0, **fields)
        self.metadata.register_workflow_def(definition, overwrite=True)
        return definition

    def define_task(self, name: str, **fields: Any) -> TaskDef:
        """Register a task definition that tries again at once."""
        settings = {"retry_delay_seconds": 0, "timeout_seconds": 0, "response_timeout_seconds": 60, **fields}
        definition = TaskDef(name=name, **settings)
        self.metadata.register_task_def(definition)
        return definition

    def start(self, name: str, **fields: Any) -> str:
        """Start a workflow and return its id."""
        return str(self.workflows.start_workflow(StartWorkflowRequest(name=name, version=1, **fields)))

    def poll(self, kind: str) -> Task:
        """The next task of a type; there has to be one."""
        polled = self.tasks.batch_poll_tasks(kind, worker_id="python", count=1, timeout_in_millisecond=3000)
        assert len(polled) == 1, f"nothing to poll of {kind}"
        return polled[0]

    def finish(self, kind: str, status: str = TaskResultStatus.COMPLETED, **output: Any) -> str:
        """Poll a task and report a result; the answer is the task's id."""
        result = self.poll(kind).to_task_result(status)
        result.output_data = output
        return str(self.tasks.update_task(result))

    def status(self, workflow_id: str) -> str:
        """The status of an execution."""
        return str(self.workflows.get_workflow(workflow_id, include_tasks=False).status)
