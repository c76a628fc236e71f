"""What operators do to executions, as requests: most are refused by the state that an execution is in, and may be."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]


class Order(NamedTuple):
    """One request."""

    method: str
    path: str
    body: object = None
    removes: bool = False
    """The execution may be gone afterwards."""


Make = Callable[[Json, Random], Order]
"""The request for an execution, as a GET has shown it with its tasks."""


def _simple(method: str, path: str, **fields: Any) -> Make:
    return lambda seen, _: Order(method, path.format(id=seen["workflowId"]), **fields)


def _bulk(method: str, path: str, **fields: Any) -> Make:
    return lambda seen, _: Order(method, f"/workflow/bulk/{path}", [seen["workflowId"]], **fields)


def _rerun_from(seen: Json, chance: Random) -> Order:
    tasks = [task["taskId"] for task in seen["tasks"]]
    body = {"reRunFromTaskId": chance.choice(tasks)} if tasks else {}
    return Order("POST", f"/workflow/{seen['workflowId']}/rerun", body)


def _skip(seen: Json, chance: Random) -> Order:
    names = [node["taskReferenceName"] for node in seen["workflowDefinition"]["tasks"]]
    return Order("PUT", f"/workflow/{seen['workflowId']}/skiptask/{chance.choice(names)}", {"taskOutput": {"x": 1}})


OPEN: dict[str, Make] = {
    "pause": _simple("PUT", "/workflow/{id}/pause"),
    "resume": _simple("PUT", "/workflow/{id}/resume"),
    "terminate": _simple("DELETE", "/workflow/{id}?reason=soak"),
    "terminate with failure workflow": _simple("DELETE", "/workflow/{id}?triggerFailureWorkflow=true"),
    "terminate and remove": _simple("DELETE", "/workflow/{id}/terminate-remove?archiveWorkflow=false", removes=True),
    "skip": _skip,
    "decide": _simple("PUT", "/workflow/decide/{id}"),
    "reset callbacks": _simple("POST", "/workflow/{id}/resetcallbacks", body={}),
    "signal": _simple("POST", "/tasks/{id}/COMPLETED/signal", body={}),
    "bulk pause": _bulk("PUT", "pause"),
    "bulk resume": _bulk("PUT", "resume"),
    "bulk terminate": _bulk("POST", "terminate"),
}
ENDED: dict[str, Make] = {
    "restart": _simple("POST", "/workflow/{id}/restart"),
    "retry": _simple("POST", "/workflow/{id}/retry"),
    "retry, resume": _simple("POST", "/workflow/{id}/retry?resumeSubworkflowTasks=true"),
    "rerun": _simple("POST", "/workflow/{id}/rerun", body={}),
    "rerun from a task": _rerun_from,
    "rerun from a task, again": _rerun_from,
    "remove": _simple("DELETE", "/workflow/{id}/remove?archiveWorkflow=false", removes=True),
    "archive": _simple("DELETE", "/workflow/{id}/remove"),
    "bulk restart": _bulk("POST", "restart"),
    "bulk retry": _bulk("POST", "retry"),
}


def order_for(seen: Json, chance: Random) -> tuple[str, Order]:
    """A random operation, of those that make sense for it nine times out of ten."""
    sensible, other = (OPEN, ENDED) if seen["status"] in ("RUNNING", "PAUSED") else (ENDED, OPEN)
    chosen = sensible if chance.random() < 0.9 else other
    name = chance.choice(list(chosen))
    return name, chosen[name](seen, chance)
