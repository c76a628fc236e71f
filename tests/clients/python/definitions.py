"""Definitions, event handlers, and what the server says to requests that make no sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conductor.client.http.models import StartWorkflowRequest, TaskDef, WorkflowDef
from conductor.client.http.models.event_handler import EventHandler
from conductor.client.http.rest import ApiException

from tests.clients.python.checking import Check, equal, fresh
from tests.clients.python.connection import Connection


def refused(call: Callable[[], Any]) -> ApiException:
    """The SDK's exception of a call that has to fail."""
    try:
        answer = call()
    except ApiException as error:
        return error
    raise AssertionError(f"expected an error, got {answer!r}")


def task_definitions(connection: Connection) -> None:
    """Registered, read, listed, changed, deleted."""
    metadata, name = connection.metadata, fresh("python_step")
    definition = connection.define_task(name, retry_count=1)
    definition.retry_count = 7
    metadata.update_task_def(definition)
    equal(metadata.get_task_def(name).retry_count, 7)
    assert name in [stored.name for stored in metadata.get_all_task_defs()]
    metadata.unregister_task_def(name)
    equal(refused(lambda: metadata.get_task_def(name)).status, 404)
    equal(refused(lambda: metadata.update_task_def(TaskDef(name=name))).status, 404)


def workflow_definitions(connection: Connection) -> None:
    """Two versions: registered, not twice, read, listed, changed, deleted one by one."""
    metadata, name = connection.metadata, fresh("python_flow")
    first = connection.define(name, "python_step")
    connection.define(name, "python_step", "python_step", version=2)
    equal(refused(lambda: metadata.register_workflow_def(first, overwrite=False)).status, 409)
    first.description = "changed"
    metadata.update_workflow_def(first, overwrite=True)
    equal(metadata.get_workflow_def(name, 1).description, "changed")
    latest = metadata.get_workflow_def(name, None)
    equal((latest.version, [task.task_reference_name for task in latest.tasks]), (2, ["t0", "t1"]))
    listed = [stored.version for stored in metadata.get_all_workflow_defs() if stored.name == name]
    equal(sorted(listed), [1, 2])
    metadata.unregister_workflow_def(name, 2)
    equal(metadata.get_workflow_def(name, None).version, 1)
    metadata.unregister_workflow_def(name, 1)
    equal(refused(lambda: metadata.get_workflow_def(name, None)).status, 404)


def event_handlers(connection: Connection) -> None:
    """Registered, found by their event, changed, deleted."""
    events, name, event = connection.events, fresh("python_handler"), f"conductor:{fresh('python_event')}"
    action = {"action": "start_workflow", "start_workflow": {"name": "none", "version": 1, "input": {}}}
    handler = EventHandler(name=name, event=event, actions=[action], active=True)
    events.add_event_handler(handler)
    found = events.get_event_handlers_for_event(event, active_only=True)
    equal([(one.name, one.actions[0].action) for one in found], [(name, "start_workflow")])
    handler.active = False
    events.update_event_handler(handler)
    equal(events.get_event_handlers_for_event(event, active_only=True), [])
    assert name in [one.name for one in events.get_event_handlers()]
    events.remove_event_handler_status(name)
    assert name not in [one.name for one in events.get_event_handlers()]


def errors(connection: Connection) -> None:
    """What does not exist is 404, what is wrong is 400 with a reason, what does not fit the state is 409."""
    nothing = fresh("nothing")
    equal(refused(lambda: connection.workflows.get_workflow(nothing)).status, 404)
    equal(refused(lambda: connection.tasks.get_task(nothing)).status, 404)
    unknown = refused(lambda: connection.workflows.start_workflow(StartWorkflowRequest(name=nothing)))
    equal(unknown.status, 404)
    assert nothing in str(unknown.body), unknown.body
    empty = WorkflowDef(name=fresh("python_empty"), version=1, tasks=[])
    invalid = refused(lambda: connection.metadata.register_workflow_def(empty, overwrite=True))
    equal(invalid.status, 400)
    assert "tasks" in str(invalid.body), invalid.body
    connection.define(name := fresh("python_flow"), "python_step")
    running = connection.start(name)
    equal(refused(lambda: connection.workflows.resume_workflow(running)).status, 409)
    connection.workflows.terminate_workflow(running, "seen enough")


CHECKS: dict[str, Check] = {
    "metadata: task definitions": task_definitions,
    "metadata: workflow definitions": workflow_definitions,
    "events: handlers": event_handlers,
    "errors: 400, 404 and 409 with their reasons": errors,
}
