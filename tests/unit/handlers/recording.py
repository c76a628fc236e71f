"""An engine that does nothing but remember what it was asked, and answer what the test says.

What an engine exposes beside its own methods (`engine.queues`, ...) is recorded under that name, such as
`("queues.size", ...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, cast

from engine.api import Engine
from engine.catalog import Catalog
from engine.lookups import Lookups
from engine.metadata import Metadata
from engine.queues import Queues
from engine.scheduler.scheduler import Scheduler
from engine.synchronous import Synchronous

PARTS: dict[str, type] = {
    "catalog": Catalog,
    "lookups": Lookups,
    "metadata": Metadata,
    "queues": Queues,
    "scheduler": Scheduler,
    "synchronous": Synchronous,
}


class RecordingEngine:
    """`answers` maps method names, with or without that of their part, to what they return or to what they raise."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def let_polls_go(self) -> None:
        """The one method that is not awaited."""
        self.calls.append(("let_polls_go", ()))

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        """A coroutine function for every other method the real engine has, and for nothing else."""
        if name in PARTS:
            return cast("Callable[..., Coroutine[Any, Any, Any]]", _Part(self, name))
        getattr(Engine, name)
        return self.method(name)

    def method(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        """A coroutine function that remembers its call under this name."""

        async def method(*args: Any, **named: Any) -> Any:
            self.calls.append((name, (*args, *named.values())))
            answer = self.answers.get(name, self.answers.get(name.rpartition(".")[2]))
            if isinstance(answer, Exception):
                raise answer
            return answer

        return method

    @property
    def engine(self) -> Engine:
        """This recorder, typed as what it stands for."""
        return cast(Engine, self)


class _Part:
    """One of the things that an engine exposes."""

    def __init__(self, recorder: RecordingEngine, name: str) -> None:
        self._recorder, self._name = recorder, name

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        getattr(PARTS[self._name], name)
        return self._recorder.method(f"{self._name}.{name}")
