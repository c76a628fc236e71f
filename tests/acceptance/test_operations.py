"""Every operation of the SDK's WorkflowClient and TaskClient that the contract has by now."""

from __future__ import annotations

import pytest
from conductor.client.http.models import RerunWorkflowRequest, SkipTaskRequest, StartWorkflowRequest, Task
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.http.rest import ApiException
from conductor.client.metadata_client import MetadataClient
from conductor.client.task_client import TaskClient
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor
from conductor.client.workflow.task.pull_workflow_messages_task import PullWorkflowMessagesTask
from conductor.client.workflow.task.simple_task import SimpleTask
from conductor.client.workflow_client import WorkflowClient

from tests.polling import until
from tests.rest import fresh


class Story:
    """A workflow of two worker tasks `a` and `b`, and the SDK's clients to move it."""

    def __init__(self, executor: WorkflowExecutor, workflows: WorkflowClient, tasks: TaskClient) -> None:
        self.workflows, self.tasks = workflows, tasks
        self.kinds = {"a": fresh("step_a"), "b": fresh("step_b")}
        flow = ConductorWorkflow(executor, fresh("story"), version=1)
        (
            flow
            >> SimpleTask(self.kinds["a"], "a").input_parameter("x", flow.input("x"))
            >> SimpleTask(self.kinds["b"], "b")
        )
        flow.register(overwrite=True)
        self.flow = flow

    def start(self, **fields: object) -> str:
        return str(self.workflows.start_workflow(StartWorkflowRequest(name=self.flow.name, version=1, **fields)))

    def poll(self, reference: str) -> Task:
        polled = self.tasks.batch_poll_tasks(self.kinds[reference], "sdk", 1, 2000)
        assert [task.reference_task_name for task in polled] == [reference]
        return polled[0]

    def finish(self, reference: str, status: TaskResultStatus = TaskResultStatus.COMPLETED, **output: object) -> str:
        result = self.poll(reference).to_task_result(status)
        result.output_data = output
        return str(self.tasks.update_task(result))

    def status(self, identity: str) -> str:
        return str(self.workflows.get_workflow_status(identity).status)

    def until_status(self, identity: str, status: str) -> None:
        until(lambda: self.status(identity) == status, f"{identity} is {status}")

    def statuses(self, identity: str) -> list[tuple[str, str]]:
        execution = self.workflows.get_workflow(identity, True)
        return [(task.reference_task_name, task.status) for task in execution.tasks]


@pytest.fixture
def story(executor: WorkflowExecutor, workflows: WorkflowClient, tasks: TaskClient) -> Story:
    return Story(executor, workflows, tasks)


def test_start_poll_complete(story: Story) -> None:
    identity = story.start(input={"x": [1, None, {"y": "ü"}]}, correlation_id="c-1", priority=5)
    task = story.tasks.poll_task(story.kinds["a"], "sdk-1")
    assert task.input_data == {"x": [1, None, {"y": "ü"}]}
    assert (task.worker_id, task.status, task.poll_count) == ("sdk-1", "IN_PROGRESS", 1)
    result = task.to_task_result(TaskResultStatus.COMPLETED)
    result.output_data = {"z": 1}
    assert story.tasks.update_task(result) == task.task_id
    story.finish("b", done=True)
    execution = story.workflows.get_workflow(identity)
    assert (execution.status, execution.output) == ("COMPLETED", {"done": True})
    assert (execution.correlation_id, execution.priority) == ("c-1", 5)
    assert story.tasks.get_task(task.task_id).output_data == {"z": 1}


def test_an_empty_poll_is_an_empty_answer(story: Story) -> None:
    assert story.tasks.poll_task(story.kinds["a"]).task_id is None
    assert story.tasks.batch_poll_tasks(story.kinds["a"], count=5, timeout_in_millisecond=10) == []


