"""The task types that the engine knows. A type that is not listed is a worker's (§2.2)."""

from __future__ import annotations

from engine.tasks.base import TaskType
from engine.tasks.decision import DECISION
from engine.tasks.do_while import DO_WHILE
from engine.tasks.dynamic import dynamic
from engine.tasks.event import EVENT
from engine.tasks.exclusive_join import EXCLUSIVE_JOIN
from engine.tasks.fork_join import FORK_JOIN
from engine.tasks.fork_join_dynamic import FORK_JOIN_DYNAMIC
from engine.tasks.http import HTTP
from engine.tasks.human import HUMAN
from engine.tasks.inline import INLINE
from engine.tasks.join import JOIN
from engine.tasks.json_jq_transform import JSON_JQ_TRANSFORM
from engine.tasks.kafka_publish import KAFKA_PUBLISH
from engine.tasks.lambda_script import LAMBDA
from engine.tasks.noop import NOOP
from engine.tasks.pull_workflow_messages import PULL_WORKFLOW_MESSAGES
from engine.tasks.set_variable import SET_VARIABLE
from engine.tasks.start_workflow import START_WORKFLOW
from engine.tasks.sub_workflow import SUB_WORKFLOW
from engine.tasks.switch import SWITCH
from engine.tasks.terminate import TERMINATE
from engine.tasks.wait import WAIT
from engine.tasks.worker import WORKER

TASK_TYPES: dict[str, TaskType] = {
    "DECISION": DECISION,
    "DO_WHILE": DO_WHILE,
    "EVENT": EVENT,
    "EXCLUSIVE_JOIN": EXCLUSIVE_JOIN,
    "FORK_JOIN": FORK_JOIN,
    "FORK_JOIN_DYNAMIC": FORK_JOIN_DYNAMIC,
    "HTTP": HTTP,
    "HUMAN": HUMAN,
    "INLINE": INLINE,
    "JOIN": JOIN,
    "JSON_JQ_TRANSFORM": JSON_JQ_TRANSFORM,
    "KAFKA_PUBLISH": KAFKA_PUBLISH,
    "LAMBDA": LAMBDA,
    "NOOP": NOOP,
    "PULL_WORKFLOW_MESSAGES": PULL_WORKFLOW_MESSAGES,
    "SET_VARIABLE": SET_VARIABLE,
    "SIMPLE": WORKER,
    "START_WORKFLOW": START_WORKFLOW,
    "SUB_WORKFLOW": SUB_WORKFLOW,
    "SWITCH": SWITCH,
    "TERMINATE": TERMINATE,
    "WAIT": WAIT,
}

TASK_TYPES["DYNAMIC"] = dynamic({name: kind.create for name, kind in TASK_TYPES.items()}, WORKER.create)


def task_type(name: str) -> TaskType:
    """The type of that name; workers do what the engine does not know."""
    return TASK_TYPES.get(name, WORKER)
