"""Evaluators for tests: real children, asked from plain functions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from engine.definitions import Json
from engine.evaluators.evaluator import Evaluators, Limits
from engine.questions import Evaluate, Evaluated

T = TypeVar("T")


class Running:
    """Evaluators on a loop of their own."""

    def __init__(self, runner: asyncio.Runner, evaluators: Evaluators) -> None:
        self._runner, self.evaluators = runner, evaluators

    def ask(self, language: str, expression: str, data: Json = None) -> Evaluated:
        """The answer to one question."""
        return self._runner.run(self.evaluators.evaluate(Evaluate(language, expression, data)))

    def value(self, language: str, expression: str, data: Json = None) -> Json:
        """The value of an expression that is right."""
        answer = self.ask(language, expression, data)
        assert answer.error is None, answer.error
        return answer.value

    def run(self, steps: Callable[[Evaluators], Awaitable[T]]) -> T:
        """The result of something that takes several questions."""

        async def main() -> T:
            return await steps(self.evaluators)

        return self._runner.run(main())


@contextmanager
def running(limits: Limits) -> Iterator[Running]:
    """Started, and stopped afterwards."""

    async def start() -> Evaluators:
        made = Evaluators(limits)
        made.start()
        return made

    with asyncio.Runner() as runner:
        evaluators = runner.run(start())
        try:
            yield Running(runner, evaluators)
        finally:
            runner.run(evaluators.stop())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
