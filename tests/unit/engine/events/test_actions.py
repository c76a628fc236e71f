"""What event handlers do with a message (events.md §6.4), and what is recorded of it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import JsonObject, WorkflowTask
from engine.events.execution import EventExecution
from engine.status import TaskStatus, WorkflowStatus
from tests.unit.engine.events.harness import EVENT, Events, handler, start, waits
from tests.unit.engine.shell import Shell, on_a_loop, until


@on_a_loop
async def test_from_the_event_task_to_the_started_workflow() -> None:
    async with Shell() as shell:
        event = WorkflowTask("e", "e", type="EVENT", sink="conductor", input_parameters={"val": 77})
        given = {"v": "${val}", "t": "x ${val}"}
        events = await Events(shell).prepared(handler(start(input=given, correlationId="${workflowInstanceId}")))
        workflow_id = await events.begin(event, name="w")

        async def acted() -> bool:
            return bool(await events.records())

        await until(acted)
        record = await events.record()
        kid = (await shell.engine.workflow(record.output["workflowId"])).header
        message_id = (await shell.tasks(workflow_id))[0].task_id
        assert kid.input == {
            "v": 77, "t": "x 77", "conductor.event.messageId": message_id, "conductor.event.name": EVENT,
        }  # fmt: skip
        assert (kid.correlation_id, kid.event) == (workflow_id, EVENT)
        assert record == EventExecution(
            f"{message_id}_0", message_id, "h", EVENT, shell.clock.now(), "COMPLETED", "start_workflow",
            {"workflowId": kid.workflow_id},
        )  # fmt: skip
        await events.idle()
        assert await events.waiting.of(EVENT) == []


@on_a_loop
async def test_domains_come_from_the_action_or_from_the_payload() -> None:
    async with Shell() as shell:
        events = await Events(shell).prepared(handler(start(), start(taskToDomain={"a": "own"})))
        await events.publish({"taskToDomain": {"a": "sent"}})
        found = [(await shell.engine.workflow(r.output["workflowId"])).header for r in await events.records()]
        assert [header.task_to_domain for header in found] == [{"a": "sent"}, {"a": "own"}]


@on_a_loop
async def test_s1_a_correlation_id_that_is_no_text_is_taken_as_one() -> None:
    async with Shell() as shell:
        events = await Events(shell).prepared(handler(start(correlationId="${n}")))
        await events.publish({"n": 5})
        assert len(await shell.store.correlated("kid", "5")) == 1


@pytest.mark.parametrize(("action", "status"), [("complete_task", "COMPLETED"), ("fail_task", "FAILED")])
@pytest.mark.parametrize("by_id", [False, True])
def test_a_task_of_another_workflow_is_ended(action: str, status: str, by_id: bool) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            place = {"taskId": "${task}"} if by_id else {"workflowId": "${target}", "taskRefName": "w"}
            fields = {**place, "output": {"got": "${val}"}, "reasonForIncompletion": "because ${val}"}
            events = await Events(shell).prepared(handler({"action": action, action: fields}))
            target = await events.begin(waits())
            (task,) = await shell.tasks(target)
            await events.publish({"target": target, "task": task.task_id, "val": 5})
            (task,) = await shell.tasks(target)
            assert (task.status, task.reason_for_incompletion) == (TaskStatus(status), "because 5")
            assert task.output_data == {
                "workflowId": None if by_id else target,
                "taskId": task.task_id if by_id else None,
                "taskRefName": None if by_id else "w",
                "reasonForIncompletion": "because 5",
                "got": 5,
                "conductor.event.messageId": "m1",
                "conductor.event.name": EVENT,
            }
            assert (await events.record()).status == "COMPLETED"

    scenario()


@on_a_loop
async def test_e69_of_a_loop_the_latest_iteration_is_meant() -> None:
    async with Shell() as shell:
        fields = {"workflowId": "${target}", "taskRefName": "w"}
        events = await Events(shell).prepared(handler({"action": "complete_task", "complete_task": fields}))
        loop = WorkflowTask(
            "l", "l", type="DO_WHILE", items="${workflow.input.l}", loop_condition="", loop_over=[waits()]
        )
        target = await events.begin(loop, input={"l": [1, 2]})
        await events.publish({"target": target}, "m1")
        await events.publish({"target": target}, "m2")
        assert (await shell.engine.workflow(target)).header.status is WorkflowStatus.COMPLETED


@pytest.mark.parametrize(
    "fields",
    [
        {"workflowId": "nobody", "taskRefName": "w"},
        {"workflowId": "${target}", "taskRefName": "nobody"},
        {"taskId": "nobody"},
        {},
    ],
)
def test_a_task_that_is_not_there_is_said_in_the_output(fields: JsonObject) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler({"action": "complete_task", "complete_task": fields}))
            await events.publish({"target": await events.begin(waits())})
            record = await events.record()
            assert record.status == "COMPLETED"
            assert str(record.output["error"]).startswith("No task found with")

    scenario()


@on_a_loop
async def test_a_workflow_is_terminated() -> None:
    async with Shell() as shell:
        fields = {"workflowId": "${target}", "terminationReason": "so says ${who}"}
        events = await Events(shell).prepared(handler({"action": "terminate_workflow", "terminate_workflow": fields}))
        target = await events.begin(waits())
        await events.publish({"target": target, "who": "x"})
        header = (await shell.engine.workflow(target)).header
        assert (header.status, header.reason_for_incompletion) == (WorkflowStatus.TERMINATED, "so says x")


@on_a_loop
async def test_variables_are_set_and_lists_are_added_to() -> None:
    async with Shell() as shell:
        fields = {"workflowId": "${target}", "variables": {"l": ["${v}"], "x": "${v}", "new": [1]}, "appendArray": True}
        action = {"action": "update_workflow_variables", "update_workflow_variables": fields}
        events = await Events(shell).prepared(handler(action))
        await shell.register("target", waits(), variables={"l": [1], "x": 1, "y": 2})
        target = await shell.begin("target")
        await events.publish({"target": target, "v": 7})
        assert (await shell.engine.workflow(target)).header.variables == {"l": [1, 7], "x": 7, "y": 2, "new": [1]}


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        ({"action": "start_agent", "start_agent": {}}, "Action not supported start_agent for event conductor:w:e"),
        (start("nobody"), "No such workflow defined. name=nobody, version=null"),
        (start(version="one"), "start_workflow of event handler h: Expected `int | null`"),
        (start(input=[1]), "start_workflow of event handler h: input must be an object."),
        ({"action": "start_workflow"}, "Validation failed"),
        ({"action": "complete_task", "complete_task": {"output": "x"}}, "The output of an action of event handler h"),
        ({"action": "terminate_workflow", "terminate_workflow": {}}, "The action needs the workflowId"),
        (
            {"action": "terminate_workflow", "terminate_workflow": {"workflowId": "x"}},
            "No such workflow found by id: x",
        ),
        (
            {"action": "update_workflow_variables", "update_workflow_variables": {"workflowId": "x", "variables": 1}},
            "update_workflow_variables needs variables",
        ),
        ({"action": "complete_task", "complete_task": "x"}, "complete_task of event handler h must be an object."),
    ],
)
def test_e69_an_action_that_cannot_be_done_is_recorded_and_the_next_ones_are_done(
    action: JsonObject, complaint: str
) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(action, start()))
            await events.publish({})
            first, second = await events.records()
            assert (first.status, first.action) == ("FAILED", action["action"])
            assert str(first.output["exception"]).startswith(complaint)
            assert (second.id, second.status) == ("m1_1", "COMPLETED")

    scenario()


@pytest.mark.parametrize("payload", [None, "text", 5, [1]])
def test_a_payload_that_is_no_object_has_nothing_to_refer_to(payload: Any) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            events = await Events(shell).prepared(handler(start(input={"v": "${val}", "t": "x ${val}"})))
            await events.publish(payload)
            kid = (await shell.engine.workflow((await events.started())[0])).header
            assert (kid.input["v"], kid.input["t"]) == (None, "x null")

    scenario()


@pytest.mark.parametrize(("flag", "value"), [(True, 1), (False, None)])
def test_json_inside_texts_is_opened_when_the_action_says_so(flag: bool, value: Any) -> None:
    @on_a_loop
    async def scenario() -> None:
        async with Shell() as shell:
            action = {**start(input={"v": "${inner.a}"}), "expandInlineJSON": flag}
            events = await Events(shell).prepared(handler(action))
            await events.publish({"inner": '{"a": 1}'})
            assert (await shell.engine.workflow((await events.started())[0])).header.input["v"] == value

    scenario()
