"""PULL_WORKFLOW_MESSAGES (§2.23): who gets which message, and what becomes of the others."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.commands import Pause, PushMessage, Rerun, Restart, Resume, Retry, Terminate
from engine.definitions import TaskDef, WorkflowTask
from engine.draft import Decision
from engine.errors import Conflict, PayloadTooLarge, QueueFull
from engine.model import Task, Workflow
from engine.operations.messages import LIMIT_KB
from engine.payload_limits import KB
from engine.payload_limits import LIMIT_KB as PAYLOAD_KB
from engine.questions import Evaluate, Evaluated
from engine.requests import RerunWorkflowRequest
from engine.status import TaskStatus, WorkflowStatus
from tests.properties import invariants
from tests.unit.engine.flows import fork, join, started, switch, task
from tests.world import BEGINNING, Surroundings, World

MOST = 1000


def pull(reference: str = "p", given: dict[str, Any] | None = None, **fields: Any) -> WorkflowTask:
    return task("PULL_WORKFLOW_MESSAGES", reference, given, **fields)


def push(world: World, *payloads: Any, limit: int = MOST) -> Decision:
    """Send messages that are called m1, m2 and so on, each with its number as payload unless others are given."""
    decision = world.nothing()
    for number, payload in enumerate(payloads, 1):
        decision = world.do(PushMessage(f"m{number}", payload, limit))
    return decision


def taken(row: Task) -> list[Any]:
    """The payloads that a row has taken."""
    assert row.output_data["count"] == len(row.output_data["messages"])
    return [message["payload"] for message in row.output_data["messages"]]


def numbers(count: int) -> list[dict[str, int]]:
    return [{"n": number} for number in range(1, count + 1)]


def waiting(world: World) -> list[str]:
    return [message.id for message in world.header.messages]


def with_messages(count: int, *behind: WorkflowTask, **fields: Any) -> World:
    """A workflow that has been sent messages while it is at `h`, before the tasks behind that."""
    world = started(task("HUMAN", "h"), *behind, **fields)
    push(world, *numbers(count))
    return world


# ---------------------------------------------------------------------- waiting for a message


def test_it_waits_in_progress_on_no_queue_and_with_no_deadline() -> None:
    world = started(pull(given={"batchSize": 2, "x": "${workflow.input.x}"}), header={"input": {"x": 7}})
    row = world.open("p")
    assert (row.status, row.task_type) == ("IN_PROGRESS", "PULL_WORKFLOW_MESSAGES")
    assert (row.input_data, row.output_data, row.start_time) == ({"batchSize": 2, "x": 7}, {}, BEGINNING)
    assert (row.deadline, row.wait_timeout, world.queued(), world.durable.deadlines) == (0, 0, [], {})


def test_c5_p7_a_message_completes_it_in_the_commit_that_brings_it() -> None:
    world = started(pull(), task("HUMAN", "h"))
    world.forward(1.25)
    commits = len(world.commits)
    push(world, {"a": [1, {"b": "ü"}]})
    row = world.newest("p")
    assert (row.status, row.end_time) == ("COMPLETED", world.clock.now())
    assert row.output_data == {
        "messages": [
            {
                "id": "m1",
                "workflowId": "workflow",
                "payload": {"a": [1, {"b": "ü"}]},
                "receivedAt": "2023-11-14T22:13:21.250Z",
            }
        ],
        "count": 1,
    }
    assert (len(world.commits), waiting(world)) == (commits + 1, [])
    assert world.open("h").task_type == "HUMAN"
    invariants.check(world)


def test_c5_a_message_is_in_the_header_or_in_a_task_after_every_commit() -> None:
    world = with_messages(3, pull("p", {"batchSize": 2}), task("HUMAN", "h2"))
    for commit in world.commits[-3:]:
        assert commit.header is not None
        assert commit.header.messages
    world.answer("h")
    assert world.durable.header is not None
    assert [message.id for message in world.durable.header.messages] == ["m3"]
    assert taken(world.newest("p")) == numbers(2)


@pytest.mark.parametrize("kind", ["COMPLETED", "FAILED"])
def test_anybody_may_report_on_it(kind: str) -> None:
    world = started(pull())
    world.answer("p", kind, {"mine": 1})
    assert (world.newest("p").status, world.newest("p").output_data, world.status) == (kind, {"mine": 1}, kind)


def test_a_report_in_progress_is_kept_beside_the_message() -> None:
    world = started(pull(), task("HUMAN", "h"))
    world.answer("p", "IN_PROGRESS", {"mine": 1}, callback_after_seconds=60)
    push(world, {"n": 1})
    assert world.newest("p").output_data["mine"] == 1
    assert taken(world.newest("p")) == numbers(1)


# ---------------------------------------------------------------------- messages that came before


@pytest.mark.parametrize(
    ("batch", "count"),
    [(None, 1), (1, 1), (3, 3), (9, 5), (0, 1), (-5, 1), (2.7, 2), (0.5, 1), ("2", 1), ("", 1), (True, 1), ([3], 1)],
)
def test_it_takes_a_batch_of_what_is_there(batch: Any, count: int) -> None:
    given = {} if batch is None else {"batchSize": batch}
    world = with_messages(5, pull("p", given), task("HUMAN", "h2"))
    world.answer("h")
    assert taken(world.newest("p")) == numbers(count)
    assert waiting(world) == [f"m{number}" for number in range(count + 1, 6)]
    invariants.check(world)


@pytest.mark.parametrize("batch", [101, 1000, 10**12, 1e12])
def test_a_batch_is_never_more_than_a_hundred(batch: float) -> None:
    world = with_messages(130, pull("p", {"batchSize": batch}), task("HUMAN", "h2"))
    world.answer("h")
    assert taken(world.newest("p")) == numbers(100)


def test_the_size_may_be_an_expression() -> None:
    world = with_messages(
        5, pull("p", {"batchSize": "${workflow.input.n}"}), task("HUMAN", "h2"), header={"input": {"n": 2}}
    )
    world.answer("h")
    assert taken(world.newest("p")) == numbers(2)


@pytest.mark.parametrize("blocking", [None, True, "false", "no", 0, "", []])
def test_it_blocks_unless_it_is_told_not_to(blocking: Any) -> None:
    assert started(pull(given={"blocking": blocking})).open("p").status is TaskStatus.IN_PROGRESS


def test_one_that_does_not_block_completes_with_nothing() -> None:
    world = started(pull(given={"blocking": "${workflow.input.b}"}), task("HUMAN", "h"), header={"input": {"b": False}})
    row = world.newest("p")
    assert (row.status, row.output_data) == ("COMPLETED", {"messages": [], "count": 0})
    push(world, {"n": 1})
    assert waiting(world) == ["m1"]


# ---------------------------------------------------------------------- several of them


def test_of_several_the_oldest_is_served_first() -> None:
    world = started(
        fork("f", [pull("p1", {"batchSize": 2})], [pull("p2")], [pull("p3")]), join("j"), task("HUMAN", "h")
    )
    push(world, *numbers(4))
    assert [taken(world.newest(name)) for name in ("p1", "p2", "p3")] == [[{"n": 1}], [{"n": 2}], [{"n": 3}]]
    assert waiting(world) == ["m4"]
    assert world.open("h").status is TaskStatus.IN_PROGRESS


def test_branches_take_from_what_is_there_in_their_order() -> None:
    world = with_messages(3, fork("f", [pull("p1", {"batchSize": 2})], [pull("p2")], [pull("p3")]), join("j"))
    world.answer("h")
    assert [taken(world.newest(name)) for name in ("p1", "p2")] == [numbers(2), [{"n": 3}]]
    assert world.open("p3").status is TaskStatus.IN_PROGRESS
    invariants.check(world)


def test_a_loop_takes_one_message_a_turn() -> None:
    def once_more(question: Evaluate) -> Evaluated:
        return Evaluated(question.data["l"]["iteration"] < 3)

    loop = task("DO_WHILE", "l", loop_condition="more", loop_over=[pull("p")])
    world = with_messages(2, loop, around=Surroundings(evaluate=once_more))
    world.answer("h")
    assert [taken(world.newest(f"p__{turn}")) for turn in (1, 2)] == [[{"n": 1}], [{"n": 2}]]
    push(world, {"n": 3})
    assert taken(world.newest("p__3")) == [{"n": 3}]
    assert world.status is WorkflowStatus.COMPLETED


def test_dynamic_and_switch_reach_it_too() -> None:
    dynamic = task("DYNAMIC", "d", {"t": "PULL_WORKFLOW_MESSAGES", "batchSize": 2}, dynamic_task_name_param="t")
    world = with_messages(2, switch("s", "a", {"a": [dynamic]}), task("HUMAN", "h2"))
    world.answer("h")
    assert taken(world.newest("d")) == numbers(2)


def test_branches_of_a_dynamic_fork_need_no_name_for_it() -> None:
    given = {"forkTaskType": "PULL_WORKFLOW_MESSAGES", "forkTaskInputs": [{"batchSize": 2}, {}]}
    world = with_messages(3, task("FORK_JOIN_DYNAMIC", "f", given), task("JOIN", "j"))
    world.answer("h")
    taken_by = [taken(world.newest(f"_PULL_WORKFLOW_MESSAGES_{index}")) for index in range(2)]
    assert taken_by == [numbers(2), [{"n": 3}]]


# ---------------------------------------------------------------------- clocks, retries, tolerance


def test_only_the_clocks_of_execution_and_total_count() -> None:
    own = TaskDef(
        name="p", response_timeout_seconds=2, poll_timeout_seconds=2, timeout_seconds=60, timeout_policy="RETRY"
    )
    world = started(pull(task_definition=msgspec.structs.replace(own, retry_count=1, retry_delay_seconds=0)))
    world.forward(59)
    assert len(world.rows) == 1
    world.forward(2)
    assert world.table() == [("p", "TIMED_OUT"), ("p", "IN_PROGRESS")]
    push(world, {"n": 1})
    assert world.status is WorkflowStatus.COMPLETED


def test_the_input_template_of_its_definition_does_not_count() -> None:
    own = TaskDef(name="p", input_template={"blocking": False}, response_timeout_seconds=0)
    assert started(pull(task_definition=own)).open("p").input_data == {}


def test_an_attempt_after_a_failure_takes_what_has_come_meanwhile() -> None:
    own = TaskDef(name="p", retry_count=1, retry_delay_seconds=0, response_timeout_seconds=0)
    world = started(fork("f", [pull(task_definition=own)], [pull("other", optional=True)]), join("j"))
    world.answer("p", "FAILED")
    push(world, *numbers(2))
    assert world.table()[-1] == ("p", "COMPLETED")
    assert [taken(world.newest(name)) for name in ("other", "p")] == [[{"n": 1}], [{"n": 2}]]


# ---------------------------------------------------------------------- life of the execution


def test_a_paused_or_ended_execution_takes_none() -> None:
    world = with_messages(1, pull(), task("HUMAN", "h2"))
    world.do(Pause())
    with pytest.raises(Conflict, match=r"^Workflow workflow is not in RUNNING state \(current: PAUSED\)$"):
        push(world, {})
    world.answer("h")
    world.do(Resume())
    assert taken(world.newest("p")) == numbers(1)
    world.do(Terminate("enough"))
    with pytest.raises(Conflict, match="current: TERMINATED"):
        push(world, {})


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED", "TERMINATED"])
@pytest.mark.parametrize("command", [Restart(), Rerun(RerunWorkflowRequest())])
def test_what_nobody_took_is_gone_with_the_end(end: str, command: Any) -> None:
    world = with_messages(2)
    if end == "TERMINATED":
        world.do(Terminate("enough"))
    else:
        world.answer("h", end)
    assert (world.status, waiting(world)) == (end, [])
    world.do(command)
    assert waiting(world) == []


def test_a_retry_and_a_rerun_wait_for_new_messages() -> None:
    world = with_messages(1, pull(), task("HUMAN", "h2"))
    world.answer("h")
    push(world, {"n": 2})
    world.answer("h2", "FAILED")
    world.do(Rerun(RerunWorkflowRequest(re_run_from_task_id=world.newest("p").task_id)))
    assert world.open("p").output_data == {}
    world.answer("p", "FAILED")
    world.do(Retry())
    push(world, {"n": 3})
    assert taken(world.newest("p")) == [{"n": 3}]
    invariants.check(world)


def test_a_rerun_may_give_it_another_input() -> None:
    world = with_messages(1, pull(), task("HUMAN", "h2"))
    world.answer("h")
    world.answer("h2", "FAILED")
    request = RerunWorkflowRequest(re_run_from_task_id=world.newest("p").task_id, task_input={"blocking": False})
    world.do(Rerun(request))
    assert (world.newest("p").input_data, taken(world.newest("p"))) == ({"blocking": False}, [])


# ---------------------------------------------------------------------- limits


def test_the_queue_is_full_at_its_limit_and_has_room_again() -> None:
    world = started(task("HUMAN", "h"), pull(), task("HUMAN", "h2"))
    push(world, *numbers(3), limit=3)
    with pytest.raises(
        QueueFull, match=r"^Workflow message queue for workflowId=workflow has reached the maximum size of 3$"
    ):
        push(world, {}, limit=3)
    assert waiting(world) == ["m1", "m2", "m3"]
    world.answer("h")
    push(world, {}, limit=3)
    assert len(waiting(world)) == 3


def test_messages_have_room_for_a_number_of_bytes_together() -> None:
    half = {"x": "y" * (LIMIT_KB * KB // 2)}
    world = started(task("HUMAN", "h"))
    push(world, half)
    with pytest.raises(QueueFull, match="has no room for"):
        push(world, half)
    with pytest.raises(PayloadTooLarge, match="greater than the permissible limit"):
        push(world, {"x": half["x"] * 2})
    assert waiting(world) == ["m1"]


def test_what_is_too_much_beside_its_output_stays_and_fails_it() -> None:
    world = started(pull(optional=True), task("HUMAN", "h"))
    world.answer("p", "IN_PROGRESS", {"x": "y" * (PAYLOAD_KB * KB - 100)})
    push(world, {"n": 1})
    row = world.newest("p")
    assert (row.status, row.output_data) == ("COMPLETED_WITH_ERRORS", {})
    assert "is greater than the permissible limit" in (row.reason_for_incompletion or "")
    assert waiting(world) == ["m1"]


# ---------------------------------------------------------------------- documents


def test_documents_without_messages_are_what_they_were() -> None:
    world = started(task("HUMAN", "h"))
    stored = msgspec.json.encode(world.header)
    assert b"messages" not in stored
    assert msgspec.json.decode(stored, type=Workflow).messages == ()


def test_documents_with_messages_say_them_in_plain_json() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(with_messages(2).header))
    assert stored["messages"][1] == {"id": "m2", "payload": {"n": 2}, "receivedAt": BEGINNING}