def test_start_by_name_and_inline(story: Story, executor: WorkflowExecutor) -> None:
    by_name = executor.workflow_client.start_workflow_by_name(story.flow.name, {"x": 2}, correlationId="n", priority=3)
    execution = story.workflows.get_workflow(by_name)
    assert (execution.input, execution.correlation_id, execution.priority) == ({"x": 2}, "n", 3)
    inline = ConductorWorkflow(executor, fresh("inline"), version=1)
    inline >> SimpleTask(story.kinds["b"], "b")
    identity = inline.start_workflow_with_input({"x": 1})
    story.finish("b", by="inline")
    story.until_status(identity, "COMPLETED")


def test_pause_and_resume(story: Story) -> None:
    identity = story.start()
    story.workflows.pause_workflow(identity)
    assert story.status(identity) == "PAUSED"
    story.finish("a")
    assert story.tasks.batch_poll_tasks(story.kinds["b"], timeout_in_millisecond=50) == []
    story.workflows.resume_workflow(identity)
    story.finish("b")
    story.until_status(identity, "COMPLETED")


def test_retry_after_failure(story: Story) -> None:
    identity = story.start()
    story.finish("a")
    story.finish("b", TaskResultStatus.FAILED_WITH_TERMINAL_ERROR)
    story.until_status(identity, "FAILED")
    story.workflows.retry_workflow(identity, resume_subworkflow_tasks=True)
    story.finish("b")
    story.until_status(identity, "COMPLETED")
    assert story.statuses(identity) == [("a", "COMPLETED"), ("b", "FAILED_WITH_TERMINAL_ERROR"), ("b", "COMPLETED")]


def test_restart_from_the_beginning(story: Story) -> None:
    identity = story.start(input={"x": 1})
    story.finish("a", TaskResultStatus.FAILED_WITH_TERMINAL_ERROR)
    story.workflows.restart_workflow(identity, use_latest_def=True)
    assert story.statuses(identity) == [("a", "SCHEDULED")]
    story.finish("a")
    story.finish("b")
    story.until_status(identity, "COMPLETED")


def test_rerun_from_a_task(story: Story) -> None:
    identity = story.start(input={"x": 1})
    first = story.finish("a")
    story.finish("b")
    story.until_status(identity, "COMPLETED")
    request = RerunWorkflowRequest(re_run_from_task_id=first, task_input={"x": "again"})
    assert story.workflows.rerun_workflow(identity, request) == identity
    assert story.poll("a").input_data == {"x": "again"}
    assert story.status(identity) == "RUNNING"


def test_skip_a_task(story: Story) -> None:
    identity = story.start()
    story.workflows.skip_task_from_workflow(identity, "b", SkipTaskRequest(task_output={"a": 1}))
    story.finish("a")
    story.until_status(identity, "COMPLETED")
    assert dict(story.statuses(identity)) == {"a": "COMPLETED", "b": "SKIPPED"}


def test_terminate_and_remove(story: Story) -> None:
    identity = story.start()
    story.workflows.terminate_workflow(identity, "enough", trigger_failure_workflow=True)
    execution = story.workflows.get_workflow(identity)
    assert (execution.status, execution.reason_for_incompletion) == ("TERMINATED", "enough")
    story.workflows.delete_workflow(identity, archive_workflow=False)
    with pytest.raises(ApiException) as gone:
        story.workflows.get_workflow(identity)
    assert gone.value.status == 404
    assert "No such workflow found by id" in str(gone.value.body)


def test_status_with_output_and_variables(story: Story) -> None:
    identity = story.start(correlation_id="c-2")
    story.finish("a")
    story.finish("b", done=True)
    short = story.workflows.get_workflow_status(identity)
    full = story.workflows.get_workflow_status(identity, include_output=True, include_variables=True)
    assert (short.workflow_id, short.status, short.correlation_id) == (identity, "COMPLETED", "c-2")
    assert (full.output, full.variables) == ({"done": True}, {})


