"""Executes the steps of one scenario against a server and collects what happened."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from .answers import choose, dig, keep_fields, outline, task_result, task_status
from .client import Answer, Client
from .normalise import POLLED_FIELDS, Normaliser, sort_tasks
from .scenario import Scenario, kind_of

Json = Any

PLACEHOLDER = re.compile(r"\{\{([^{}]+)\}\}")
POLL_PAUSE = 0.1
DEFAULT_WITHIN = 15.0
SYSTEM_TYPES = frozenset(
    {
        "DECISION",
        "DO_WHILE",
        "EVENT",
        "EXCLUSIVE_JOIN",
        "FORK",
        "FORK_JOIN",
        "FORK_JOIN_DYNAMIC",
        "HTTP",
        "HUMAN",
        "INLINE",
        "JOIN",
        "JSON_JQ_TRANSFORM",
        "KAFKA_PUBLISH",
        "LAMBDA",
        "NOOP",
        "SET_VARIABLE",
        "START_WORKFLOW",
        "SUB_WORKFLOW",
        "SWITCH",
        "TERMINATE",
        "WAIT",
    }
)
TERMINAL = ("COMPLETED", "FAILED", "TERMINATED", "TIMED_OUT")

#: operation name -> method, path
OPERATIONS: dict[str, tuple[str, str]] = {
    "pause": ("PUT", "/workflow/{id}/pause"),
    "resume": ("PUT", "/workflow/{id}/resume"),
    "retry": ("POST", "/workflow/{id}/retry"),
    "restart": ("POST", "/workflow/{id}/restart"),
    "rerun": ("POST", "/workflow/{id}/rerun"),
    "skip": ("PUT", "/workflow/{id}/skiptask/{ref}"),
    "terminate": ("DELETE", "/workflow/{id}"),
    "remove": ("DELETE", "/workflow/{id}/remove"),
    "decide": ("PUT", "/workflow/decide/{id}"),
    "update-ref": ("POST", "/tasks/{id}/{ref}/{status}"),
    "update-ref-sync": ("POST", "/tasks/{id}/{ref}/{status}/sync"),
    "signal": ("POST", "/tasks/{id}/{status}/signal"),
    "signal-sync": ("POST", "/tasks/{id}/{status}/signal/sync"),
}


class StepFailed(Exception):
    """A step could not be done (nothing to poll, condition not reached, …)."""


class Runner:
    """Runs one scenario once, with names of its own."""

    def __init__(self, scenario: Scenario, base_url: str, stub_url: str) -> None:
        self.scenario = scenario
        self.client = Client(base_url)
        self.run = "_g" + secrets.token_hex(4)
        self.values: dict[str, str] = {"run": self.run, "stub": stub_url, "server": base_url.rstrip("/")}
        self.workflows: dict[str, str] = {}
        self.normaliser = Normaliser(
            {self.run: "{{run}}", stub_url: "{{stub}}", base_url.rstrip("/"): "{{server}}"},
            scenario.data.get("ignore"),
        )

    # ---------------------------------------------------------------- the whole scenario

    def execute(self) -> tuple[list[Json], dict[str, Json], str]:
        """Run everything; return the step results, the final workflows and an error text ('' = none)."""
        results: list[Json] = []
        error = ""
        try:
            self.register()
            for number, step in enumerate(self.scenario.steps, 1):
                try:
                    results.append(self.step(step))
                except StepFailed as failure:
                    error = f"step {number} ({kind_of(step)}): {failure}"
                    break
            return results, self.final_workflows(), error
        finally:
            self.clean_up()
            self.client.close()

    def clean_up(self) -> None:
        """Leave nothing running on the server: end open workflows, delete event handlers."""
        for workflow_id in self.workflows.values():
            status = self.client.call("GET", f"/workflow/{workflow_id}", query={"includeTasks": "false"}).body
            if isinstance(status, dict) and status.get("status") in ("RUNNING", "PAUSED"):
                self.client.call("DELETE", f"/workflow/{workflow_id}")
        for handler in self.scenario.definitions.get("eventHandlers", []):
            self.client.call("DELETE", f"/event/{self.fill(handler['name'])}")

    def register(self) -> None:
        """Register the scenario's definitions; a refusal is an error of the scenario or the server."""
        definitions = self.fill(self.scenario.definitions)
        if definitions.get("taskDefs"):
            self.must("POST", "/metadata/taskdefs", definitions["taskDefs"])
        for workflow in definitions.get("workflowDefs", []):
            self.must("POST", "/metadata/workflow", workflow)
        for handler in definitions.get("eventHandlers", []):
            self.must("POST", "/event", handler)

    def must(self, method: str, path: str, body: Json) -> None:
        answer = self.client.call(method, path, body)
        if not answer.ok:
            raise StepFailed(f"{method} {path} answered {answer.status}: {answer.body}")

    def final_workflows(self) -> dict[str, Json]:
        """The end state of every workflow the scenario started or bound."""
        chosen = self.scenario.data.get("final", list(self.workflows))
        return {alias: self.workflow_state(alias) for alias in chosen if alias in self.workflows}

    def workflow_state(self, alias: str) -> Json:
        """Normalised state of one workflow, or the status code when it cannot be read."""
        answer = self.get_workflow(alias)
        if not answer.ok:
            return {"httpStatus": answer.status}
        state = answer.body
        if not self.scenario.ordered:
            state = sort_tasks(state)
        return self.normaliser.workflow(state)

    # ---------------------------------------------------------------- placeholders

    def fill(self, value: Json) -> Json:
        """Replace `{{…}}` placeholders in strings, deeply."""
        if isinstance(value, str):
            whole = PLACEHOLDER.fullmatch(value)
            return (
                self.resolve(whole.group(1))
                if whole
                else PLACEHOLDER.sub(lambda match: str(self.resolve(match.group(1))), value)
            )
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def resolve(self, name: str) -> Json:
        """Value of one placeholder: a saved value, a workflow alias, or `alias:ref` (newest task id)."""
        if name in self.values:
            return self.values[name]
        if name in self.workflows:
            return self.workflows[name]
        alias, _, reference = name.partition(":")
        if reference and alias in self.workflows:
            return self.find_task(alias, reference)["taskId"]
        raise StepFailed(f"unknown placeholder {{{{{name}}}}}")

    # ---------------------------------------------------------------- reading state

    def get_workflow(self, alias: str) -> Answer:
        return self.client.call("GET", f"/workflow/{self.id_of(alias)}", query={"includeTasks": "true"})

    def id_of(self, alias: str) -> str:
        if alias not in self.workflows:
            raise StepFailed(f"no workflow is known as '{alias}'")
        return self.workflows[alias]

    def find_task(self, alias: str, reference: str) -> dict[str, Json]:
        """Newest task with that reference; raises StepFailed when there is none."""
        answer = self.get_workflow(alias)
        tasks = answer.body.get("tasks", []) if answer.ok else []
        found = [task for task in tasks if task.get("referenceTaskName") == reference]
        if not found:
            raise StepFailed(f"workflow '{alias}' has no task '{reference}'")
        return max(found, key=lambda task: (task.get("seq", 0), task.get("retryCount", 0)))

    def until(self, step: dict[str, Json], probe: Callable[[], Json], what: str) -> Json:
        """Repeat `probe` until it returns something other than None, at most `within` seconds."""
        deadline = time.monotonic() + step.get("within", DEFAULT_WITHIN)
        while True:
            found = probe()
            if found is not None:
                return found
            if time.monotonic() > deadline:
                raise StepFailed(f"not within {step.get('within', DEFAULT_WITHIN)} s: {what}")
            time.sleep(POLL_PAUSE)

    # ---------------------------------------------------------------- steps

    def step(self, step: dict[str, Json]) -> Json:
        """Run one step and return its normalised result."""
        kind = kind_of(step)
        plain = {key: value for key, value in step.items() if key != "expect"}
        return getattr(self, "do_" + kind)(self.fill(plain))

    def do_start(self, step: dict[str, Json]) -> Json:
        """Start a workflow; its id is known as `as` (default "main")."""
        answer = self.client.call("POST", "/workflow", step["start"])
        if answer.ok and isinstance(answer.body, str):
            workflow_id = answer.body.strip().strip('"')
            self.workflows[step.get("as", "main")] = workflow_id
            self.normaliser.known.add(workflow_id)
            return {"status": answer.status}
        return self.answer(answer, step)

    def do_request(self, step: dict[str, Json]) -> Json:
        """Send any HTTP request; `repeatUntil` polls until fields of the body have given values."""
        wanted = step.get("repeatUntil")
        if not wanted:
            return self.answer(self.send(step["request"]), step)

        def probe() -> Answer | None:
            answer = self.send(step["request"])
            good = all(dig(answer.body, path) == value for path, value in wanted.items())
            return answer if good else None

        return self.answer(self.until(step, probe, f"answer with {wanted}"), step)

    def send(self, request: dict[str, Json]) -> Answer:
        return self.client.call(
            request["method"],
            request["path"],
            request.get("body", ...),
            request.get("query"),
            request.get("rawBody"),
            request.get("headers"),
        )

    def do_op(self, step: dict[str, Json]) -> Json:
        """Call one of the named operations on a workflow."""
        method, path = OPERATIONS[step["op"]]
        path = path.format(
            id=self.id_of(step.get("on", "main")), ref=step.get("ref", ""), status=step.get("status", "")
        )
        answer = self.client.call(method, path, step.get("body", ...), step.get("query"))
        return self.answer(answer, step)

    def answer(self, answer: Answer, step: dict[str, Json]) -> Json:
        """Normalise an answer: status code and, unless empty, its body."""
        if not answer.ok and isinstance(answer.body, dict):
            answer.body.pop("instance", None)
        for name, path in step.get("save", {}).items():
            self.values[name] = dig(answer.body, path)
        body = choose(answer.body, step.get("only"))
        if step.get("asWorkflow") and isinstance(body, str):
            self.workflows[step["asWorkflow"]] = body
        if not step.get("raw"):
            if isinstance(body, dict) and "tasks" in body and not self.scenario.ordered:
                body = sort_tasks(body)
            self.normaliser.learn(body)
            body = self.normaliser.value(body)
        else:
            body = self.normaliser.value(body, payload=True)
        body = keep_fields(body, step.get("fields"))
        result = {"status": answer.status}
        if body is not None:
            result["body"] = body
        return result

    def poll(self, task_type: str, step: dict[str, Json]) -> Json:
        """Poll one task of a type; None when there is none."""
        query = {"workerid": step.get("workerId", "golden")}
        if step.get("domain"):
            query["domain"] = step["domain"]
        answer = self.client.call("GET", f"/tasks/poll/{task_type}", query=query)
        return answer.body if answer.status == 200 and answer.body else None

    def do_work(self, step: dict[str, Json]) -> Json:
        """Poll a task of a type and answer it, `times` times."""
        results = [self.work_once(step) for _ in range(step.get("times", 1))]
        return results[0] if len(results) == 1 else results

    def work_once(self, step: dict[str, Json]) -> Json:
        task = self.until(step, lambda: self.poll(step["work"], step), f"a task of type {step['work']}")
        if "saveTask" in step:
            self.values[step["saveTask"]] = task["taskId"]
        result: dict[str, Json] = {"task": self.normaliser.task(task, POLLED_FIELDS)}
        if step.get("status", "COMPLETED") == "NONE":
            return result
        answer = self.client.call("POST", "/tasks", task_result(task, step))
        result["status"] = answer.status
        if not answer.ok:
            result["body"] = self.normaliser.value(answer.body)
        return result

    def do_auto(self, step: dict[str, Json]) -> Json:
        """Complete every worker task of a workflow and its children until it reaches a status.

        Output: `outputs[<reference>]`, else `outputs[<type>]`, else {"ref": <reference>, "ok": true}.
        With `waits`, open WAIT and HUMAN tasks are completed too, as by an operator.
        """
        settings = step["auto"]
        alias = settings.get("workflow", "main")
        wanted = settings.get("until", list(TERMINAL))

        def probe() -> str | None:
            status = self.serve(self.id_of(alias), settings)
            return status if status in wanted else None

        return {"reached": self.until(step, probe, f"workflow '{alias}' in {wanted}")}

    def serve(self, workflow_id: str, settings: dict[str, Json]) -> str:
        """Do the work that one workflow and its children offer now; return the workflow's status."""
        workflow = self.client.call("GET", f"/workflow/{workflow_id}").body
        for task in workflow.get("tasks", []):
            if task["taskType"] == "SUB_WORKFLOW" and task["status"] == "IN_PROGRESS" and task.get("subWorkflowId"):
                self.serve(task["subWorkflowId"], settings)
            elif task["taskType"] in ("WAIT", "HUMAN") and task["status"] == "IN_PROGRESS":
                if settings.get("waits"):
                    self.complete_auto(task, settings)
            elif task["status"] == "SCHEDULED" and task["taskType"] not in SYSTEM_TYPES:
                polled = self.poll(task["taskType"], {**settings, "domain": task.get("domain")})
                if polled is not None:
                    self.complete_auto(polled, settings)
        return str(workflow.get("status", ""))

    def complete_auto(self, task: dict[str, Json], settings: dict[str, Json]) -> None:
        """Complete one task with the output that the rule gives."""
        outputs = settings.get("outputs", {})
        plain = task["referenceTaskName"].partition("__")[0]
        default = {"ref": task["referenceTaskName"], "ok": True}
        output = outputs.get(plain, outputs.get(task["taskType"], default))
        self.client.call("POST", "/tasks", task_result(task, {"output": output}))

    def do_idle(self, step: dict[str, Json]) -> Json:
        """Check that no task of a type can be polled for `seconds` (default 1)."""
        deadline = time.monotonic() + step.get("seconds", 1)
        while time.monotonic() < deadline:
            task = self.poll(step["idle"], step)
            if task is not None:
                return {"polled": task["referenceTaskName"]}
            time.sleep(POLL_PAUSE)
        return {"polled": None}

    def do_wait(self, step: dict[str, Json]) -> Json:
        """Wait until a workflow, or one of its tasks, has one of the given states."""
        wanted = step["wait"]
        alias = wanted.get("workflow", "main")
        states = wanted["status"] if isinstance(wanted["status"], list) else [wanted["status"]]
        last: list[str] = ["nothing seen"]

        def probe() -> str | None:
            answer = self.get_workflow(alias)
            if not answer.ok:
                last[0] = f"HTTP {answer.status}"
                return None
            status = task_status(answer.body, wanted) if "task" in wanted else answer.body.get("status")
            last[0] = f"{status}; " + outline(answer.body)
            return status if status in states else None

        try:
            return {"reached": self.until(step, probe, "")}
        except StepFailed as failure:
            name = f"task {wanted['task']}" if "task" in wanted else f"workflow {alias}"
            raise StepFailed(f"{failure}{name} in {states}; last seen: {last[0]}") from None

    def do_bind(self, step: dict[str, Json]) -> Json:
        """Give a name to a workflow that the server started: a child, or the first search hit."""
        wanted = step["bind"]

        def probe() -> str | None:
            if "search" in wanted:
                answer = self.client.call("GET", "/workflow/search", query={"query": wanted["search"], "size": 10})
                hits = answer.body.get("results", []) if answer.ok else []
                return hits[0]["workflowId"] if hits else None
            try:
                task = self.find_task(wanted.get("workflow", "main"), wanted["task"])
            except StepFailed:
                return None
            child = dig(task, wanted.get("path", "subWorkflowId"))
            return None if child is None else str(child)

        found = self.until(step, probe, f"a workflow for {wanted}")
        self.workflows[step["as"]] = found
        self.normaliser.known.add(found)
        return {"bound": True}

    def do_snapshot(self, step: dict[str, Json]) -> Json:
        """Record the present state of a workflow."""
        return {"workflow": self.workflow_state(step["snapshot"])}

    def do_sleep(self, step: dict[str, Json]) -> Json:
        """Do nothing for some seconds."""
        time.sleep(step["sleep"])
        return {}
