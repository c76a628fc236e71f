"""One operation on many executions, each of which stands or fails for itself (§5.13)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from engine.errors import ConductorError
from engine.requests import BulkResponse

AT_ONCE = 32
"""How many executions are worked on at a time, so that their commits share a flush."""
Operation = Callable[[str], Awaitable[object]]

log = logging.getLogger("segue.engine")


async def for_each(workflow_ids: Sequence[str], operation: Operation) -> BulkResponse:
    """Do it to every execution; the answer names those for which it worked in the order given, and why not the others.

    An id that is given twice is done twice, one after the other.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    alone = {workflow_id: asyncio.Lock() for workflow_id in workflow_ids}

    async def one(workflow_id: str) -> str | None:
        async with alone[workflow_id], turns:
            return await _problem(workflow_id, operation)

    problems = await asyncio.gather(*(one(workflow_id) for workflow_id in workflow_ids))
    outcomes = list(zip(workflow_ids, problems, strict=True))
    return BulkResponse(
        bulk_error_results={workflow_id: problem for workflow_id, problem in outcomes if problem is not None},
        bulk_successful_results=[workflow_id for workflow_id, problem in outcomes if problem is None],
    )


async def _problem(workflow_id: str, operation: Operation) -> str | None:
    try:
        await operation(workflow_id)
    except ConductorError as error:
        return error.message
    except Exception as error:  # the top of one item: the others go on
        log.exception("a bulk operation on workflow %s failed", workflow_id)
        return f"{type(error).__name__}: {error}"
    return None
