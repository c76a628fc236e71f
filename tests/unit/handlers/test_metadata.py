"""What the log says of definitions that are registered."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from engine.definitions import Json
from engine.requests import BulkResponse
from handlers.metadata import Metadata
from tests.unit.handlers.recording import RecordingEngine

BRANCH = {"name": "a", "taskReferenceName": "a"}
FORK = {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": [[BRANCH]]}


def definition(**join: Json) -> Json:
    node = {"name": "j", "taskReferenceName": "j", "type": "JOIN", **join}
    return {"name": "flow", "tasks": [FORK, node]}


@pytest.mark.parametrize(("join", "warned"), [({"joinOn": []}, ["j"]), ({}, ["j"]), ({"joinOn": ["a"]}, [])])
def test_u18_a_join_that_waits_for_nothing_is_told_to_the_operator(join: dict[str, Json], warned: list[str]) -> None:
    metadata = Metadata(RecordingEngine(update_workflow_defs=BulkResponse(bulk_successful_results=["flow"])).engine)
    with capture_logs() as logs:
        asyncio.run(metadata.register_workflow_definition(definition(**join)))
        asyncio.run(metadata.update_workflow_definitions([definition(**join)]))
    assert [line["join"] for line in logs] == warned * 2
