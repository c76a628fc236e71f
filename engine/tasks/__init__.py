"""The task types that the engine knows. A type that is not listed is a worker's (§2.2)."""

from __future__ import annotations

from engine.tasks.base import TaskType
from engine.tasks.fork_join import FORK_JOIN
from engine.tasks.human import HUMAN
from engine.tasks.join import JOIN
from engine.tasks.set_variable import SET_VARIABLE
from engine.tasks.switch import SWITCH
from engine.tasks.terminate import TERMINATE
from engine.tasks.wait import WAIT
from engine.tasks.worker import WORKER

TASK_TYPES: dict[str, TaskType] = {
    "FORK_JOIN": FORK_JOIN,
    "HUMAN": HUMAN,
    "JOIN": JOIN,
    "SET_VARIABLE": SET_VARIABLE,
    "SIMPLE": WORKER,
    "SWITCH": SWITCH,
    "TERMINATE": TERMINATE,
    "WAIT": WAIT,
}


def task_type(name: str) -> TaskType:
    """The type of that name; workers do what the engine does not know."""
    return TASK_TYPES.get(name, WORKER)
