"""jq in the child. Compiled programs are kept: compiling takes fifty times as long as running."""

from __future__ import annotations

from functools import lru_cache

import jq

from engine.evaluators.faults import Fault, require_shallow

KEPT = 256


class ProgramFault(Fault):
    """The program does not compile, or failed on this input."""


@lru_cache(KEPT)
def _compiled(program: str) -> jq._Program:
    # tojson keeps 4.0 and numbers of 64 bits as they are, which jq's Python side does not; on a line of its own,
    # because the program may end in a comment
    return jq.compile(f"{program}\n| tojson")


def results(program: str, data: str) -> str:
    """All results as one JSON list. Raises `ProgramFault` with jq's own words."""
    try:
        text = "[" + ",".join(_compiled(program).input_text(data).all()) + "]"
    except ValueError as error:
        raise ProgramFault(_first_line(str(error))) from error
    require_shallow(text)
    return text


def _first_line(text: str) -> str:
    """jq's message without its drawing of where in the program it was."""
    return text.split("\n", 1)[0].removeprefix("jq: error: ").rstrip(": ")
