"""Executions: run by the SDK's workers, polled and updated by hand, steered, and signalled."""

from __future__ import annotations

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.http.models import RerunWorkflowRequest, SkipTaskRequest, StartWorkflowRequest
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.workflow.conductor_workflow import ConductorWorkflow
from conductor.client.workflow.task.simple_task import SimpleTask
from conductor.client.workflow.task.wait_task import WaitTask

from tests.clients.python.checking import Check, equal, fresh, until
from tests.clients.python.connection import Connection
from tests.clients.python.workers import ADD, DOOMED, FLAKY


def workers(connection: Connection) -> None:
    """Decorated workers poll, execute, fail, try again and log, in processes of their own."""
    for kind, retries in ((ADD, 0), (FLAKY, 1), (DOOMED, 3)):
        connection.define_task(kind, retry_count=retries)
    flow = ConductorWorkflow(connection.executor, fresh("python_workers"), version=1)
    adding = SimpleTask(ADD, "adding")
    adding.input_parameters.update({"a": 2, "b": flow.input("b")})
    flow >> adding >> SimpleTask(FLAKY, "again")
    flow.output_parameters({"sum": "${adding.output.sum}", "again": "${again.output.result}"})
    flow.register(overwrite=True)
    connection.define(hopeless := fresh("python_hopeless"), DOOMED)
    with TaskHandler(configuration=connection.configuration, scan_for_annotated_workers=True) as handler:
        handler.start_processes()
        good, bad = flow.start_workflow_with_input({"b": 3}), connection.start(hopeless)
        until(lambda: connection.status(good) == "COMPLETED", f"{good} is completed by workers", 30)
        until(lambda: connection.status(bad) == "FAILED", f"{bad} is failed by its worker", 30)
    done, failed = connection.workflows.get_workflow(good, True), connection.workflows.get_workflow(bad, True)
    equal(done.output, {"sum": 5, "again": "second time"})
    equal([task.status for task in done.tasks], ["COMPLETED", "FAILED", "COMPLETED"])
    equal([task.status for task in failed.tasks], ["FAILED_WITH_TERMINAL_ERROR"])
    assert "cannot be done" in failed.tasks[0].reason_for_incompletion
    equal([entry.log for entry in connection.tasks.get_task_logs(done.tasks[0].task_id)], ["adding 2 and 3"])


def polling(connection: Connection) -> None:
    """Poll, batch poll, update, fail, try again; queue sizes, poll data and logs tell of it."""
    tasks, kind = connection.tasks, fresh("python_step")
    connection.define_task(kind, retry_count=1)
    connection.define(name := fresh("python_flow"), kind)
    assert tasks.poll_task(kind).task_id is None
    started = [connection.start(name, input={"x": number}) for number in range(3)]
    until(lambda: tasks.get_queue_size_for_task(kind) == 3, "three tasks are queued")
    first = tasks.poll_task(kind, worker_id="python-1")
    equal((first.workflow_instance_id, first.input_data, first.worker_id), (started[0], {"x": 0}, "python-1"))
    tasks.add_task_log(first.task_id, "said so to {x}")
    equal([entry.log for entry in tasks.get_task_logs(first.task_id)], ["said so to {x}"])
    equal(tasks.update_task(first.to_task_result(TaskResultStatus.FAILED)), first.task_id)
    batch = tasks.batch_poll_tasks(kind, "python-2", 3, 1000)
    batch += [] if len(batch) == 3 else tasks.batch_poll_tasks(kind, "python-2", 1, 1000)
    equal(sorted(task.retry_count for task in batch), [0, 0, 1])
    for task in batch:
        tasks.update_task(task.to_task_result(TaskResultStatus.COMPLETED))
    until(lambda: all(connection.status(one) == "COMPLETED" for one in started), "all three end")
    assert "python-2" in [entry.worker_id for entry in tasks.get_task_poll_data(kind)]
    equal(tasks.get_task(first.task_id).status, "FAILED")


