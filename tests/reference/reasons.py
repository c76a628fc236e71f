"""The reasoned differences: what the comparison may find, and why it is so on purpose (docs/compatibility.md)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Lines that fit `line` (a regular expression) are expected of these requests; "" fits every story or request."""

    reason: str
    line: str
    story: str = ""
    requests: tuple[str, ...] = ()
    reference: int | None = None
    """Only where the reference answered with this status."""

    def fits(self, story: str, request: str, reference: int, line: str) -> bool:
        """True when this explains the line."""
        here = self.story in ("", story) and (not self.requests or request in self.requests)
        return here and self.reference in (None, reference) and re.fullmatch(self.line, line) is not None


AT_FAULT = "500 tells clients to try again what can never work: who is at fault gets a 4xx that says why"
ERROR_FIELDS = r"body\.(status|message|instance|retryable) is (added|missing) \(\w+\)"
PAGE_FIELDS = r"body\.(totalHits|results) is (added|missing) .*"
BAD_VALUE = "a value that means nothing is refused rather than ignored"
SENT = ("send a message", "send no object", "send nothing")

DIFFERENCES: tuple[Difference, ...] = (
    # ---- everywhere
    Difference("the seed contract says 204 where there is nothing to say", r"status is 204, not 200"),
    Difference(AT_FAULT, r"status is (400|404|409|415), not 500", reference=500),
    Difference(
        "a 4xx of validation names each field, and has no instance",
        r"body\.instance is missing \(text\)",
        reference=500,
    ),
    Difference("the same", r"body\.validationErrors is added .*", reference=500),
    Difference(
        "PUT of definitions: 204 when all were stored (seed)",
        r"body is empty, not \{'bulkErrorResults.*",
        reference=200,
    ),
    Difference("an empty createdBy says nothing", r"body.*\.(createdBy|updatedBy) is missing \(text\)"),
    Difference(
        "for readers of the seed, whose results are workflows",
        r"body\.results\[0\]\.workflow(Name|Version) is added .*",
    ),
    # ---- metadata
    Difference("DELETE with the version in the query is the seed's form", r"status is (204|404), not 405", "metadata"),
    Difference("the same", r"body is empty, not \{'status.*", "metadata", ("delete by query",), 405),
    Difference(
        "updateTime and createTime survive an update",
        r"body.*is \[\{'name': 'text', 'version.*",
        "metadata",
        ("names and versions", "versions"),
    ),
    Difference(
        "what is absent is named like what is empty",
        r"body\.validationErrors\[0\]\.invalidValue is added \(text\)",
        "metadata",
        ("register without name", "register a task def without name"),
    ),
    # ---- executions
    Difference(
        "an empty name is found by validation",
        r"body\.(instance is missing|validationErrors is added) .*",
        "workflow",
        ("start with an empty name",),
        400,
    ),
    Difference(
        "null is read as absent, whatever the field", r"status is 200, not 400", "workflow", ("start without input",)
    ),
    Difference("the same", r"body is text, not \{'status.*", "workflow", ("start without input",)),
    Difference(BAD_VALUE, r"status is 400, not 200", "workflow", ("tasks of a bad status",)),
    Difference(BAD_VALUE, f"{ERROR_FIELDS}|{PAGE_FIELDS}", "workflow", ("tasks of a bad status",)),
    Difference("nothing is counted below zero", r"status is 400, not 200", "tasks", ("batch poll below zero",)),
    Difference("the same", r"body is \{'status.*", "tasks", ("batch poll below zero",)),
    Difference(
        "a skipped row is as complete as any, or diagrams stay blank (Q24)",
        r"body\.tasks\[\d\]\.(workflowType|workflowTask\.taskDefinition|taskDefinition) is .*",
        "workflow",
        ("get after skip", "get terminated"),
    ),
    Difference(
        "a JSON body with outputs is honoured",
        r"body\.tasks\[\d\]\.outputData\.s is added \(number\)",
        "workflow",
        ("get after skip", "get terminated"),
    ),
    Difference(
        "the worker that polled is kept when its report does not name it",
        r"body\.tasks\[\d\]\.workerId is added \(text\)",
    ),
    Difference("messages are always on", r"status is (200|400), not 404", "workflow", SENT),
    Difference("the same", r"body is text, not \{'status.*", "workflow", SENT),
    Difference("the same", r"body\.(instance is missing|validationErrors is added) .*", "workflow", SENT),
    # ---- many at once
    Difference(
        "executions look the same however they are read",
        r"body\.bulkSuccessfulResults\[0\].*",
        "bulk",
        ("search", "search without tasks"),
    ),
    Difference(
        "an archived execution stays readable (D27), so it can be removed again",
        r"body\.bulk(ErrorResults|SuccessfulResults).*",
        "bulk",
        ("remove",),
    ),
    # ---- tasks
    Difference("no type: no queue", r"status is 200, not 500", "tasks", ("queue sizes of nothing",)),
    Difference("the same", ERROR_FIELDS, "tasks", ("queue sizes of nothing",)),
    # ---- events
    Difference(
        "the value is named",
        r"body\.validationErrors\[0\]\.invalidValue is added \(text\)",
        "events",
        ("add without event",),
    ),
    # ---- searches
    Difference("tasks are found by their workflow too", r"status is 200, not 500", "searches"),
    Difference("the same, and ranges are understood", f"{ERROR_FIELDS}|{PAGE_FIELDS}", "searches"),
    Difference(
        "BETWEEN is understood",
        r"status is 200, not 400",
        "searches",
        ("/workflow/search: a range", "/tasks/search: a range"),
    ),
    Difference("a page has at most 5,000 items, of tasks too", r"status is 400, not 200", "searches"),
    Difference("the same", r"body\.validationErrors is added .*", "searches", reference=200),
    # ---- administration
    Difference("a WAIT that is open is pending", r"body is \[\{.*, not \[\]", "administration", ("pending tasks",)),
    Difference(
        "nothing can be looked at that is not there", r"status is 404, not 200", "administration", ("requeue unknown",)
    ),
    Difference("the same", r"body is \{.*, not text", "administration", ("requeue unknown",)),
    Difference("repair is always on", r"status is 200, not 500", "administration", ("repair",)),
    Difference("the same", r"body is text, not \{.*", "administration", ("repair",)),
    # ---- scheduler
    Difference("the next time is what its documentation promises", r"body.*\.nextRunTime is added .*", "scheduler"),
    Difference("Q16: older clients pause by GET", r"status is 200, not 405", "scheduler", ("pause by GET",)),
    Difference("the same", r"body is empty, not \{.*", "scheduler", ("pause by GET",)),
    Difference(
        "a query that cannot be read is refused", r"status is 400, not 200", "scheduler", ("executions of nothing",)
    ),
    Difference("the same", ERROR_FIELDS, "scheduler", ("executions of nothing",)),
    Difference("the same", PAGE_FIELDS, "scheduler", ("executions of nothing",)),
)


def reason_for(story: str, request: str, reference: int, line: str) -> Difference | None:
    """What explains a line."""
    return next((known for known in DIFFERENCES if known.fits(story, request, reference, line)), None)


def unused(seen: Collection[Difference], stories: Sequence[str], whole: bool) -> list[Difference]:
    """What these stories should have shown and did not; `whole` when they are all there are."""
    return [
        known for known in DIFFERENCES if known not in seen and (known.story in stories or (whole and not known.story))
    ]
