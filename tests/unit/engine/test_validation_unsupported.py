"""What is well formed and cannot be run yet is refused at registration: KAFKA_PUBLISH, and most sinks of EVENT."""

from __future__ import annotations

import pytest

from engine.tasks.event import BROKERS
from engine.validation_tasks import NOT_YET
from tests.unit.engine.test_validation import FIRST, definition, found, node


@pytest.mark.parametrize("type_", sorted(NOT_YET))
def test_a_type_that_is_not_built_is_refused_behind_all_else(type_: str) -> None:
    *_, (path, message, value) = found(definition(node(type_, "t"), node("FORK_JOIN", "f")))
    assert (path, value) == (FIRST, None)
    assert message == f"Task type {type_} is not supported yet, taskReferenceName: t"


@pytest.mark.parametrize("broker", sorted(BROKERS))
def test_a_sink_without_an_adapter_is_refused(broker: str) -> None:
    ((path, message, _),) = found(definition(node("EVENT", "t", sink=f"{broker}:place")))
    assert path == FIRST
    assert message == (
        f"sink {broker}:place: this server has no adapter for {broker} yet; use conductor:<name>, "
        "taskType: EVENT, taskReferenceName: t"
    )


@pytest.mark.parametrize("sink", ["conductor", "conductor:x", "${workflow.input.sink}", "nowhere:x"])
def test_other_sinks_are_left_to_the_run_as_in_the_reference(sink: str) -> None:
    assert found(definition(node("EVENT", "t", sink=sink))) == []
