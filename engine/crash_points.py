"""Named points between any two writes, where a test can end the process as a power cut would.

Outside of tests nothing is armed, and a point costs one look at an empty dictionary.
"""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "runner: decided, not handed over",
    "runner: handed over, not flushed",
    "runner: flushed, nobody told",
    "outbox: before an effect",
    "outbox: effect done, not crossed out",
    "timer: deadline taken, not acted on",
    "dispatch: claimed, not handed out",
    "dispatch: handed out, not answered",
    "scheduler: time taken, not started",
    "scheduler: started, not recorded",
    "scheduler: recorded, not crossed out",
    "sqlite: written, not committed",
    "sqlite: committed, not told",
    "mongo: before the header",
    "mongo: header written, not applied",
    "mongo: applied, not told",
    "mongo: before pending is cleared",
)
"""`<where>: <what has happened last>`."""

_armed: dict[str, list[int]] = {}
_actions: dict[str, Callable[[], object]] = {}


def arm(point: str, times: int, action: Callable[[], object]) -> None:
    """Take the action when this point is reached for the given time; `ValueError` for a name that is none."""
    if point not in POINTS:
        raise ValueError(f"There is no crash point '{point}'; there are: {'; '.join(POINTS)}.")
    _armed[point], _actions[point] = [times], action


def disarm() -> None:
    """Nothing happens anywhere any more."""
    _armed.clear()


def reached(point: str) -> None:
    """Here is that point."""
    if not _armed or (left := _armed.get(point)) is None:
        return
    left[0] -= 1
    if left[0] == 0:
        _actions[point]()
