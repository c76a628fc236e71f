"""Random trees of workflow definitions as JSON: leaves, workflows in the middle and roots."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

Json = dict[str, Any]
LEVELS = ("leaf", "middle", "root")
EACH = 4
"""How many definitions a level has."""
TYPES = ("quick", "steady")
"""The kinds of worker tasks; the second one's definition has retries and a response timeout."""
AFTER_FAILURE = "after_failure"
LIST = [1, 2]


class Trees:
    """All definitions of a run; their names begin with its prefix."""

    def __init__(self, prefix: str, chance: Random) -> None:
        self.prefix, self._chance = prefix, chance
        self._numbers = count(1)

    def names(self, level: str) -> list[str]:
        return [f"{self.prefix}_{level}_{number}" for number in range(EACH)]

    def task_types(self) -> list[str]:
        return [f"{self.prefix}_{kind}" for kind in TYPES]

    def task_definitions(self) -> list[Json]:
        steady = {"retryCount": 1, "retryDelaySeconds": 1, "responseTimeoutSeconds": 2, "timeoutSeconds": 0}
        plain = {"retryCount": 0, "responseTimeoutSeconds": 2, "timeoutSeconds": 0}
        return [{"name": self.task_types()[0], **plain}, {"name": self.task_types()[1], **steady}]

    def definitions(self) -> Iterator[Json]:
        """Children before their parents."""
        after = f"{self.prefix}_{AFTER_FAILURE}"
        yield self._definition(after, [self._simple()], {})
        for below, level in zip((None, *LEVELS[:-1]), LEVELS, strict=True):
            for name in self.names(level):
                tasks = self._list(below, depth=2)
                if below:
                    tasks.insert(self._chance.randrange(len(tasks) + 1), self._child(below))
                extra: Json = {"failureWorkflow": after} if self._chance.random() < 0.2 else {}
                if self._chance.random() < 0.2:
                    extra |= {"timeoutSeconds": 20, "timeoutPolicy": "TIME_OUT_WF"}
                if level == "leaf" and self._chance.random() < 0.2:
                    extra["rateLimitConfig"] = {"rateLimitKey": "", "concurrentExecLimit": 3}
                yield self._definition(name, tasks, extra)

    def _definition(self, name: str, tasks: list[Json], extra: Json) -> Json:
        return {
            "name": name, "version": 1, "schemaVersion": 2, "ownerEmail": "soak@example.com", "tasks": tasks, **extra,
        }  # fmt: skip

    def _list(self, below: str | None, depth: int) -> list[Json]:
        made: list[Json] = []
        for _ in range(self._chance.randint(1, 3)):
            kinds = ["simple", "simple", "simple", "wait", "human", "variable", "inline", "optional"]
            kinds += ["child", "child"] if below else []
            kinds += ["fork", "switch", "loop"] if depth > 0 else []
            made += self._made(self._chance.choice(kinds), below, depth - 1)
        return made

    def _made(self, kind: str, below: str | None, depth: int) -> list[Json]:
        match kind:
            case "fork":
                return self._fork(below, depth)
            case "switch":
                cases = {"a": self._list(below, depth), "b": self._list(below, depth)}
                given = {"evaluatorType": "value-param", "expression": "which", "decisionCases": cases}
                return [self._task("SWITCH", {"which": self._chance.choice("abc")}, **given)]
            case "loop":
                return [self._task("DO_WHILE", {}, items="${workflow.input.list}", loopOver=self._list(below, depth))]
            case "child" if below:
                return [self._child(below)]
            case "wait":
                return [self._task("WAIT", {"duration": "1 seconds"})]
            case "human":
                return [self._task("HUMAN", {})]
            case "variable":
                return [self._task("SET_VARIABLE", {"v": "${workflow.input.list}"})]
            case "inline":
                return [self._task("INLINE", {"evaluatorType": "javascript", "expression": "1 + 1"})]
            case _:
                return [self._simple(optional=kind == "optional")]

    def _fork(self, below: str | None, depth: int) -> list[Json]:
        branches = [self._list(below, depth) for _ in range(self._chance.randint(2, 3))]
        tails = [branch[-1]["taskReferenceName"] for branch in branches]
        return [self._task("FORK_JOIN", {}, forkTasks=branches), self._task("JOIN", {}, joinOn=tails)]

    def _child(self, below: str) -> Json:
        given = {"list": [1]}
        return self._task("SUB_WORKFLOW", given, subWorkflowParam={"name": self._chance.choice(self.names(below))})

    def _simple(self, **fields: Any) -> Json:
        return self._task("SIMPLE", {}, name=self._chance.choice(self.task_types()), **fields)

    def _task(self, kind: str, given: Json, **fields: Any) -> Json:
        number = next(self._numbers)
        named = {"name": f"{self.prefix}_{kind.lower()}", "taskReferenceName": f"t{number}", "type": kind}
        return {**named, "inputParameters": given, **fields}
