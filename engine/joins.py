"""What a JOIN gathers (§2.6 step 3), and which JOINs gather nothing."""

from __future__ import annotations

from engine.definitions import JsonObject, WorkflowDef, WorkflowTask
from engine.graph import parse
from engine.model import Task
from engine.rows import Rows


def gathered(rows: Rows, join: Task) -> JsonObject:
    """The outputs so far of all it waits for, ended or not, by reference name; empty ones are left out."""
    known = (rows.newest(reference) for reference in join.waits_for)
    return {row.reference_task_name: row.output_data for row in known if row is not None and row.output_data}


def joining_nothing(definition: WorkflowDef) -> list[str]:
    """Reference names of the JOINs behind a FORK_JOIN that have no `joinOn`, so do not wait for it (U18)."""
    places = parse("", definition).places
    behind = {place.follows for place in places.values() if place.node.type == "FORK_JOIN"}
    return [name for name in places if name in behind and _joins_nothing(places[name].node)]


def _joins_nothing(node: WorkflowTask) -> bool:
    return node.type == "JOIN" and not node.join_on
