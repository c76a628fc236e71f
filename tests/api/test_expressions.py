"""Expressions on a real server: what hangs hangs alone, and no process is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.polling import until
from tests.rest import Json, Rest, simple
from tests.serving import Server

LATE = "Script not evaluated within 2 seconds, interrupted."
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the children the Linux way")


@pytest.fixture(scope="module")
def hasty() -> Iterator[Server]:
    """A server whose expressions must be done in two seconds."""
    with Server("--memory", environment={"SEGUE_SCRIPT_SECONDS": "2"}) as running:
        yield running


def inline(script: str, **inputs: object) -> Json:
    given = {"evaluatorType": "javascript", "expression": script, **inputs}
    return {"name": "i", "taskReferenceName": "i", "type": "INLINE", "inputParameters": given}


def test_a_script_without_end_fails_its_task_and_nobody_else_notices(hasty: Server) -> None:
    with Rest(hasty.base_url) as rest, Rest(hasty.base_url) as other, ThreadPoolExecutor(8) as starters:
        endless = rest.define([inline("while (true) {}")])
        quick = rest.define([inline("$.n + 1", n="${workflow.input.n}")])
        rest.ended(rest.start(quick, input={"n": 0}))
        hanging = [starters.submit(rest.start, endless) for _ in range(3)]
        slowest, number = 0.0, 0
        while not all(start.done() for start in hanging):
            number += 1
            began = time.monotonic()
            assert other.ended(other.start(quick, input={"n": number}))["output"] == {"result": number + 1}
            slowest = max(slowest, time.monotonic() - began)
        assert number > 10
        assert slowest < 1.8, "somebody has waited for the end of a script that is not theirs"
        for start in hanging:
            failed = rest.ended(start.result(), "FAILED")
            assert failed["output"] == {"error": LATE}
            assert [task["status"] for task in failed["tasks"]] == ["FAILED"]


def test_a_script_that_does_not_parse_is_refused_with_its_place(rest: Rest) -> None:
    switch: Json = {
        "name": "s", "taskReferenceName": "s", "type": "SWITCH", "evaluatorType": "javascript", "expression": "1 +\n)",
        "decisionCases": {"x": [simple("t", "t")]},
    }  # fmt: skip
    definition = {"name": "refused", "version": 1, "tasks": [switch]}
    for answer, path in (
        (rest.http.post("/metadata/workflow", json=definition), "registerWorkflowDef.arg0.tasks[0]"),
        (rest.http.put("/metadata/workflow", json=[definition]), "updateWorkflowDef.arg0[0].tasks[0]"),
        (
            rest.http.post("/workflow", json={"name": "refused", "workflowDef": definition}),
            "startWorkflow.arg0.workflowDef.tasks[0]",
        ),
    ):
        assert answer.status_code == 400
        (violation,) = answer.json()["validationErrors"]
        assert violation["path"] == path
        assert violation["message"].startswith("Expression is not well formatted: SyntaxError: ")
        assert violation["message"].endswith(" at line 2, taskType: SWITCH taskName s")


def children_of(pid: int) -> list[int]:
    """All processes below this one."""
    direct = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
    return direct + [below for child in direct for below in children_of(child)]


def evaluators_of(server: Server) -> list[int]:
    """The processes that evaluate expressions for this server."""
    marked = ((pid, Path(f"/proc/{pid}/cmdline").read_bytes()) for pid in children_of(server.pid))
    return [pid for pid, line in marked if b"engine.evaluators.child" in line]


def alive(pid: int) -> bool:
    """Is there such a process, and no mere remains of one?"""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


@linux
def test_children_killed_from_outside_are_replaced(hasty: Server) -> None:
    with Rest(hasty.base_url) as rest:
        name = rest.define([inline("1")])
        rest.ended(rest.start(name))
        before = until(lambda: evaluators_of(hasty), "there are children")
        for child in before:
            os.kill(child, signal.SIGKILL)
        assert rest.ended(rest.start(name))["output"] == {"result": 1}
        until(lambda: not set(before) & set(evaluators_of(hasty)), "the dead are gone")


@linux
@pytest.mark.parametrize("polite", [True, False], ids=["stopped", "killed"])
def test_no_child_outlives_its_server_not_even_at_work(polite: bool) -> None:
    with Server("--memory", environment={"SEGUE_SCRIPT_SECONDS": "1"}) as server, Rest(server.base_url) as rest:
        endless = rest.define([inline("/^(a+)+$/.test('a'.repeat(40) + 'b')")])
        with ThreadPoolExecutor(1) as starter:
            asked = starter.submit(rest.http.post, "/workflow", json={"name": endless, "input": {}})
            children = until(lambda: evaluators_of(server), "there are children")
            if polite:
                server.stop()
            else:
                server.kill()
            until(lambda: not any(map(alive, children)), "the children are gone")
            until(asked.done, "the client has an answer, or none")
