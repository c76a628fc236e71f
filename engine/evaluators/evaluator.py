"""Computes expressions of other languages for the engine, in children that cannot hurt it (§7)."""

from __future__ import annotations

import asyncio
import re

import msgspec

from engine.definitions import Json
from engine.errors import Unavailable
from engine.evaluators.pool import SLOW_AFTER_S, STOPPING, Pool
from engine.evaluators.process import DIED, Gone, Limits, Reply
from engine.evaluators.protocol import EXHAUSTED, JAVASCRIPT, JQ, OVERDUE, SYNTAX, VALUE
from engine.questions import Evaluate, Evaluated

__all__ = ["Evaluators", "Limits"]

KINDS = {"javascript": JAVASCRIPT, "graaljs": JAVASCRIPT, "jq": JQ}
TRIES = 3
_VERY_LONG_NUMBER = re.compile(rb"\d{19}")


class Evaluators:
    """Answers questions between `start`, which returns at once, and `stop`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._pool = Pool(self.limits)

    def start(self) -> None:
        """Let questions come; the children become ready in the background."""
        self._pool.start()

    async def stop(self) -> None:
        """End all children; a question that is being answered raises `Unavailable`. Safe to call twice."""
        await self._pool.stop()

    def process_ids(self) -> list[int]:
        """Of the children that are ready or at work."""
        return self._pool.process_ids()

    async def evaluate(self, question: Evaluate) -> Evaluated:
        """The value, or what is wrong with the expression. Raises `Unavailable` when that cannot be found out now."""
        kind = KINDS.get(question.language)
        if kind is None:
            return Evaluated(error=f"No evaluator registered for type: {question.language}")
        return self._evaluated(await self._ask(kind, question.expression, msgspec.json.encode(question.data)))

    async def syntax_error(self, script: str) -> str | None:
        """Why a text is no JavaScript; None when it is."""
        return self._evaluated(await self._ask(SYNTAX, script, b"null")).error

    async def _ask(self, kind: int, source: str, data: bytes) -> Reply | Gone:
        """A child that died may have been killed for what something else did: then the question is put to another."""
        for _ in range(TRIES - 1):
            reply = await self._ask_once(kind, source, data)
            if not (isinstance(reply, Gone) and reply.reason == DIED):
                return reply
        return await self._ask_once(kind, source, data)

    async def _ask_once(self, kind: int, source: str, data: bytes) -> Reply | Gone:
        child = await self._pool.take(source)
        loop = asyncio.get_running_loop()
        began, alarm = loop.time(), loop.call_later(SLOW_AFTER_S, self._pool.note_slow, source)
        try:
            return await child.ask(kind, source.encode(errors="replace"), data)
        except Gone as gone:
            if gone.stopped:
                raise Unavailable(STOPPING) from gone
            return gone
        finally:
            alarm.cancel()
            self._pool.give_back(child, loop.time() - began)

    def _evaluated(self, reply: Reply | Gone) -> Evaluated:
        if isinstance(reply, Gone):
            return Evaluated(error=reply.reason or self._overdue(), interrupted=True)
        if reply.outcome == VALUE:
            return _decoded(reply.text)
        if reply.outcome == OVERDUE:
            return Evaluated(error=self._overdue(), interrupted=True)
        if reply.outcome == EXHAUSTED:
            return Evaluated(error=f"The expression needs more than its {self.limits.memory_mb} MB of memory.")
        return Evaluated(error=reply.text.decode())

    def _overdue(self) -> str:
        return f"Script not evaluated within {self.limits.seconds:g} seconds, interrupted."


def _decoded(text: bytes) -> Evaluated:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return Evaluated(error=f"The value of the expression is no JSON that can be stored: {error}")
    return Evaluated(_narrowed(value) if _VERY_LONG_NUMBER.search(text) else value)


def _narrowed(value: Json) -> Json:
    """Whole numbers of more than 64 bits as floats: no document can hold them."""
    if isinstance(value, dict):
        return {key: _narrowed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_narrowed(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value)
    return value
