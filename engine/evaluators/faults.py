"""What is wrong with an expression, as opposed to what becomes of the child that evaluates it."""

from __future__ import annotations

import json

DEEPEST = 200
"""So deep may a value be nested; what is much deeper nobody can store."""


class Fault(Exception):
    """The expression is wrong, has failed, or has a value that cannot be used; the text says how."""


def require_shallow(text: str) -> None:
    """Raise `Fault` for JSON that is nested too deeply; where Python may not recurse, its decoder finds out."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    try:
        json.loads(text)
    except (RecursionError, ValueError) as error:
        raise Fault("The value of the expression is nested too deeply") from error
