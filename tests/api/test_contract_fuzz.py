"""schemathesis throws what the contract allows and what it forbids at a real server; every answer must fit it.

Thousands of cases in the suite (most are its systematic ones, each rule of the contract broken once) and 50,000 in
`scripts/test-long`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from tests.serving import PROJECT, Server

LONG = settings.get_current_profile_name() == "long"
EXAMPLES = 200 if LONG else 10  # random ones of each operation, beside the systematic ones
LONGEST_POLL_MS = 20

# A whole workflow definition is a part of them, as of the registration: its thousands of systematic cases are enough.
REPEATING = [
    "PUT /metadata/workflow",
    "POST /metadata/workflow/validate",
    "POST /workflow",
    "POST /workflow/execute/{name}/{version}",
    "POST /workflow/test",
]
UNSYSTEMATIC = {"include-name": REPEATING, "phases": {"coverage": {"enabled": False}}}

schema = schemathesis.openapi.from_path(
    PROJECT / "openapi.yaml",
    config=schemathesis.Config.from_dict({} if LONG else {"operations": [UNSYSTEMATIC]}),
)

# Any text is a log line, so no body of this operation can be wrong, whatever its type.
RAW_TEXT = {"POST /tasks/{taskId}/log"}
# Rules that a schema cannot say (non-empty names, the search grammar ...): some requests that fit it are refused.
OWN_RULES = {
    "POST /metadata/workflow",
    "PUT /metadata/workflow",
    "POST /metadata/taskdefs",
    "PUT /metadata/taskdefs",
    "POST /metadata/workflow/validate",
    "POST /workflow",
    "POST /workflow/test",
    "POST /workflow/{workflowId}",
    "POST /workflow/execute/{name}/{version}",
    "GET /workflow/search",
    "GET /workflow/search-v2",
    "GET /workflow/search-by-tasks",
    "GET /workflow/search-by-tasks-v2",
    "GET /tasks/search",
    "GET /tasks/search-v2",
    "GET /workflow/externalstoragelocation",
    "GET /workflow/external-storage-location",
    "GET /tasks/externalstoragelocation",
    "GET /tasks/external-storage-location",
    "POST /queue/update/{workflowId}/{taskRefName}/{status}",
    "POST /queue/update/{workflowId}/task/{taskId}/{status}",
    "POST /tasks",
    "POST /tasks/update-v2",
    "POST /event",
    "PUT /event",
    "POST /scheduler/schedules",
    "GET /scheduler/nextFewSchedules",
    "GET /scheduler/search/executions",
}
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.positive_data_acceptance,
]


@pytest.fixture(scope="session")
def fuzzed_server() -> Iterator[Server]:
    """A server of its own: it gets hundreds of strange definitions."""
    with Server("--memory", "--no-access-log") as server:
        yield server


@pytest.mark.slow
@pytest.mark.timeout(3600 if LONG else 300)
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_every_answer_is_in_the_contract(fuzzed_server: Server, case: Any) -> None:
    _shorten_polls(case)
    response = case.call(base_url=fuzzed_server.base_url)
    case.validate_response(response, checks=CHECKS, excluded_checks=_not_applicable(case.operation.label, response))


def _not_applicable(label: str, response: Any) -> list[Any]:
    lenient = label in RAW_TEXT or _says_nothing(response)
    strict = label in OWN_RULES
    return [openapi_checks.negative_data_rejection] * lenient + [openapi_checks.positive_data_acceptance] * strict


def _shorten_polls(case: Any) -> None:
    """Nothing can arrive while a case waits, so a valid long poll need not be long."""
    waits = str((case.query or {}).get("timeout"))
    if waits.isdecimal() and LONGEST_POLL_MS < int(waits) <= 5000:
        case.query["timeout"] = LONGEST_POLL_MS


def _says_nothing(response: Any) -> bool:
    """Whether the query has a value that counts as absent (Q8), whatever schemathesis meant by it."""
    query = urlsplit(response.request.url).query
    return any(value in ("", "None") for _, value in parse_qsl(query, keep_blank_values=True))
