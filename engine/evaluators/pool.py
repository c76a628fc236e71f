"""The evaluator children of a server, and whose turn it is.

A question takes a free child, or waits for one. When none becomes free for a while, because scripts hold them up,
another child is started, to a limit. An expression that is known to be slow gets one child at a time, however many
questions ask for it: the other children stay free for everybody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from engine.errors import Unavailable
from engine.evaluators.process import Child, Limits

SLOW_AFTER_S = 0.2
WARM_AFTER_S = 0.3
"""Starting children is left until the server itself has started."""
PATIENCE_S = 0.3
"""How long a question waits for a free child before another one is started."""
SLOW_KNOWN = 1000
STOPPING = "The server is stopping; try again."


@dataclass(eq=False, slots=True)
class Turn:
    """A question that waits for a child."""

    source: str
    child: asyncio.Future[Child]


class Pool:
    """Lends children, between `start` and `stop`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._children: set[Child] = set()
        self._idle: list[Child] = []
        self._busy: dict[Child, str] = {}
        self._waiting: deque[Turn] = deque()
        self._held_back: deque[Turn] = deque()
        """The turns of slow expressions while another of them runs."""
        self._slow: dict[int, None] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._warming: asyncio.TimerHandle | None = None
        self._open = False

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Let questions come. The children are started when the first one comes, or else in a moment."""
        self._open = True
        self._warming = asyncio.get_running_loop().call_later(WARM_AFTER_S, self._fill)

    async def stop(self) -> None:
        """End all children; whoever waits gets `Unavailable`. Safe to call twice."""
        self._open = False
        if self._warming is not None:
            self._warming.cancel()
        self._refuse(Unavailable(STOPPING))
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        children = tuple(self._children)
        for child in children:
            child.kill()
        for child in children:
            await child.ended()

    def process_ids(self) -> list[int]:
        """Of the children that are ready or at work."""
        return [child.process_id for child in self._children if child.alive and child.process_id is not None]

    def _fill(self) -> None:
        while self._open and len(self._children) < self._limits.children:
            self._start_child()

    def _start_child(self) -> None:
        child = Child(self._limits, self._ended)
        self._children.add(child)
        task = asyncio.get_running_loop().create_task(self._started(child))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _started(self, child: Child) -> None:
        try:
            await child.start()
        except Exception as error:  # the top of a task: whoever waits for this child is told
            self._children.discard(child)
            if not self._children:
                self._refuse(Unavailable(f"No evaluator process could be started: {error}"))
            return
        self._idle.append(child)
        self._serve()

    def _ended(self, child: Child) -> None:
        """One that had been ready is replaced at once; one that never was would not be ready the next time either."""
        self._children.discard(child)
        if child in self._idle:
            self._idle.remove(child)
        if child.was_ready:
            self._fill()

    def _refuse(self, error: Unavailable) -> None:
        for turn in (*self._waiting, *self._held_back):
            if not turn.child.done():
                turn.child.set_exception(error)
        self._waiting.clear()
        self._held_back.clear()

    # ------------------------------------------------------------------ turns

    async def take(self, source: str) -> Child:
        """A child for this expression, to be given back. Raises `Unavailable` when there is none to be had."""
        if not self._open:
            raise Unavailable(STOPPING)
        return self._lend(source) or await self._wait(source)

    def give_back(self, child: Child, seconds: float) -> None:
        """The child is free again, after so many seconds."""
        source = self._busy.pop(child)
        if seconds < SLOW_AFTER_S:
            self._slow.pop(hash(source), None)
        if child.alive:
            self._idle.append(child)
        self._serve()
        if self._idle and len(self._children) > self._limits.children:
            self._idle.pop().kill()

    def note_slow(self, source: str) -> None:
        """This expression has run for `SLOW_AFTER_S` and goes on."""
        self._slow.pop(hash(source), None)
        self._slow[hash(source)] = None
        if len(self._slow) > SLOW_KNOWN:
            del self._slow[next(iter(self._slow))]

    def _lend(self, source: str) -> Child | None:
        if self._is_held_back(source):
            return None
        while self._idle:
            child = self._idle.pop()
            if child.runs():
                self._busy[child] = source
                return child
        return None

    def _is_held_back(self, source: str) -> bool:
        return hash(source) in self._slow and any(hash(other) in self._slow for other in self._busy.values())

    async def _wait(self, source: str) -> Child:
        loop = asyncio.get_running_loop()
        turn = Turn(source, loop.create_future())
        (self._held_back if self._is_held_back(source) else self._waiting).append(turn)
        self._fill()
        alarm = loop.call_later(PATIENCE_S, self._grow, turn)
        try:
            return await turn.child
        except asyncio.CancelledError:
            if turn.child.done() and not turn.child.cancelled() and turn.child.exception() is None:
                self.give_back(turn.child.result(), 0)
            raise
        finally:
            alarm.cancel()

    def _grow(self, turn: Turn) -> None:
        """It has waited long enough for one of the children that there are."""
        full = len(self._children) >= self._limits.most
        if self._open and not full and not turn.child.done() and not self._is_held_back(turn.source):
            self._start_child()

    def _serve(self) -> None:
        """Hand out free children; the line of slow expressions comes first, but gets one child only."""
        while self._idle and self._held_back and not self._is_held_back(self._held_back[0].source):
            self._hand_to(self._held_back.popleft())
        while self._idle and self._waiting:
            turn = self._waiting.popleft()
            if self._is_held_back(turn.source):
                self._held_back.append(turn)
            else:
                self._hand_to(turn)

    def _hand_to(self, turn: Turn) -> None:
        if turn.child.done():
            return
        child = self._lend(turn.source)
        if child is None:
            self._waiting.appendleft(turn)
        else:
            turn.child.set_result(child)
