"""Operations on many executions at once: /workflow/bulk."""

from __future__ import annotations

from collections import Counter

from engine.api import Engine
from engine.bulk import for_each
from engine.definitions import Json, JsonObject
from engine.requests import BulkResponse
from handlers import shapes
from handlers.codec import parse


class Bulk:
    """The bulk operations of one engine; every method is one operation of the contract. The contract sees to it that
    there are 1 to 1,000 ids."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def pause_workflows(self, body: Json) -> JsonObject:
        """Pause each."""
        return shapes.bulk(await for_each(_ids(body), self._engine.pause))

    async def resume_workflows(self, body: Json) -> JsonObject:
        """Resume each."""
        return shapes.bulk(await for_each(_ids(body), self._engine.resume))

    async def restart_workflows(self, body: Json, use_latest_definitions: bool = False) -> JsonObject:
        """Restart each."""
        engine = self._engine
        return shapes.bulk(await for_each(_ids(body), lambda each: engine.restart(each, use_latest_definitions)))

    async def retry_workflows(self, body: Json) -> JsonObject:
        """Retry each; failed children are replaced by fresh ones, as there is no way to ask for anything else."""
        return shapes.bulk(await for_each(_ids(body), self._engine.retry))

    async def terminate_workflows(
        self, body: Json, reason: str | None = None, trigger_failure_workflow: bool = False
    ) -> JsonObject:
        """Terminate each, with its failure workflow if asked for."""
        terminate = self._engine.terminate
        return shapes.bulk(await for_each(_ids(body), lambda each: terminate(each, reason, trigger_failure_workflow)))

    async def remove_workflows(self, body: Json, archive_workflow: bool = True) -> JsonObject:
        """Remove each."""
        return shapes.bulk(await for_each(_ids(body), lambda each: self._engine.remove(each, archive_workflow)))

    async def terminate_and_remove_workflows(
        self, body: Json, reason: str | None = None, archive_workflow: bool = True
    ) -> JsonObject:
        """Terminate each and then remove it, also one that could not be terminated since it had ended. As in the
        reference an id stands among the successes once for each of the two things that worked."""
        engine, ids = self._engine, _ids(body)
        ended = await for_each(ids, lambda each: engine.terminate(each, reason))
        removed = await for_each(ids, lambda each: engine.remove(each, archive_workflow))
        worked = Counter([*ended.bulk_successful_results, *removed.bulk_successful_results])
        successes = [each for each in dict.fromkeys(ids) for _ in range(worked[each])]
        return shapes.bulk(BulkResponse({**ended.bulk_error_results, **removed.bulk_error_results}, successes))


def _ids(body: Json) -> list[str]:
    return parse(body, list[str], "workflowIds")
