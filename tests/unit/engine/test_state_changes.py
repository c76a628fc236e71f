"""Status changes that definitions want to hear of: `onStateChange`, and the status listener of a workflow."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.commands import Pause, Restart, Resume, Retry, Start, Terminate
from engine.definitions import EventHandler, WorkflowTask
from engine.effects import PublishEvent
from engine.graph import Told
from engine.requests import StartWorkflowRequest
from tests.unit.engine.flows import flow, started, task
from tests.unit.engine.flows import simple as worker
from tests.unit.engine.shell import Shell, on_a_loop, simple
from tests.world import World

LISTENS: dict[str, Any] = {"workflow_status_listener_enabled": True, "workflow_status_listener_sink": "conductor:told"}


def told(world: World) -> list[PublishEvent]:
    return [effect for effect in world.header.outbox if isinstance(effect, PublishEvent)]


def names(world: World) -> list[str]:
    return [effect.payload["eventType"] for effect in told(world)]


def test_a_workflow_tells_every_change_of_its_status_once() -> None:
    world = started(worker("a"), **LISTENS)
    for command in (Pause(), Resume(), Terminate("enough"), Retry(), Terminate(), Restart()):
        world.do(command)
    world.answer("a")
    assert names(world) == [
        "STARTED", "PAUSED", "RESUMED", "TERMINATED", "RETRIED", "TERMINATED", "RESTARTED", "COMPLETED",
    ]  # fmt: skip
    assert {effect.sink for effect in told(world)} == {"conductor:flow:told"}
    assert len({effect.message_id for effect in told(world)}) == 8
    end = told(world)[3].payload
    assert (end["status"], end["reasonForIncompletion"], end["workflowId"]) == ("TERMINATED", "enough", "workflow")


def test_one_decision_may_start_and_end() -> None:
    world = started(task("SET_VARIABLE", "v", {"x": 1}), **LISTENS)
    assert names(world) == ["STARTED", "COMPLETED"]
    assert told(world)[0].payload["status"] == "COMPLETED"


def test_without_enabling_or_with_a_sink_that_is_not_ours_nothing_is_told() -> None:
    for fields in (
        {},
        {**LISTENS, "workflow_status_listener_enabled": False},
        {**LISTENS, "workflow_status_listener_sink": "kafka:x"},
    ):
        world = started(worker("a"), **fields)
        world.answer("a")
        assert told(world) == []


def telling(reference: str, **changes: Any) -> WorkflowTask:
    return msgspec.structs.replace(worker(reference), on_state_change=changes)


def message(kind: str, **payload: Any) -> dict[str, Any]:
    return {"type": kind, "payload": payload}


def test_a_task_tells_what_its_node_asks_for() -> None:
    changes = {
        "onScheduled,onStart": [message("moves", key="${workflow.input.k}")],
        "onSuccess": [message("conductor:done", out="${a.output.x}")],
    }
    world = started(telling("a", **changes), worker("b"), header={"input": {"k": "v"}})
    world.poll("a")
    world.answer("a", output={"x": 1})
    world.answer("b")
    assert names(world) == ["onScheduled", "onStart", "onSuccess"]
    assert [effect.sink for effect in told(world)] == [
        "conductor:flow:moves",
        "conductor:flow:moves",
        "conductor:flow:done",
    ]
    first, last = told(world)[0].payload, told(world)[2].payload
    assert (first["key"], first["taskReferenceName"], first["taskStatus"]) == ("v", "a", "SCHEDULED")
    assert last["out"] == 1


def test_failed_and_cancelled_tasks_tell() -> None:
    changes = {"onFailed": [message("bad")], "onCancelled": [message("gone")]}
    world = started(telling("a", **changes))
    world.answer("a", "FAILED_WITH_TERMINAL_ERROR")
    assert names(world) == ["onFailed"]
    world = started(telling("a", **changes))
    world.do(Terminate())
    assert names(world) == ["onCancelled"]


def test_what_makes_no_sense_is_ignored() -> None:
    world = started(telling("a", onSuccess="x", onFailed=[1, {"type": 5}, {}], onStart=[{"type": "t", "payload": 3}]))
    world.poll("a")
    world.answer("a", "FAILED_WITH_TERMINAL_ERROR")
    assert names(world) == ["onStart"]


@on_a_loop
async def test_event_handlers_hear_it() -> None:
    async with Shell() as shell:
        await shell.register("after", simple("z"))
        await shell.register("flow", simple("a"), **LISTENS)
        action = {"action": "start_workflow", "start_workflow": {"name": "after", "input": {"of": "${workflowId}"}}}
        handler = EventHandler(
            "listener", "conductor:flow:told", "$.eventType == 'COMPLETED'", [action], True, "javascript"
        )
        await shell.engine.metadata.add_event_handlers([handler])
        begun = await shell.engine.start_workflow(StartWorkflowRequest("flow", input={}))
        await shell.report(begun)
        await shell.engine.outbox.idle()
        await shell.engine.events.idle()
        (after,) = await shell.engine.lookups.running("after")
        assert (await shell.engine.workflow(after)).header.input["of"] == begun


EVERYTHING = Told("conductor:runs", "conductor:tasks")


def watched(**task_def: Any) -> World:
    """A world whose server wants to know everything."""
    world = World(flow(worker("a", **task_def)))
    world.execution.graph.told = EVERYTHING
    world.do(Start(world.snapshot))
    return world


def test_a_server_may_want_to_know_all_status_changes() -> None:
    world = watched()
    world.poll("a")
    world.answer("a")
    assert [(effect.sink, effect.payload["eventType"]) for effect in told(world)] == [
        ("conductor:runs", "STARTED"),
        ("conductor:tasks", "onScheduled"),
        ("conductor:tasks", "onStart"),
        ("conductor:runs", "COMPLETED"),
        ("conductor:tasks", "onSuccess"),
    ]


def test_a_task_definition_may_keep_its_tasks_out_of_it() -> None:
    world = watched(task_status_listener_enabled=False)
    world.answer("a")
    assert {effect.sink for effect in told(world)} == {"conductor:runs"}


def test_a_definition_may_ask_beside_the_server() -> None:
    world = World(flow(worker("a"), **LISTENS))
    world.execution.graph.told = EVERYTHING
    world.do(Start(world.snapshot))
    assert [effect.sink for effect in told(world)][:2] == ["conductor:flow:told", "conductor:runs"]
