"""What a server made of a story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Json = Any


class Done(NamedTuple):
    """One step of a story, in words that both servers share."""

    kind: str
    what: str
    task_type: str = ""
    """What is rerun."""
    inside: tuple[str, ...] = ()
    """Types of the nodes around what is rerun, the outermost first."""
    overcome: bool = False
    """Whether a task before it had failed, and was tried again or tolerated."""

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"


class Ending(NamedTuple):
    """The executions, normalised, parents first; why the story could not be told to its end; what was done."""

    workflows: Sequence[Json] = ()
    problem: str = ""
    done: Sequence[Done] = ()
    left_lying: bool = False
    """Whether something that the server had to do by itself was not done in time."""
    broken_join: bool = False
    """Whether a JOIN was seen that had failed by an attempt for which there was another one (C4)."""
