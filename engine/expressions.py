"""The expression languages of SWITCH and INLINE (§7.1), and what is said of one that this server does not have."""

from __future__ import annotations

from engine.definitions import Json, JsonObject
from engine.questions import Evaluate, Evaluated, Steps

VALUE_PARAM = "value-param"
EVALUATORS = frozenset({VALUE_PARAM, "javascript", "graaljs"})
NOT_HERE = {"python": "Evaluator 'python' is not available on this server; use javascript, graaljs or value-param."}
"""Languages of the reference that are missing here, each with the sentence that says so."""


def evaluate(evaluator: str, expression: str, given: JsonObject) -> Steps[Evaluated]:
    """The value of an expression on a task's input; the evaluator must be one of `EVALUATORS`."""
    if evaluator == VALUE_PARAM:
        return Evaluated(given.get(expression))
    answer: Evaluated = yield Evaluate(evaluator, expression, given)
    return answer


def text_of(given: JsonObject, key: str) -> str | None:
    """The input of that name if it is a text with something in it."""
    value: Json = given.get(key)
    return value if isinstance(value, str) and value.strip() else None


def not_a_text(given: JsonObject, key: str) -> bool:
    """There is an input of that name, and it is no text (S1)."""
    return given.get(key) is not None and not isinstance(given[key], str)
