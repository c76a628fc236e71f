"""`decide` is a function of data: execution + command + now -> decision (DESIGN §3).

It reads no clock and does no I/O; what it must know from outside it asks for (`engine.questions`). A command that is
not legal raises an error of `engine.errors` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from engine import state_changes
from engine.commands import (
    TOUCHES,
    Admit,
    ChildEnded,
    ChildFound,
    ChildGone,
    ChildRevived,
    Command,
    Decide,
    EffectDone,
    Expire,
    ExtendLease,
    Fail,
    Follow,
    HandOut,
    Pause,
    PushMessage,
    Rerun,
    ResetCallbacks,
    Restart,
    Resume,
    Retry,
    SetVariables,
    SkipTask,
    Start,
    Terminate,
    UpdateTask,
)
from engine.draft import Decision, Draft, Execution
from engine.model import Millis
from engine.operations import children, lifecycle, messages, revival, tasks, timers
from engine.ports import Ids
from engine.questions import Question, Steps

_RULES: dict[type, Callable[[Draft, Any], Steps[None]]] = {
    Start: lifecycle.start,
    Admit: lifecycle.admit,
    Fail: lifecycle.fail,
    Pause: lifecycle.pause,
    Resume: lifecycle.resume,
    Terminate: lifecycle.terminate,
    SetVariables: lifecycle.set_variables,
    PushMessage: messages.push,
    EffectDone: children.effect_done,
    ChildEnded: children.child_ended,
    ChildGone: children.child_gone,
    ChildFound: children.child_found,
    Follow: children.follow,
    ChildRevived: revival.child_revived,
    HandOut: tasks.hand_out,
    UpdateTask: tasks.update,
    ExtendLease: tasks.extend_lease,
    SkipTask: tasks.skip,
    ResetCallbacks: tasks.reset_callbacks,
    Expire: timers.expire,
    Decide: timers.look,
    Restart: revival.restart,
    Retry: revival.retry,
    Rerun: revival.rerun,
}


def decide(execution: Execution, command: Command, now: Millis, ids: Ids) -> Generator[Question, Any, Decision]:
    """What the command makes of the execution. Drive it: answer each question, take the decision."""
    draft = Draft(execution, now, ids, touch=isinstance(command, TOUCHES))
    yield from _RULES[type(command)](draft, command)
    if draft.graph.listens or draft.graph.tasks_tell:
        state_changes.publish(draft, command)
    return draft.decision()
