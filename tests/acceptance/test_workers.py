"""Workers of the SDK end to end: its own processes poll, execute, report and retry."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from conductor.client.http.models import StartWorkflowRequest, Task, TaskDef, Workflow
from conductor.client.metadata_client import MetadataClient
from conductor.client.task_client import TaskClient
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor
from conductor.client.workflow.task.simple_task import SimpleTask
from conductor.client.workflow_client import WorkflowClient

from tests.acceptance.conftest import Workers
from tests.polling import until
from tests.rest import fresh

pytestmark = pytest.mark.timeout(120)

FLEET = 10
FLEET_WORKFLOWS = 200


def ended(workflows: WorkflowClient, identity: str, within: float = 30.0) -> Workflow:
    """The execution with its tasks, once it has ended."""

    def probe() -> Workflow | None:
        status = workflows.get_workflow_status(identity, include_output=False, include_variables=False).status
        return workflows.get_workflow(identity, True) if status not in ("RUNNING", "PAUSED") else None

    return until(probe, f"workflow {identity} ends", within, every=0.05)


def executed(ledger: Path) -> Counter[str]:
    """How often each task was executed."""
    return Counter(line.split()[0] for line in ledger.read_text().splitlines())


def rows(execution: Workflow, reference: str) -> list[Task]:
    """The attempts of one reference name."""
    return [task for task in execution.tasks if task.reference_task_name == reference]


def test_decorated_workers_run_a_workflow(
    executor: WorkflowExecutor,
    metadata: MetadataClient,
    workflows: WorkflowClient,
    tasks: TaskClient,
    run_workers: Workers,
) -> None:
    flow = ConductorWorkflow(executor, fresh("greeting"), version=1)
    flow.timeout_seconds(0)
    hello = SimpleTask("greet", "hello").input_parameter("name", flow.input("who"))
    letters = SimpleTask("count_letters", "letters").input_parameter("text", "${hello.output.greeting}")
    flow >> hello >> letters >> SimpleTask("fails_once", "again").input_parameter("final", False)
    flow.output_parameters({"letters": "${letters.output.result}", "again": "${again.output.result}"})
    flow.register(overwrite=True)
    doomed = ConductorWorkflow(executor, fresh("doomed"), version=1)
    doomed >> SimpleTask("fails_once", "never").input_parameter("final", True)
    doomed.register(overwrite=True)
    metadata.register_task_def(
        TaskDef(name="fails_once", retry_count=1, retry_delay_seconds=0, timeout_seconds=0, response_timeout_seconds=60)
    )

    with run_workers() as ledger:
        good = workflows.start_workflow(StartWorkflowRequest(name=flow.name, version=1, input={"who": "Ada"}))
        bad = workflows.start_workflow(StartWorkflowRequest(name=doomed.name))
        done, failed = ended(workflows, good), ended(workflows, bad)

    assert done.status == "COMPLETED", done.reason_for_incompletion
    assert done.output == {"letters": len("Hello Ada"), "again": "second time"}
    assert [row.status for row in rows(done, "again")] == ["FAILED", "COMPLETED"]
    assert failed.status == "FAILED"
    assert [row.status for row in failed.tasks] == ["FAILED_WITH_TERMINAL_ERROR"]
    assert [entry.log for entry in tasks.get_task_logs(rows(done, "hello")[0].task_id)] == ["greeting Ada"]
    assert metadata.get_task_def("greet").retry_count == 2
    executions = executed(ledger)
    assert {executions[row.task_id] for row in [*done.tasks, *failed.tasks]} == {1}


def test_ten_workers_at_once_get_no_task_twice(
    executor: WorkflowExecutor, workflows: WorkflowClient, run_workers: Workers
) -> None:
    flow = ConductorWorkflow(executor, fresh("fleet"), version=1)
    kinds = [fresh("fleet") for _ in range(3)]
    for kind in kinds:
        flow >> SimpleTask(kind, kind).input_parameter("n", flow.input("n"))
    flow.timeout_seconds(0)
    flow.register(overwrite=True)

    with run_workers("--fleet", *itertools.islice(itertools.cycle(kinds), FLEET)) as ledger:
        started = [
            workflows.start_workflow(StartWorkflowRequest(name=flow.name, input={"n": n}))
            for n in range(FLEET_WORKFLOWS)
        ]
        query = f"workflowType={flow.name} AND status=COMPLETED"
        # The SDK's search result has no total.
        until(lambda: len(workflows.search(size=500, query=query).results) == FLEET_WORKFLOWS, "all end", 60, every=0.2)

    executions = [workflows.get_workflow(identity, True) for identity in started]
    polls = executed(ledger)
    assert {execution.status for execution in executions} == {"COMPLETED"}
    assert [execution.output for execution in executions] == [{"n": n} for n in range(FLEET_WORKFLOWS)]
    assert {task.poll_count for execution in executions for task in execution.tasks} == {1}
    assert polls == Counter(task.task_id for execution in executions for task in execution.tasks)
    assert len(polls) == FLEET_WORKFLOWS * len(kinds)