def updates(connection: Connection) -> None:
    """Tasks that are updated by their reference names, and a worker that asks for more time."""
    kind = fresh("python_step")
    connection.define(name := fresh("python_flow"), kind, kind, kind)
    identity = connection.start(name)
    connection.executor.update_task_by_ref_name({"n": 1}, identity, "t0", "COMPLETED")
    state = connection.tasks.update_task_sync(identity, "t1", "COMPLETED", {"n": 2})
    equal([task.status for task in state.tasks], ["COMPLETED", "COMPLETED", "SCHEDULED"])
    progress = connection.poll(kind).to_task_result(TaskResultStatus.IN_PROGRESS)
    progress.callback_after_seconds = 0
    progress.output_data = {"done": 50}
    connection.tasks.update_task(progress)
    connection.finish(kind, done=100)
    ended = until(lambda: connection.status(identity) == "COMPLETED" and identity, "the workflow ends")
    outputs = [task.output_data for task in connection.workflows.get_workflow(ended).tasks]
    equal(outputs, [{"n": 1}, {"n": 2}, {"done": 100}])


def steering(connection: Connection) -> None:
    """Pause, resume, skip, terminate, restart, retry, rerun, delete."""
    workflows, kind = connection.workflows, fresh("python_step")
    connection.define(name := fresh("python_flow"), kind, kind)
    identity = connection.start(name)
    workflows.pause_workflow(identity)
    equal(connection.status(identity), "PAUSED")
    workflows.resume_workflow(identity)
    workflows.terminate_workflow(identity, "not now")
    equal(workflows.get_workflow(identity).reason_for_incompletion, "not now")
    workflows.restart_workflow(identity)
    first = connection.finish(kind)
    connection.finish(kind, TaskResultStatus.FAILED_WITH_TERMINAL_ERROR)
    until(lambda: connection.status(identity) == "FAILED", "it fails")
    workflows.retry_workflow(identity)
    connection.finish(kind)
    until(lambda: connection.status(identity) == "COMPLETED", "it succeeds after a retry")
    workflows.rerun_workflow(identity, RerunWorkflowRequest(re_run_from_task_id=first, task_input={"x": "again"}))
    equal(connection.poll(kind).input_data, {"x": "again"})
    skipped = connection.start(name)
    workflows.skip_task_from_workflow(skipped, "t1", SkipTaskRequest(task_output={"a": 1}))
    connection.finish(kind)
    until(lambda: connection.status(skipped) == "COMPLETED", "it ends without the skipped task")
    equal([task.status for task in workflows.get_workflow(skipped).tasks], ["COMPLETED", "SKIPPED"])
    workflows.delete_workflow(identity, archive_workflow=False)


def signals(connection: Connection) -> None:
    """A run that is waited for up to a WAIT, and signals that complete it, waited for and not."""
    kind = fresh("python_step")
    flow = ConductorWorkflow(connection.executor, fresh("python_signals"), version=1)
    flow >> WaitTask("first") >> WaitTask("second") >> SimpleTask(kind, "work")
    flow.register(overwrite=True)
    request = StartWorkflowRequest(name=flow.name, version=1, input={"x": 1})
    run = connection.workflows.execute_workflow(request, fresh("request"), "first", wait_for_seconds=5)
    equal((run.status, run.input), ("RUNNING", {"x": 1}))
    connection.executor.signal_async(run.workflow_id, "COMPLETED", {"n": 1})
    answer = connection.executor.signal(run.workflow_id, "COMPLETED", {"n": 2}, "TARGET_WORKFLOW")
    equal((answer.response_type, answer.workflow_id), ("TARGET_WORKFLOW", run.workflow_id))
    tasks = connection.workflows.get_workflow(run.workflow_id).tasks
    equal([task.output_data.get("n") for task in tasks], [1, 2, None])
    connection.finish(kind)
    until(lambda: connection.status(run.workflow_id) == "COMPLETED", "the signalled workflow ends")


CHECKS: dict[str, Check] = {
    "workers: the SDK's own, with failure and retry": workers,
    "workers: poll, batch poll, update, logs, queue sizes": polling,
    "updates: by reference name, and in progress": updates,
    "executions: pause, resume, terminate, restart, retry, rerun, skip, delete": steering,
    "signals: execute and wait, signal, signal and wait": signals,
}
