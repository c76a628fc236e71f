"""Definitions through the SDK: built, raw, read back, changed, deleted."""

from __future__ import annotations

import pytest
from conductor.client.http.models import TaskDef, WorkflowDef, WorkflowTask
from conductor.client.http.rest import ApiException
from conductor.client.metadata_client import MetadataClient
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor
from conductor.client.workflow.task.human_task import HumanTask
from conductor.client.workflow.task.join_task import JoinTask
from conductor.client.workflow.task.set_variable_task import SetVariableTask
from conductor.client.workflow.task.simple_task import SimpleTask
from conductor.client.workflow.task.switch_task import SwitchTask
from conductor.client.workflow.task.terminate_task import TerminateTask, WorkflowStatus
from conductor.client.workflow.task.wait_task import WaitForDurationTask

from tests.rest import fresh


def test_a_built_workflow_of_every_kind_is_registered_and_read_back(
    executor: WorkflowExecutor, metadata: MetadataClient
) -> None:
    flow = ConductorWorkflow(executor, fresh("built"), version=1, description="every kind")
    switch = SwitchTask("which", flow.input("kind"))
    switch.switch_case("one", [SimpleTask("step", "in_case")])
    switch.default_case([TerminateTask("enough", WorkflowStatus.COMPLETED, "nothing to do")])
    remember = SetVariableTask("remember")
    remember.input_parameters.update({"seen": True})
    flow >> SimpleTask("step", "first") >> [SimpleTask("step", "left"), SimpleTask("step", "right")]
    flow >> JoinTask("both", ["left", "right"]) >> switch >> remember
    flow >> WaitForDurationTask("pause", 1) >> HumanTask("person")

    flow.register(overwrite=True)
    stored = metadata.get_workflow_def(flow.name, 1)

    assert (stored.name, stored.version, stored.description) == (flow.name, 1, "every kind")
    kinds = [task.type for task in stored.tasks]
    assert kinds == ["SIMPLE", "FORK_JOIN", "JOIN", "SWITCH", "SET_VARIABLE", "WAIT", "HUMAN"]
    assert [branch[0].task_reference_name for branch in stored.tasks[1].fork_tasks] == ["left", "right"]
    assert flow.name in {definition.name for definition in metadata.get_all_workflow_defs()}


def test_a_raw_workflow_definition_lives_and_dies(metadata: MetadataClient) -> None:
    name = fresh("raw")
    node = WorkflowTask(
        name="step", task_reference_name="a", type="SIMPLE", input_parameters={"x": "${workflow.input.x}"}
    )
    definition = WorkflowDef(name=name, version=1, tasks=[node], schema_version=2, timeout_seconds=0)

    metadata.register_workflow_def(definition, overwrite=False)
    with pytest.raises(ApiException) as conflict:
        metadata.register_workflow_def(definition, overwrite=False)
    definition.description = "changed"
    metadata.update_workflow_def(definition, overwrite=True)
    metadata.register_workflow_def(WorkflowDef(name=name, version=2, tasks=[node], schema_version=2), overwrite=True)

    assert conflict.value.status == 409
    assert metadata.get_workflow_def(name, 1).description == "changed"
    assert metadata.get_workflow_def(name, None).version == 2
    metadata.unregister_workflow_def(name, 2)
    assert metadata.get_workflow_def(name, None).version == 1
    metadata.unregister_workflow_def(name, 1)
    with pytest.raises(ApiException) as gone:
        metadata.get_workflow_def(name, None)
    assert gone.value.status == 404


def test_a_bad_definition_is_refused_with_a_message(metadata: MetadataClient) -> None:
    with pytest.raises(ApiException) as refused:
        metadata.register_workflow_def(WorkflowDef(name=fresh("bad"), version=1, tasks=[]), overwrite=True)
    assert refused.value.status == 400
    assert "tasks" in str(refused.value.body)


def test_task_definitions_live_and_die(metadata: MetadataClient) -> None:
    name = fresh("step")
    definition = TaskDef(name=name, retry_count=1, timeout_seconds=0, response_timeout_seconds=10)
    with pytest.raises(ApiException) as unknown:
        metadata.update_task_def(definition)

    metadata.register_task_def(definition)
    definition.retry_count = 7
    metadata.update_task_def(definition)

    assert unknown.value.status == 404
    assert metadata.get_task_def(name).retry_count == 7
    assert name in {stored.name for stored in metadata.get_all_task_defs()}
    metadata.unregister_task_def(name)
    with pytest.raises(ApiException) as gone:
        metadata.get_task_def(name)
    assert gone.value.status == 404
