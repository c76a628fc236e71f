"""The request list, by resource. Each list is a story: its requests go out in order, to one server and to the other."""

from __future__ import annotations

from tests.reference.request import Request
from tests.reference.requests.administration import ADMINISTRATION
from tests.reference.requests.bulk import BULK
from tests.reference.requests.events import EVENTS
from tests.reference.requests.metadata import METADATA
from tests.reference.requests.runs import RUNS
from tests.reference.requests.scheduler import SCHEDULER
from tests.reference.requests.searches import SEARCHES
from tests.reference.requests.tasks import TASKS
from tests.reference.requests.workflow import WORKFLOW

STORIES: dict[str, list[Request]] = {
    "metadata": METADATA,
    "workflow": WORKFLOW,
    "bulk": BULK,
    "runs": RUNS,
    "tasks": TASKS,
    "events": EVENTS,
    "searches": SEARCHES,
    "administration": ADMINISTRATION,
    "scheduler": SCHEDULER,
}
