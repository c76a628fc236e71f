"""Operations on workflow and task definitions: /metadata/workflow and /metadata/taskdefs."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from engine.api import Engine
from engine.definitions import Json, JsonObject, TaskDef, WorkflowDef
from engine.joins import joining_nothing
from handlers import shapes
from handlers.codec import parse

_log = structlog.get_logger("metadata")


class Metadata:
    """The metadata operations of one engine; every method is one operation of the contract."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list_workflow_definitions(
        self, name: str | None = None, classifier: str | None = None
    ) -> list[JsonObject]:
        """All versions of all definitions, or of one name or classifier."""
        found = await self._engine.metadata.workflow_defs(name)
        if classifier:
            found = [definition for definition in found if _classifier(definition) == classifier.lower()]
        return shapes.definitions(found)

    async def register_workflow_definition(self, body: Json, overwrite: bool = False) -> None:
        """Store a new definition; an existing one only with `overwrite`."""
        definition = parse(body, WorkflowDef, "registerWorkflowDef.arg0")
        await self._engine.metadata.register_workflow_def(definition, overwrite)
        _warn([definition])

    async def update_workflow_definitions(self, body: Json) -> tuple[JsonObject | None, int]:
        """Insert or replace definitions; nothing to say when all went well, else what became of each."""
        definitions = parse(body, list[WorkflowDef], "updateWorkflowDef.arg0")
        outcome = await self._engine.metadata.update_workflow_defs(definitions)
        _warn(definitions)
        return (shapes.bulk(outcome), 200) if outcome.bulk_error_results else (None, 204)

    async def get_workflow_definition(self, name: str, version: int | None = None) -> JsonObject:
        """One definition; the latest version when none is named."""
        return shapes.definition(await self._engine.metadata.workflow_def(name, version))

    async def delete_workflow_definition(self, name: str, version: int | None = None) -> None:
        """Delete one version; the latest when none is named."""
        await self._engine.metadata.delete_workflow_def(name, version)

    async def validate_workflow_definition(self, body: Json) -> None:
        """Say what is wrong with a definition, if anything is; nothing is stored."""
        path = "validateWorkflowDef.arg0"
        await self._engine.catalog.check(parse(body, WorkflowDef, path), path)

    async def get_workflow_names(self) -> list[str]:
        """The names of all definitions."""
        return list(await self._by_name())

    async def get_workflow_names_and_versions(self) -> dict[str, list[JsonObject]]:
        """The versions of all definitions, by name."""
        return {name: _summaries(versions) for name, versions in (await self._by_name()).items()}

    async def get_workflow_versions(self, name: str) -> list[JsonObject]:
        """The versions of one definition; none of an unknown one."""
        return _summaries(await self._engine.metadata.workflow_defs(name))

    async def get_latest_workflow_definitions(self) -> list[JsonObject]:
        """The latest version of every definition."""
        return shapes.definitions([versions[-1] for versions in (await self._by_name()).values()])

    async def _by_name(self) -> dict[str, list[WorkflowDef]]:
        """All definitions, names and versions in order."""
        by_name: dict[str, list[WorkflowDef]] = {}
        for definition in await self._engine.metadata.workflow_defs():
            by_name.setdefault(definition.name, []).append(definition)
        return by_name

    async def list_task_definitions(self) -> list[JsonObject]:
        """All task definitions."""
        return shapes.definitions(await self._engine.metadata.task_defs())

    async def register_task_definitions(self, body: Json) -> None:
        """Insert or replace task definitions."""
        await self._engine.metadata.register_task_defs(parse(body, list[TaskDef], "registerTaskDef.arg0"))

    async def update_task_definition(self, body: Json) -> None:
        """Replace a task definition that exists. Workers rely on the refusal: they register by POST after it."""
        await self._engine.metadata.update_task_def(parse(body, TaskDef, "updateTaskDef.arg0"))

    async def get_task_definition(self, task_type: str) -> JsonObject:
        """One task definition."""
        return shapes.definition(await self._engine.metadata.task_def(task_type))

    async def delete_task_definition(self, task_type: str) -> None:
        """Delete one task definition."""
        await self._engine.metadata.delete_task_def(task_type)


def _classifier(definition: WorkflowDef) -> str:
    """What a definition says it is, in its metadata."""
    return str(definition.metadata.get("classifier") or "workflow").lower()


def _summaries(versions: Sequence[WorkflowDef]) -> list[JsonObject]:
    """What lists of versions show of each; the time of an update only when there was one."""
    return [
        {
            "name": version.name,
            "version": version.version,
            "createTime": version.create_time,
            **({"updateTime": version.update_time} if version.update_time else {}),
        }
        for version in versions
    ]


def _warn(definitions: Sequence[WorkflowDef]) -> None:
    """Tell the operator what is allowed and hardly meant."""
    for definition in definitions:
        for join in joining_nothing(definition):
            _log.warning("a JOIN waits for nothing: it has no joinOn", workflow=definition.name, join=join)
