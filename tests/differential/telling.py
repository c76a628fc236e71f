"""Tells one story to one server, step by step, and says how it ended."""

from __future__ import annotations

import secrets
from functools import reduce
from typing import Any, NamedTuple

import httpx

from tests.conformance.goldenkit.client import Client
from tests.conformance.goldenkit.normalise import Normaliser, sort_tasks
from tests.differential.definitions import BYSTANDER, OWNER, WORKERS, Node, node, places
from tests.differential.ending import Done, Ending
from tests.differential.stories import INTERRUPTIONS, REVIVALS, Answer, Operation, Story
from tests.differential.tree import ENDED, Tree, broken_join, moves, open_tasks, overcome, place, plain
from tests.differential.watch import Watch

Json = Any

MOST_ANSWERS = 80
PAUSED_FOR = 2
"""Answers given while an execution is paused."""
FITS = {
    "pause": ("RUNNING",),
    "skip": ("RUNNING",),
    "terminate": ("RUNNING", "PAUSED", "FAILED"),
    **dict.fromkeys(REVIVALS, ENDED),
}
"""The executions that an operation may be done to; what is refused is tested elsewhere."""
NEVER_SKIPPED = frozenset({"FORK_JOIN", "FORK_JOIN_DYNAMIC", "JOIN", "EXCLUSIVE_JOIN", "TERMINATE"})
"""A JOIN over what is skipped, and a dynamic fork behind it, stop the reference for good (S5)."""

_BYSTANDER: Node = {"name": BYSTANDER, "version": 1, "ownerEmail": OWNER, "tasks": [node("NOOP", "n")]}


class Side(NamedTuple):
    """A server to tell stories to."""

    base_url: str
    stub: str
    """What HTTP tasks call."""
    nudged: bool = False
    """Whether it is asked to decide when it takes its time."""


