"""Finding executions, and moving many of them at once."""

from __future__ import annotations

from tests.clients.python.checking import Check, equal, fresh, until
from tests.clients.python.connection import Connection


def search(connection: Connection) -> None:
    """By type and status, by correlation id, in pages."""
    kind = fresh("python_step")
    connection.define(name := fresh("python_flow"), kind)
    started = [connection.start(name, correlation_id=f"{name}-{number % 2}") for number in range(5)]
    connection.finish(kind)
    query = f"workflowType = '{name}' AND status IN (RUNNING)"
    until(lambda: len(connection.workflows.search(query=query).results) == 4, "four of five are found running")
    page = connection.workflows.search(start=1, size=2, query=f"workflowType = '{name}'")
    equal((len(page.results), {result.workflow_type for result in page.results}), (2, {name}))
    related = connection.workflows.get_by_correlation_ids(name, [f"{name}-1"], include_completed=True)
    equal({one.workflow_id for one in related[f"{name}-1"]}, {started[1], started[3]})


def bulk(connection: Connection) -> None:
    """Pause, resume, terminate, restart and retry of several, one of which does not exist."""
    connection.define(name := fresh("python_flow"), fresh("python_step"))
    started = sorted(connection.start(name) for _ in range(3))
    nothing = fresh("nothing")
    answer = connection.bulk.pause_workflow([*started, nothing])
    equal((sorted(answer.bulk_successful_results), list(answer.bulk_error_results)), (started, [nothing]))
    equal({connection.status(one) for one in started}, {"PAUSED"})
    connection.bulk.resume_workflow(started)
    equal({connection.status(one) for one in started}, {"RUNNING"})
    answer = connection.bulk.terminate(started, reason="all of them")
    equal(sorted(answer.bulk_successful_results), started)
    connection.bulk.restart(started, use_latest_definitions=True)
    equal({connection.status(one) for one in started}, {"RUNNING"})
    connection.bulk.terminate(started)
    connection.bulk.retry(started)
    equal({connection.status(one) for one in started}, {"RUNNING"})


CHECKS: dict[str, Check] = {
    "search: queries, pages, correlation ids": search,
    "bulk: pause, resume, terminate, restart, retry": bulk,
}
