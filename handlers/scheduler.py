"""Operations on schedules: /scheduler."""

from __future__ import annotations

from engine.api import Engine
from engine.definitions import Json, JsonObject
from engine.schedule_executions import ScheduleExecution
from engine.schedule_search import ScheduleSearch, schedule_sort
from engine.schedules import WorkflowSchedule
from engine.search_parser import parse_schedule_execution_search
from engine.shown import shown_struct
from handlers import shapes
from handlers.codec import parse

DONE = {"status": "done"}
SAMPLE = 10


class Scheduler:
    """The scheduler operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine) -> None:
        self._scheduler = engine.scheduler

    async def save_schedule(self, body: Json) -> JsonObject:
        """Create or replace a schedule."""
        sent = parse(body, WorkflowSchedule, "saveSchedule.arg0")
        return _shown(await self._scheduler.save(sent))

    async def get_all_schedules(self, workflow_name: str | None = None) -> list[JsonObject]:
        """All schedules, or those of one workflow."""
        return [_shown(each) for each in await self._scheduler.all(workflow_name)]

    async def search_schedules(
        self,
        workflow_name: str | None = None,
        schedule_name: str | None = None,
        paused: bool | None = None,
        free_text: str | None = None,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
    ) -> JsonObject:
        """A page of schedules."""
        wanted = ScheduleSearch(
            workflow_name=workflow_name,
            schedule_name=schedule_name,
            paused=paused,
            free_text="" if free_text in (None, "*") else free_text,
            start=start,
            size=size,
            sort=schedule_sort(sort or ""),
        )
        page = await self._scheduler.search(wanted)
        return {"totalHits": page.total_hits, "results": [_shown(each) for each in page.results]}

    async def get_schedule(self, name: str) -> JsonObject:
        """One schedule."""
        return _shown(await self._scheduler.get(name))

    async def delete_schedule(self, name: str) -> None:
        """Delete a schedule, if there is one."""
        await self._scheduler.delete(name)

    async def pause_schedule(self, name: str, reason: str | None = None) -> None:
        """Let a schedule start nothing more."""
        await self._scheduler.pause(name, reason)

    async def resume_schedule(self, name: str) -> None:
        """Let a schedule go on."""
        await self._scheduler.resume(name)

    async def pause_schedules(self, body: Json) -> JsonObject:
        """Pause each."""
        return shapes.bulk(await self._scheduler.pause_many(parse(body, list[str], "names")))

    async def resume_schedules(self, body: Json) -> JsonObject:
        """Resume each."""
        return shapes.bulk(await self._scheduler.resume_many(parse(body, list[str], "names")))

    async def pause_all_schedules(self) -> JsonObject:
        """Let no schedule start anything."""
        await self._scheduler.pause_all()
        return DONE

    async def resume_all_schedules(self) -> JsonObject:
        """Let all schedules go on that are not paused themselves."""
        await self._scheduler.resume_all()
        return DONE

    async def requeue_all_execution_records(self) -> JsonObject:
        """Do at once what a server has taken upon itself and not done."""
        waiting = await self._scheduler.requeue()
        return {"recordIds.size": len(waiting), "sampleIds": waiting[:SAMPLE]}

    async def get_next_few_schedules(
        self,
        cron_expression: str,
        schedule_start_time: int | None = None,
        schedule_end_time: int | None = None,
        limit: int = 5,
    ) -> list[int]:
        """The next times of a cron expression."""
        return self._scheduler.next_times(cron_expression, schedule_start_time, schedule_end_time, limit)

    async def search_schedule_executions(
        self,
        query: str | None = None,
        free_text: str | None = None,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
    ) -> JsonObject:
        """A page of what became of the times of schedules."""
        page = await self._scheduler.executions(parse_schedule_execution_search(query, free_text, start, size, sort))
        return {"totalHits": page.total_hits, "results": [_shown(each) for each in page.results]}


def _shown(value: WorkflowSchedule | ScheduleExecution) -> JsonObject:
    """As the reference shows them: a request without input has an empty one."""
    fields = shown_struct(value)
    request = fields.get("startWorkflowRequest")
    return fields if request is None else {**fields, "startWorkflowRequest": {"input": {}, **request}}