class Telling:
    """One story on one server, under names of its own."""

    def __init__(self, story: Story, side: Side) -> None:
        self._story = story
        self._client = Client(side.base_url)
        self._names = {"{{run}}": "_d" + secrets.token_hex(4), "{{stub}}": side.stub}
        self._normaliser = Normaliser({value: key for key, value in self._names.items()})
        self._watch = Watch(self._client, side.nudged)
        self._places = {name: where for each in story.definitions for name, where in places(each).items()}
        self._operations = list(story.operations)
        self._since = self._answered = 0
        self._paused: str | None = None
        self._done: list[Done] = []
        self._left_lying = self._broken_join = False

    def tell(self) -> Ending:
        """Register, start, go on until the end, and leave nothing open behind."""
        try:
            return self._begun()
        except httpx.TransportError as error:
            return Ending(problem=f"no answer: {error!r}")
        finally:
            self._client.close()

    def _begun(self) -> Ending:
        refused = self._register()
        if refused:
            return Ending(problem=refused)
        request = {"name": self._fill(self._story.definitions[0]["name"]), "input": self._fill(self._story.given)}
        answer = self._client.call("POST", "/workflow", request)
        return self._told(str(answer.body)) if answer.ok else Ending(problem=f"start: {answer.status}")

    def _register(self) -> str:
        defs = [
            {"name": name, "ownerEmail": OWNER, "retryCount": retries, "retryDelaySeconds": 0}
            for name, retries in WORKERS.items()
        ]
        self._client.call("POST", "/metadata/taskdefs", self._fill(defs))
        for definition in (_BYSTANDER, *reversed(self._story.definitions)):
            answer = self._client.call("POST", "/metadata/workflow", self._fill(definition))
            if not answer.ok:
                return f"registration: {answer.status}"
        return ""

    def _told(self, workflow_id: str) -> Ending:
        try:
            problem: str | None = None
            while problem is None:
                tree = self._watch.at_rest(workflow_id)
                self._left_lying = self._left_lying or moves(tree)
                self._broken_join = self._broken_join or broken_join(tree)
                problem = self._step(tree)
            shown = [self._normaliser.workflow(sort_tasks(workflow)) for workflow in tree]
            done = [done._replace(what=self._normaliser.text(done.what)) for done in self._done]
            return Ending(shown, problem, done, self._left_lying, self._broken_join)
        finally:
            self._client.call("DELETE", f"/workflow/{workflow_id}")

    def _step(self, tree: Tree) -> str | None:
        """Do what comes next; None, or why nothing does ("" = the story has been told)."""
        waiting = open_tasks(tree)
        if self._answered > MOST_ANSWERS:
            return "endless"
        if self._paused is not None and (self._since >= PAUSED_FOR or not waiting):
            self._resume(self._paused)
        elif self._is_due(tree, waiting):
            self._operate(self._operations.pop(0), tree)
        elif tree[0]["status"] in ENDED:
            return ""
        elif waiting:
            self._answer(waiting[self._turn() % len(waiting)])
        else:
            return "stuck"
        return None

    def _is_due(self, tree: Tree, waiting: list[Json]) -> bool:
        """The next operation is: after so many answers, or when there is nothing else to do."""
        if not self._operations or self._paused is not None:
            return False
        due = self._operations[0].kind in INTERRUPTIONS and self._since >= self._operations[0].after
        return due or tree[0]["status"] in ENDED or not waiting

    def _turn(self) -> int:
        order = self._story.order
        return order[self._answered % len(order)]

    def _answer(self, task: dict[str, Json]) -> None:
        name = plain(task)
        said = self._story.answers.get(name, [])
        answer = said[task["retryCount"]] if task["retryCount"] < len(said) else Answer("COMPLETED", {"x": name})
        ids = {"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"]}
        reason = {} if answer.status == "COMPLETED" else {"reasonForIncompletion": f"{name} broke"}
        self._client.call("POST", "/tasks", {**ids, "status": answer.status, "outputData": answer.output, **reason})
        self._answered, self._since = self._answered + 1, self._since + 1
        self._done.append(Done("answer", f"{task['referenceTaskName']}#{task['retryCount']} {answer.status}"))

    # ------------------------------------------------------------------ operators

    def _operate(self, operation: Operation, tree: Tree) -> None:
        """Do it to one of the executions that it fits; to none when it fits none."""
        fitting = [workflow for workflow in tree if workflow.get("status") in FITS[operation.kind]]
        if operation.kind in REVIVALS and tree[0]["status"] not in ENDED:
            fitting = []
        if fitting:
            self._since = 0
            self._done.append(self._do(operation, fitting[operation.execution % len(fitting)]))

    def _do(self, operation: Operation, workflow: dict[str, Json]) -> Done:
        workflow_id, kind = workflow["workflowId"], operation.kind
        where = f"{self._normaliser.text(workflow['workflowName'])}, which was {workflow['status']}"
        if kind == "terminate":
            return self._call(kind, where, "DELETE", f"/workflow/{workflow_id}?reason=enough")
        if kind == "pause":
            self._paused = workflow_id
            return self._call(kind, where, "PUT", f"/workflow/{workflow_id}/pause")
        if kind == "skip":
            return self._skip(operation, workflow, where)
        if kind == "rerun from":
            return self._rerun(operation, workflow, where)
        paths = {"retry": "retry", "resume": "retry?resumeSubworkflowTasks=true", "restart": "restart"}
        if kind in paths:
            return self._call(kind, where, "POST", f"/workflow/{workflow_id}/{paths[kind]}")
        return self._call(kind, where, "POST", f"/workflow/{workflow_id}/rerun", {})

    def _skip(self, operation: Operation, workflow: dict[str, Json], where: str) -> Done:
        begun = {plain(task) for task in workflow["tasks"]}
        nodes = workflow["workflowDefinition"]["tasks"]
        free = [node for node in nodes if node["taskReferenceName"] not in begun and node["type"] not in NEVER_SKIPPED]
        if not free or any(kind == "FORK_JOIN_DYNAMIC" for kind, _ in places(workflow["workflowDefinition"]).values()):
            return Done("nothing to skip", where)
        reference = free[operation.task % len(free)]["taskReferenceName"]
        # without a body: the reference does not read it
        path = f"/workflow/{workflow['workflowId']}/skiptask/{reference}"
        return self._call("skip", f"{reference} of {where}", "PUT", path)

    def _rerun(self, operation: Operation, workflow: dict[str, Json], where: str) -> Done:
        tasks = sorted(workflow["tasks"], key=place)
        if not tasks:
            return Done("nothing to rerun", where)
        task = tasks[operation.task % len(tasks)]
        path, body = f"/workflow/{workflow['workflowId']}/rerun", {"reRunFromTaskId": task["taskId"]}
        # what no definition has stands in a dynamic fork
        inside = self._places.get(plain(task), ("", ("FORK_JOIN_DYNAMIC",)))[1]
        named = f"{task['referenceTaskName']}#{task['retryCount']} of {where}"
        done = self._call("rerun from", named, "POST", path, body)
        return done._replace(task_type=task["taskType"], inside=inside, overcome=overcome(tasks, task))

    def _resume(self, workflow_id: str) -> None:
        self._paused, self._since = None, 0
        self._done.append(self._call("go on", "", "PUT", f"/workflow/{workflow_id}/resume"))

    def _call(self, kind: str, where: str, method: str, path: str, body: Json = ...) -> Done:
        answer = self._client.call(method, path, body)
        return Done(kind, where + ("" if answer.ok else ": refused"))

    def _fill(self, value: Json) -> Json:
        if isinstance(value, str):
            return reduce(lambda text, name: text.replace(name, self._names[name]), self._names, value)
        if isinstance(value, list):
            return [self._fill(item) for item in value]
        if isinstance(value, dict):
            return {key: self._fill(item) for key, item in value.items()}
        return value
