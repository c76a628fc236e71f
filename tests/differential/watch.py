"""Waiting until a server has come to rest: nothing of an execution and its children moves by itself any more."""

from __future__ import annotations

import time
from typing import Any

from tests.conformance.goldenkit.client import Client
from tests.differential.tree import Tree, moves, place
from tests.polling import until

Json = Any

LOOK_EVERY = 0.08
NUDGE_EVERY = 2.0
REST_WITHIN = 20.0
"""Seconds until what has not come to rest is taken as it is."""


class Watch:
    """Looks at executions through one client.

    With `nudged` it asks a server that still moves after a while to decide: the reference leaves executions lying for a
    minute now and then (P16).
    """

    def __init__(self, client: Client, nudged: bool) -> None:
        self._client = client
        self._nudged = nudged

    def at_rest(self, workflow_id: str) -> Tree:
        """The executions when nothing moves, or as they are when the server takes too long."""
        begun = nudged = time.monotonic()
        before: Tree = []

        def probe() -> Tree | None:
            nonlocal before, nudged
            tree, known = self.read(workflow_id), before
            before, now = tree, time.monotonic()
            if (tree == known and not moves(tree)) or now - begun > REST_WITHIN:
                return tree
            if self._nudged and now - nudged > NUDGE_EVERY:
                nudged = now
                self._nudge(tree)
            return None

        return until(probe, f"the executions under {workflow_id} stay the same", 3 * REST_WITHIN, LOOK_EVERY)

    def read(self, workflow_id: str) -> Tree:
        """An execution and its children, those of older attempts too."""
        found: dict[str, Json] = self._client.call("GET", f"/workflow/{workflow_id}").body
        tree = [found]
        for task in sorted(found.get("tasks", []), key=place):
            if task["taskType"] == "SUB_WORKFLOW" and task.get("subWorkflowId"):
                tree += self.read(task["subWorkflowId"])
        return tree

    def _nudge(self, tree: Tree) -> None:
        for workflow in tree:
            if workflow.get("status") == "RUNNING":
                self._client.call("PUT", f"/workflow/decide/{workflow['workflowId']}")