def test_search_and_correlation(story: Story) -> None:
    correlation = fresh("correlation")
    open_one, closed = story.start(correlation_id=correlation), story.start(correlation_id=correlation)
    story.workflows.terminate_workflow(closed)
    found = story.workflows.search(query=f"workflowType={story.flow.name}", size=10)
    assert {(hit.workflow_id, hit.status) for hit in found.results} == {(open_one, "RUNNING"), (closed, "TERMINATED")}
    page = story.workflows.search(start=1, size=5, query=f"correlationId='{correlation}'")
    assert len(page.results) == 1
    running = story.workflows.get_by_correlation_ids(story.flow.name, [correlation, "other"])
    everything = story.workflows.get_by_correlation_ids(story.flow.name, [correlation], include_completed=True)
    assert [execution.workflow_id for execution in running[correlation]] == [open_one]
    assert {execution.workflow_id for execution in everything[correlation]} == {open_one, closed}


def test_update_by_reference_name(story: Story) -> None:
    identity = story.start()
    updated = story.tasks.update_task_by_ref_name(identity, "a", TaskResultStatus.COMPLETED, {"n": 1})
    assert story.workflows.get_workflow(identity).tasks[0].task_id == updated
    execution = story.tasks.update_task_sync(identity, "b", TaskResultStatus.COMPLETED, {"n": 2})
    assert (execution.workflow_id, execution.status) == (identity, "COMPLETED")
    assert [task.output_data for task in execution.tasks] == [{"result": {"n": 1}}, {"n": 2}]


def test_logs_and_queue_sizes(story: Story) -> None:
    identity = story.start()
    assert story.tasks.get_queue_size_for_task(story.kinds["a"]) == 1
    task = story.poll("a")
    assert story.tasks.get_queue_size_for_task(story.kinds["a"]) == 0
    assert story.tasks.get_task_logs(task.task_id) == []
    story.tasks.add_task_log(task.task_id, 'half way: "50 %"')
    (entry,) = story.tasks.get_task_logs(task.task_id)
    assert "half way" in entry.log
    assert entry.task_id == task.task_id
    assert story.status(identity) == "RUNNING"


def test_in_progress_comes_back_later(story: Story) -> None:
    identity = story.start()
    result = story.poll("a").to_task_result(TaskResultStatus.IN_PROGRESS)
    result.callback_after_seconds, result.output_data = 1, {"part": 1}
    story.tasks.update_task(result)
    assert story.tasks.batch_poll_tasks(story.kinds["a"], timeout_in_millisecond=50) == []
    again = story.poll("a")
    assert (again.task_id, again.poll_count) == (result.task_id, 2)
    assert again.output_data == {"part": 1}
    assert story.status(identity) == "RUNNING"


@pytest.mark.parametrize("domain", ["blue", None])
def test_domains_separate_queues(story: Story, metadata: MetadataClient, domain: str | None) -> None:
    identity = story.start(task_to_domain={story.kinds["a"]: domain} if domain else None)
    elsewhere = story.tasks.batch_poll_tasks(story.kinds["a"], "sdk", 1, 50, "green")
    here = story.tasks.batch_poll_tasks(story.kinds["a"], "sdk", 1, 1000, domain)
    assert (elsewhere, [task.workflow_instance_id for task in here]) == ([], [identity])


def test_a_message_reaches_the_task_that_waits_for_it(executor: WorkflowExecutor, workflows: WorkflowClient) -> None:
    flow = ConductorWorkflow(executor, fresh("mailbox"), version=1)
    flow >> PullWorkflowMessagesTask("pull", batch_size=2)
    flow.register(overwrite=True)
    identity = str(workflows.start_workflow(StartWorkflowRequest(name=flow.name, version=1)))
    message_id = workflows.send_message(identity, {"text": "hello"})
    execution = workflows.get_workflow(identity, True)
    assert execution.status == "COMPLETED"
    assert [(message["id"], message["payload"]) for message in execution.output["messages"]] == [
        (message_id, {"text": "hello"})
    ]
    with pytest.raises(ApiException) as refused:
        workflows.send_message(identity, {})
    assert refused.value.status == 409
