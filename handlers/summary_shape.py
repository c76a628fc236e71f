"""Search results: rows of text, as strict clients (the CLI) and the web UIs need them (api/search "Ours")."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from engine.java_text import java_text
from engine.model import Millis, Summary
from engine.ports import Page
from engine.status import WorkflowStatus


class SummaryJson(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """One row; times are ISO texts, payloads are Java-style texts such as `{a=1, b=[x]}`.

    `workflow_name` and `workflow_version` stand beside the reference's own names for readers of the seed contract.
    """

    workflow_type: str
    workflow_name: str
    version: int
    workflow_version: int
    workflow_id: str
    correlation_id: str | None = None
    start_time: str
    update_time: str | None = None
    end_time: str | None = None
    status: WorkflowStatus
    input: str
    output: str
    reason_for_incompletion: str | None = None
    execution_time: Millis
    event: str | None = None
    failed_reference_task_names: str
    failed_task_names: list[str]
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    priority: int
    created_by: str | None = None
    task_to_domain: dict[str, str]
    idempotency_key: str | None = None
    parent_workflow_id: str
    classifier: str
    input_size: int
    output_size: int


def page(found: Page) -> bytes:
    """The JSON of one page of search results."""
    rows = [summary(row) for row in found.results]
    return msgspec.json.encode({"totalHits": found.total_hits, "results": rows})


def summary(row: Summary) -> SummaryJson:
    """One search result."""
    input_text, output_text = java_text(row.input), java_text(row.output)
    return SummaryJson(
        workflow_type=row.workflow_type,
        workflow_name=row.workflow_type,
        version=row.version,
        workflow_version=row.version,
        workflow_id=row.workflow_id,
        correlation_id=row.correlation_id,
        start_time=iso_time(row.start_time),
        update_time=iso_time(row.update_time) if row.update_time else None,
        end_time=iso_time(row.end_time) if row.end_time else None,
        status=row.status,
        input=input_text,
        output=output_text,
        reason_for_incompletion=row.reason_for_incompletion,
        execution_time=max(0, row.end_time - row.start_time) if row.end_time else 0,
        event=row.event,
        failed_reference_task_names=",".join(row.failed_reference_task_names),
        failed_task_names=row.failed_task_names,
        external_input_payload_storage_path=row.external_input_payload_storage_path,
        external_output_payload_storage_path=row.external_output_payload_storage_path,
        priority=row.priority,
        created_by=row.created_by,
        task_to_domain=row.task_to_domain,
        idempotency_key=row.idempotency_key,
        parent_workflow_id=row.parent_workflow_id or "",
        classifier=row.classifier or "workflow",
        input_size=len(input_text),
        output_size=len(output_text),
    )


def iso_time(millis: Millis) -> str:
    """`2026-11-22T18:14:01.608Z`."""
    seconds, rest = divmod(millis, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
