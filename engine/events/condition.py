"""Whether a handler acts on a message (§6.3 step 3, §7.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from engine.definitions import EventHandler, Json
from engine.questions import Evaluate, Evaluated

Ask = Callable[[Evaluate], Awaitable[Evaluated]]
SCRIPTS = frozenset({"javascript", "graaljs", "python"})


class ConditionFailed(Exception):
    """The condition could not be evaluated; the text says why."""


async def holds(handler: EventHandler, payload: Json, ask: Ask) -> bool:
    """True without a condition. A language that nobody knows is taken for JavaScript."""
    condition = handler.condition
    if not condition:
        return True
    if handler.evaluator_type == "value-param":
        return truthy(payload.get(condition) if isinstance(payload, dict) else None)
    language = handler.evaluator_type if handler.evaluator_type in SCRIPTS else None
    answer = await ask(Evaluate(language or "javascript", condition, payload))
    if answer.error is not None:
        raise ConditionFailed(answer.error)
    return truthy(answer.value)


def truthy(value: Json) -> bool:
    """A boolean, or a number above 0; everything else is false, texts too."""
    return value > 0 if isinstance(value, int | float) else False
