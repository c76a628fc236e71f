"""Which function answers which operation of the contract: the only such list, checked against it at start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from engine.api import Engine
from engine.ports import Clock, PayloadFiles
from handlers.administration import About, Administration
from handlers.bulk import Bulk
from handlers.clock import SystemClock
from handlers.events import Events
from handlers.execution_shapes import ExecutionShapes
from handlers.metadata import Metadata
from handlers.payloads import Payloads
from handlers.queues import Queues
from handlers.runs import Runs
from handlers.scheduler import Scheduler
from handlers.searches import Searches
from handlers.tasks import Tasks
from handlers.tokens import Keys, Tokens
from handlers.workflow import Workflows

Operation = Callable[..., Awaitable[object]]


def operations(
    engine: Engine,
    clock: Clock | None = None,
    keys: Keys | None = None,
    about: About | None = None,
    files: PayloadFiles | None = None,
    outside: bool = False,
) -> dict[str, Operation]:
    """Every operationId with its function, all over one engine; tokens only where there are keys to exchange.

    `files` are large payloads that this server hands out itself; `outside`: large payloads are shown by their path.
    """
    shapes = ExecutionShapes(outside=outside)
    tasks = Tasks(engine, shapes, clock or SystemClock())
    return {
        **_metadata(Metadata(engine)),
        **_workflows(Workflows(engine, shapes)),
        **_searches(Searches(engine, shapes)),
        **_bulk(Bulk(engine)),
        **_tasks(tasks),
        **_runs(Runs(engine, shapes)),
        **_queues(Queues(engine)),
        **_events(Events(engine)),
        **_administration(Administration(engine, shapes, about or About())),
        **_payloads(Payloads(engine, files)),
        **_scheduler(Scheduler(engine)),
        **({"issueToken": Tokens(keys).issue_token} if keys is not None else {}),
    }


def _metadata(metadata: Metadata) -> dict[str, Operation]:
    return {
        "listWorkflowDefinitions": metadata.list_workflow_definitions,
        "registerWorkflowDefinition": metadata.register_workflow_definition,
        "updateWorkflowDefinitions": metadata.update_workflow_definitions,
        "getWorkflowDefinition": metadata.get_workflow_definition,
        "deleteWorkflowDefinition": metadata.delete_workflow_definition,
        "deleteWorkflowDefinitionVersion": metadata.delete_workflow_definition,
        "validateWorkflowDefinition": metadata.validate_workflow_definition,
        "getWorkflowNames": metadata.get_workflow_names,
        "getWorkflowNamesAndVersions": metadata.get_workflow_names_and_versions,
        "getWorkflowVersions": metadata.get_workflow_versions,
        "getLatestWorkflowDefinitions": metadata.get_latest_workflow_definitions,
        "listTaskDefinitions": metadata.list_task_definitions,
        "registerTaskDefinitions": metadata.register_task_definitions,
        "updateTaskDefinition": metadata.update_task_definition,
        "getTaskDefinition": metadata.get_task_definition,
        "deleteTaskDefinition": metadata.delete_task_definition,
    }


def _workflows(workflows: Workflows) -> dict[str, Operation]:
    return {
        "startWorkflow": workflows.start_workflow,
        "startWorkflowByName": workflows.start_workflow_by_name,
        "getWorkflow": workflows.get_workflow,
        "getWorkflowTasks": workflows.get_workflow_tasks,
        "getWorkflowStatus": workflows.get_workflow_status,
        "getWorkflowsByCorrelationIds": workflows.get_workflows_by_correlation_ids,
        "pauseWorkflow": workflows.pause_workflow,
        "resumeWorkflow": workflows.resume_workflow,
        "restartWorkflow": workflows.restart_workflow,
        "retryWorkflow": workflows.retry_workflow,
        "rerunWorkflow": workflows.rerun_workflow,
        "skipTask": workflows.skip_task,
        "terminateWorkflow": workflows.terminate_workflow,
        "removeWorkflow": workflows.remove_workflow,
        "decideWorkflow": workflows.decide_workflow,
        "resetWorkflowCallbacks": workflows.reset_workflow_callbacks,
        "pushWorkflowMessage": workflows.push_workflow_message,
        "terminateAndRemoveWorkflow": workflows.terminate_and_remove_workflow,
        "getWorkflowsByCorrelationId": workflows.get_workflows_by_correlation_id,
        "getRunningWorkflows": workflows.get_running_workflows,
    }


def _searches(searches: Searches) -> dict[str, Operation]:
    return {
        "searchWorkflows": searches.search_workflows,
        "searchWorkflowsV2": searches.search_workflows_v2,
        "searchWorkflowsByTasks": searches.search_workflows_by_tasks,
        "searchWorkflowsByTasksV2": searches.search_workflows_by_tasks_v2,
        "searchWorkflowsById": searches.search_workflows_by_id,
        "searchTasks": searches.search_tasks,
        "searchTasksV2": searches.search_tasks_v2,
    }


def _bulk(bulk: Bulk) -> dict[str, Operation]:
    return {
        "pauseWorkflows": bulk.pause_workflows,
        "resumeWorkflows": bulk.resume_workflows,
        "restartWorkflows": bulk.restart_workflows,
        "retryWorkflows": bulk.retry_workflows,
        "terminateWorkflows": bulk.terminate_workflows,
        "removeWorkflows": bulk.remove_workflows,
        "terminateAndRemoveWorkflows": bulk.terminate_and_remove_workflows,
    }


def _tasks(tasks: Tasks) -> dict[str, Operation]:
    return {
        "pollTask": tasks.poll_task,
        "batchPollTasks": tasks.batch_poll_tasks,
        "updateTask": tasks.update_task,
        "updateTaskV2": tasks.update_task_v2,
        "updateTaskByReference": tasks.update_task_by_reference,
        "updateTaskByReferenceSync": tasks.update_task_by_reference_sync,
        "getTask": tasks.get_task,
        "addTaskLog": tasks.add_task_log,
        "getTaskLogs": tasks.get_task_logs,
    }


def _runs(runs: Runs) -> dict[str, Operation]:
    return {
        "executeWorkflow": runs.execute_workflow,
        "testWorkflow": runs.test_workflow,
        "signalWorkflow": runs.signal_workflow,
        "signalWorkflowSync": runs.signal_workflow_sync,
    }


def _administration(administration: Administration) -> dict[str, Operation]:
    return {
        "getVersion": administration.get_version,
        "getEnvironment": administration.get_environment,
        "getEnvironmentVariable": administration.get_environment_variable,
        "getConfiguration": administration.get_configuration,
        "getPendingTasks": administration.get_pending_tasks,
        "requeueSweep": administration.requeue_sweep,
        "verifyAndRepair": administration.verify_and_repair,
        "getEventQueues": administration.get_event_queues,
    }


def _payloads(payloads: Payloads) -> dict[str, Operation]:
    return {
        "getWorkflowPayloadLocation": payloads.get_payload_location,
        "getWorkflowPayloadLocation2": payloads.get_payload_location,
        "getTaskPayloadLocation": payloads.get_payload_location,
        "getTaskPayloadLocation2": payloads.get_payload_location,
        "downloadPayload": payloads.download_payload,
        "uploadPayload": payloads.upload_payload,
    }


def _queues(queues: Queues) -> dict[str, Operation]:
    return {
        "getTaskQueueSizes": queues.get_task_queue_sizes,
        "getTaskQueueSize": queues.get_task_queue_size,
        "getAllTaskQueues": queues.get_all_task_queues,
        "getAllTaskQueuesVerbose": queues.get_all_task_queues_verbose,
        "getPollData": queues.get_poll_data,
        "getAllPollData": queues.get_all_poll_data,
        "requeueTasks": queues.requeue_tasks,
    }


def _events(events: Events) -> dict[str, Operation]:
    return {
        "listEventHandlers": events.list_event_handlers,
        "createEventHandler": events.create_event_handler,
        "updateEventHandler": events.update_event_handler,
        "getEventHandlersForEvent": events.get_event_handlers_for_event,
        "deleteEventHandler": events.delete_event_handler,
        "getDefaultEventQueues": events.get_default_event_queues,
        "getDefaultEventQueueSizes": events.get_default_event_queue_sizes,
        "updateByQueue": events.update_by_queue,
        "updateByQueueAndTaskId": events.update_by_queue,
    }


def _scheduler(scheduler: Scheduler) -> dict[str, Operation]:
    return {
        "saveSchedule": scheduler.save_schedule,
        "getAllSchedules": scheduler.get_all_schedules,
        "searchSchedules": scheduler.search_schedules,
        "getSchedule": scheduler.get_schedule,
        "deleteSchedule": scheduler.delete_schedule,
        "pauseSchedule": scheduler.pause_schedule,
        "pauseScheduleByGet": scheduler.pause_schedule,
        "resumeSchedule": scheduler.resume_schedule,
        "resumeScheduleByGet": scheduler.resume_schedule,
        "getNextFewSchedules": scheduler.get_next_few_schedules,
        "searchScheduleExecutions": scheduler.search_schedule_executions,
        "requeueAllExecutionRecords": scheduler.requeue_all_execution_records,
        "pauseAllSchedules": scheduler.pause_all_schedules,
        "resumeAllSchedules": scheduler.resume_all_schedules,
        "pauseSchedules": scheduler.pause_schedules,
        "resumeSchedules": scheduler.resume_schedules,
    }
