"""Routing: literals before templates, whatever the order of declaration."""

from __future__ import annotations

import pytest

from handlers.http.contract import load_document, operation_nodes
from handlers.http.router import Trie
from tests.api.edge.asgi import CONTRACT

NODES = list(operation_nodes(load_document(CONTRACT)))


@pytest.fixture(params=["as written", "backwards"])
def trie(request: pytest.FixtureRequest) -> Trie:
    trie = Trie()
    for path, method, node in NODES if request.param == "as written" else reversed(NODES):
        trie.add(method, path, node["operationId"], "/api")
    return trie


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "values"),
    [
        ("GET", "/api/workflow/search", "searchWorkflows", ()),
        ("GET", "/api/workflow/x", "getWorkflow", ("x",)),
        ("HEAD", "/api/workflow/x", "getWorkflow", ("x",)),
        ("POST", "/api/workflow/search", "startWorkflowByName", ("search",)),
        ("PUT", "/api/workflow/decide/x", "decideWorkflow", ("x",)),
        ("PUT", "/api/workflow/x/pause", "pauseWorkflow", ("x",)),
        ("POST", "/api/tasks/update-v2", "updateTaskV2", ()),
        ("GET", "/api/tasks/update-v2", "getTask", ("update-v2",)),
        ("GET", "/api/tasks/poll/batch/x", "batchPollTasks", ("x",)),
        ("GET", "/api/tasks/poll/batch", "pollTask", ("batch",)),
        ("POST", "/api/tasks/w/r/COMPLETED", "updateTaskByReference", ("w", "r", "COMPLETED")),
        ("POST", "/api/tasks/w/log", "addTaskLog", ("w",)),
        ("DELETE", "/api/event/n", "deleteEventHandler", ("n",)),
    ],
)
def test_the_most_literal_path_that_has_the_method_is_taken(
    trie: Trie, method: str, path: str, operation_id: str, values: tuple[str, ...]
) -> None:
    match = trie.find(method, path)
    assert match.route is not None
    assert (match.route.operation_id, match.values) == (operation_id, values)


@pytest.mark.parametrize(
    "path",
    [
        "/api/token/userInfo",
        "/api",
        "/api/",
        "/api/workflow/",
        "/api/workflow/x/",
        "/api//workflow",
        "/workflow",
        "/api/tasks//log",
    ],
)
def test_what_is_not_in_the_contract_leads_nowhere(trie: Trie, path: str) -> None:
    match = trie.find("GET", path)
    assert (match.route, match.allowed) == (None, frozenset())


def test_a_method_that_no_fitting_path_has_is_answered_with_the_union_of_theirs(trie: Trie) -> None:
    match = trie.find("PATCH", "/api/workflow/search")
    assert match.route is None
    assert match.allowed == {"GET", "HEAD", "POST", "DELETE"}
