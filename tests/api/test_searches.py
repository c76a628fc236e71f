"""Searches over HTTP: executions, tasks, executions by their tasks."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.rest import Json, Rest, assert_error, fresh, simple

SEARCHES = (
    "/workflow/search",
    "/workflow/search-v2",
    "/workflow/search-by-tasks",
    "/workflow/search-by-tasks-v2",
    "/tasks/search",
    "/tasks/search-v2",
)


def found(rest: Rest, path: str, **query: object) -> list[Json]:
    answer = rest.http.get(path, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    results: list[Json] = answer.json()["results"]
    return results


def two_tasks(rest: Rest) -> tuple[str, str, str]:
    """A workflow whose first task is done and whose second waits: (its id, their types)."""
    first, second = fresh("first"), fresh("second")
    identity = rest.start(rest.define([simple(first, "a"), simple(second, "b")]), correlationId=fresh("c"))
    rest.update(rest.poll(first, workerid="w"), output={"n": {"m": 1}})
    return identity, first, second


def test_tasks_are_found_as_they_are_now(rest: Rest) -> None:
    identity, first, second = two_tasks(rest)
    (done,) = found(rest, "/tasks/search", query=f"taskType={first} AND status=COMPLETED")
    assert (done["workflowId"], done["output"], done["taskDefName"]) == (identity, "{n={m=1}}", first)
    assert done["endTime"] > done["scheduledTime"] > "2000"
    (waiting,) = found(rest, "/tasks/search", query=f"taskType IN ({second})")
    assert (waiting["status"], waiting["startTime"]) == ("SCHEDULED", "1970-01-01T00:00:00.000Z")
    assert found(rest, "/tasks/search", query=f"taskType={second} AND status=IN_PROGRESS") == []
    rest.poll(second)
    (polled,) = found(rest, "/tasks/search", query=f"taskType={second} AND status=IN_PROGRESS")
    assert polled["taskId"] == waiting["taskId"]


def test_tasks_of_a_workflow_by_its_id_in_order(rest: Rest) -> None:
    identity, first, second = two_tasks(rest)
    rows = found(rest, "/tasks/search-v2", query=f"workflowId={identity}", sort="scheduledTime:ASC|taskId:ASC")
    assert [row["taskType"] for row in rows] == [first, second]
    assert rows[0] == rest.http.get(f"/tasks/{rows[0]['taskId']}").json()


def test_workflows_are_found_by_their_tasks_once(rest: Rest) -> None:
    identity, first, second = two_tasks(rest)
    query = f"taskType={first} OR taskType={second}"
    (summary,) = found(rest, "/workflow/search-by-tasks", query=query)
    assert (summary["workflowId"], summary["status"]) == (identity, "RUNNING")
    (whole,) = found(rest, "/workflow/search-by-tasks-v2", query=query)
    assert (whole["workflowId"], whole["tasks"]) == (identity, [])
    (other,) = found(rest, "/workflow/search-v2", query=f"workflowId={identity}")
    assert other == whole


@pytest.mark.parametrize("path", SEARCHES)
@pytest.mark.parametrize(
    ("query", "column"),
    [("status", 7), ("status=A AND (startTime>1", 26), ("startTime>soon", 11), ("status=A status=B OR", 21)],
)
def test_a_bad_query_is_a_400_that_points_at_the_column(rest: Rest, path: str, query: str, column: int) -> None:
    body = assert_error(rest.http.get(path, params={"query": query}), 400)
    assert body["message"].startswith(f"Incorrectly formatted query string: {query} (column {column}: expected ")


@pytest.mark.parametrize("path", SEARCHES)
def test_a_page_has_its_limits(rest: Rest, path: str) -> None:
    assert_error(rest.http.get(path, params={"size": 5001}), 400)
    assert_error(rest.http.get(path, params={"start": -1}), 400)
    assert rest.http.get(path, params={"size": 0, "query": "workflowId=nobody"}).json() == {
        "totalHits": 0,
        "results": [],
    }


def test_executions_are_of_the_class_that_their_definition_says(rest: Rest) -> None:
    """As the reference does it: letter by letter, and what is no text is none."""
    metadata: list[dict[str, object]] = [{"classifier": given} for given in ("Agent", "Agent", "", 5)]
    names = [rest.define([simple(fresh("kind"), "a")], metadata=each) for each in (*metadata, {})]
    for name in names:
        rest.start(name)
    asked = f"workflowType IN ({','.join(names)})"
    rows = found(rest, "/workflow/search", query=asked)
    assert Counter(row["classifier"] for row in rows) == {"Agent": 2, "workflow": 3}
    assert {row["workflowId"] for row in found(rest, "/workflow/search", query=asked, classifier="Agent")} == {
        row["workflowId"] for row in rows if row["classifier"] == "Agent"
    }
    assert found(rest, "/workflow/search", query=asked, classifier="agent") == []
    assert len(found(rest, "/workflow/search", query=asked, classifier="workflow")) == 3


def test_pages_make_up_the_whole(rest: Rest) -> None:
    kind = fresh("kind")
    name = rest.define([simple(kind, "a")])
    identities = {rest.start(name) for _ in range(5)}
    for path, query in (("/workflow/search", f"workflowType={name}"), ("/tasks/search", f"taskType={kind}")):
        pages = [rest.http.get(path, params={"query": query, "start": start, "size": 2}).json() for start in (0, 2, 4)]
        assert {page["totalHits"] for page in pages} == {5}
        assert {row["workflowId"] for page in pages for row in page["results"]} == identities
