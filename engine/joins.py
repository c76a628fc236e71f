"""What a JOIN gathers (§2.6 step 3)."""

from __future__ import annotations

from engine.definitions import JsonObject
from engine.model import Task
from engine.rows import Rows


def gathered(rows: Rows, join: Task) -> JsonObject:
    """The outputs so far of all it waits for, ended or not, by reference name; empty ones are left out."""
    known = (rows.newest(reference) for reference in join.waits_for)
    return {row.reference_task_name: row.output_data for row in known if row is not None and row.output_data}
