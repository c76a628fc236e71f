"""What is asked of a store with many executions: the searches that consoles, command lines and people send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from tests.stored.executions import FIRST, LAST, correlation, identity

MONTH = 30 * 86_400_000
SINCE, UNTIL = FIRST + MONTH, LAST - 2 * MONTH
Asked = Mapping[str, str]


class Question(NamedTuple):
    """A search: its name, its path, and its parameters for the n-th time it is asked."""

    name: str
    path: str
    asked: Callable[[int], Asked]

    def url(self, number: int, start: int, size: int) -> str:
        """Path and parameters of one page."""
        return f"{self.path}?{urlencode({**self.asked(number), 'start': start, 'size': size})}"


def _executions(name: str, **asked: str) -> Question:
    return Question(name, "/workflow/search", lambda _: asked)


def _tasks(name: str, **asked: str) -> Question:
    return Question(name, "/tasks/search", lambda _: asked)


def questions(stored: int, base: int) -> list[Question]:
    """All of them; those that name an execution name one that both the full store and its base hold."""
    step = stored // base

    def named(text: Callable[[int], str], parameter: str) -> Callable[[int], Asked]:
        return lambda number: {parameter: text(number * 7 % base * step)}

    return [
        _executions("all", freeText="*"),
        _executions("newest first", sort="startTime:DESC"),
        _executions("by type", query="workflowType IN (order)", sort="startTime:DESC"),
        _executions("by two types", query="workflowType IN (order,refund)", sort="startTime:DESC"),
        _executions("by status", query="status=FAILED", sort="startTime:DESC"),
        _executions("by type and status", query='workflowType="order" AND status IN (COMPLETED)'),
        _executions("by type, status, since", query=f"workflowType=order AND status=FAILED AND startTime>{SINCE}"),
        _executions("by a range of start times", query=f"startTime>{SINCE} AND startTime<{UNTIL}"),
        Question("by correlationId", "/workflow/search", named(lambda n: f"correlationId='{correlation(n)}'", "query")),
        Question("by workflowId", "/workflow/search", named(lambda n: f"workflowId='{identity(n, stored)}'", "query")),
        Question("free text: an id", "/workflow/search", named(lambda n: identity(n, stored), "freeText")),
        _executions("topLevelOnly", topLevelOnly="true"),
        _executions("classifier=agent, topLevelOnly", classifier="agent", topLevelOnly="true"),
        _executions("classifier=workflow", classifier="workflow"),
        _executions("sort=endTime:DESC", sort="endTime:DESC"),
        _executions("by type, sort=endTime:DESC", query="workflowType=order", sort="endTime:DESC"),
        _executions("sort=updateTime:DESC", sort="updateTime:DESC"),
        _tasks("tasks: all"),
        _tasks("tasks: by taskType", query="taskType=charge_card"),
        _tasks("tasks: by workflowType", query="workflowType=refund"),
        _tasks("tasks: by status", query="status=FAILED"),
        _tasks("tasks: by status and type", query="status IN (FAILED) AND taskType IN (HTTP)"),
    ]  # fmt: skip


DEEP = 10_000
"""The page that starts there is compared with the deepest full page of the base."""
DEEPLY = frozenset({"all", "tasks: all"})
"""The questions that are asked for it."""
