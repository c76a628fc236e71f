"""Search results are rows of text (api/search, recorded on the reference)."""

from __future__ import annotations

import msgspec

from engine.model import Summary
from engine.ports import Page
from engine.status import WorkflowStatus
from handlers import summary_shape

ENDED = Summary(
    workflow_id="w1",
    workflow_type="ship",
    version=1,
    status=WorkflowStatus.FAILED,
    start_time=1795371241608,
    update_time=1795371244769,
    end_time=1795371244769,
    input={"a": 1, "n": None, "l": []},
    reason_for_incompletion="x",
    failed_reference_task_names=["a", "b"],
    failed_task_names=["ta"],
    task_to_domain={"x": "y"},
)


def test_an_ended_execution_as_the_reference_shows_it() -> None:
    shown = msgspec.to_builtins(summary_shape.summary(ENDED))
    assert shown == {
        "workflowType": "ship", "version": 1, "workflowId": "w1", "startTime": "2026-11-22T18:14:01.608Z",
        "updateTime": "2026-11-22T18:14:04.769Z", "endTime": "2026-11-22T18:14:04.769Z", "status": "FAILED",
        "input": "{a=1, n=null, l=[]}", "output": "{}", "reasonForIncompletion": "x", "executionTime": 3161,
        "failedReferenceTaskNames": "a,b", "priority": 0, "failedTaskNames": ["ta"], "taskToDomain": {"x": "y"},
        "parentWorkflowId": "", "classifier": "workflow", "inputSize": 19, "outputSize": 2,
        "workflowName": "ship", "workflowVersion": 1,
    }  # fmt: skip


def test_a_running_execution_has_no_end() -> None:
    running = Summary(workflow_id="w", workflow_type="s", version=1, status=WorkflowStatus.RUNNING, start_time=5)
    shown = msgspec.to_builtins(summary_shape.summary(running))
    assert shown["executionTime"] == 0
    assert "endTime" not in shown
    assert "updateTime" not in shown
    assert shown["startTime"] == "1970-01-01T00:00:00.005Z"


def test_a_page_says_how_many_there_are_in_all() -> None:
    decoded = msgspec.json.decode(summary_shape.page(Page(total_hits=7, results=(ENDED,))))
    assert decoded["totalHits"] == 7
    assert [row["workflowId"] for row in decoded["results"]] == ["w1"]
