"""What the core is told when it asks while it decides (`engine.questions`)."""

from __future__ import annotations

from collections.abc import Callable

from engine.catalog import Catalog
from engine.evaluators.evaluator import Evaluators
from engine.model import Millis
from engine.ports import Clock
from engine.questions import Complete, Evaluate, Jitter, MissingDefinition, Question, WorkerActive
from engine.starting import missing, random_up_to

Active = Callable[[str, str, Millis], bool]


def nobody_active(task_type: str, domain: str, now: Millis) -> bool:  # noqa: ARG001 - the shape of `Active`
    """No worker polls anything."""
    return False


class Answers:
    """Answers from the catalog, the evaluators and, once it is known who polls, from `active`."""

    def __init__(self, catalog: Catalog, evaluators: Evaluators, clock: Clock) -> None:
        self._catalog, self._evaluators, self._clock = catalog, evaluators, clock
        self.active: Active = nobody_active

    async def __call__(self, question: Question) -> object:
        """The answer; only an expression takes time, and what another process may have registered."""
        if isinstance(question, WorkerActive):
            return self.active(question.task_type, question.domain, self._clock.now())
        if isinstance(question, Jitter):
            return random_up_to(question.limit)
        if isinstance(question, MissingDefinition):
            await self._catalog.refresh()
            return missing(self._catalog, question.name, question.version)
        if isinstance(question, Complete):
            await self._catalog.refresh()
            return self._catalog.complete(question.nodes)
        assert isinstance(question, Evaluate)
        return await self._evaluators.evaluate(question)
